from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.collections.own_diaries import every_diary
from app.collections.templates import collection_of, every_template, words_of
from app.contributions import queries as given
from app.contributions import reminders
from app.contributions import service as contributions
from app.contributions.errors import NothingToGive
from app.core.clock import now
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.datasets import service as datasets
from app.market import current_market
from app.notices import links, queries, service
from app.notices.events import SHOWN, notices
from app.notices.kinds import NAMES, SWITCHED, Kind
from app.notices.texts import sentence
from app.releases.periods import open_period
from app.users import queries as users
from app.users.errors import BadToken
from app.users.login import current_actor
from app.web.limits import limited
from app.web.security import signed_by_sender
from app.web.unit_of_work import writes

bp = Blueprint("notices", __name__)
VERBS = {"skip": contributions.skip, "stop": contributions.stop}


@bp.get("/notices")
@login_required
@writes
def show() -> str:
    actor = current_actor()
    before = queries.seen_until(actor.user_id)
    told = notices(actor, now() - SHOWN)
    service.mark_seen(actor)
    return render_template(
        "notices/show.html",
        lines=[(each, sentence(each), each.at >= before) for each in told],
        kinds=[(kind, NAMES[kind]) for kind in SWITCHED],
        diaries=_diaries(actor),
        wanted=queries.by_email(actor.user_id),
    )


def _diaries(actor: Actor) -> list[tuple[str, str, bool]]:
    """Return the diaries that somebody gives: key, title, whether they are reminded of it."""
    wanted = reminders.wanted(actor.user_id)
    return [
        (key, words_of(each.template.title), key in wanted)
        for key, each in every_diary().items()
        if given.gives(actor, key) and collection_of(key)
    ]


@bp.post("/notices")
@login_required
def choose() -> Response:
    wanted = {Kind(each) for each in request.form.getlist("kind") if each in set(SWITCHED)}
    actor = current_actor()
    mine = {key for key, _title, _on in _diaries(actor)}
    service.choose(actor, wanted, mine.intersection(request.form.getlist("diary")))
    flash(_l("Saved."), "success")
    return redirect(url_for("notices.show"))


@bp.route("/unsubscribe/<stopping>", methods=["GET", "POST"])
@limited("60/hour")
@signed_by_sender
def unsubscribe(stopping: str) -> str:
    """End e-mails of some kinds: by the button, or by an e-mail program's one request."""
    try:
        user_id, kinds = links.stopped_by(stopping)
    except BadToken:
        raise NotFound(_l("There is no such page, or it is not yours.")) from None
    done = request.method == "POST"
    if done and users.user(user_id) is not None:
        service.stop_by_email(user_id, kinds)
    names = [NAMES[kind] for kind in Kind if kind in kinds]
    return render_template("notices/unsubscribe.html", names=names, done=done)


@bp.route("/leave/<leaving>", methods=["GET", "POST"])
@limited("60/hour")
@signed_by_sender
def leave(leaving: str) -> str:
    """Skip the next month of a template, or stop giving to it, from an e-mail."""
    try:
        user_id, key = links.left_by(leaving)
    except BadToken:
        raise NotFound(_l("There is no such page, or it is not yours.")) from None
    verb, template = request.form.get("verb", ""), every_template().get(key)
    if template is None or users.user(user_id) is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    if request.method == "POST":
        if verb not in VERBS:
            raise NotFound(_l("There is no such page, or it is not yours."))
        who = Actor(user_id, frozenset({Role.PRODUCER}))
        try:
            VERBS[verb](who, datasets.checking(current_market()), key)
        except NothingToGive:
            # Stopped and erased before: nothing is given, as was asked.
            verb = "stop"
    return render_template(
        "notices/leave.html", title=words_of(template.title), period=open_period(), done=verb
    )


def install(app: Flask) -> None:
    """Add these pages to an application, and to every page the number of what is new."""
    app.register_blueprint(bp)

    @app.context_processor
    def news() -> dict[str, object]:
        return {"news_count": lambda: queries.unseen(current_actor())}
