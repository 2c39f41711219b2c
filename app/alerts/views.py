from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.alerts import links, queries, service
from app.alerts.kinds import NAMES, Rhythm, name
from app.alerts.queries import AlertView
from app.catalog.asking import address_of, search_of
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import Actor
from app.search.lists import Search
from app.users.errors import BadToken
from app.users.login import current_actor
from app.web.limits import limited
from app.web.security import signed_by_sender

bp = Blueprint("alerts", __name__)
#: What an e-mail program asks for comes from few addresses, for many readers.
OF_PROGRAMS = "600/hour"


@bp.get("/account/alerts")
@login_required
def listed() -> str:
    alerts = queries.of_account(current_actor().user_id)
    return render_template(
        "alerts/listed.html",
        alerts=[(one, name(one.asked), _found_by(one.asked)) for one in alerts],
        most=service.MOST,
    )


@bp.post("/account/alerts")
@login_required
@limited("60/hour")
def follow() -> Response:
    asked = search_of(request.form)
    try:
        service.follow(current_actor(), asked, _rhythm())
    except (Conflict, Forbidden, Invalid) as error:
        flash(error.user_message, "error")
        return redirect(url_for("alerts.listed"))
    flash(_l("Saved. We e-mail you when a new edition fits."), "success")
    if edition := request.form.get("edition", ""):
        return redirect(url_for("catalog.release", edition_id=edition))
    return redirect(_found_by(asked))


@bp.post("/account/alerts/<alert_id>")
@login_required
@limited("120/hour")
def change(alert_id: str) -> Response:
    actor = current_actor()
    if request.form.get("do") == "end":
        service.end(actor, alert_id)
        flash(_l("Stopped. We e-mail you no more about this."), "success")
    else:
        service.change(actor, alert_id, _rhythm())
        flash(_l("Saved."), "success")
    return redirect(url_for("alerts.listed"))


@bp.route("/alerts/end/<ending>", methods=["GET", "POST"])
@limited(OF_PROGRAMS)
@signed_by_sender
def end(ending: str) -> str:
    """End one alert: by the button, or by an e-mail program's one request."""
    try:
        user_id, alert_id = links.ended_by(ending)
    except BadToken:
        raise NotFound(_l("There is no such page, or it is not yours.")) from None
    alert = queries.alert(alert_id)
    if request.method == "POST" and alert is not None:
        service.end(Actor(user_id, frozenset()), alert_id)
    return render_template(
        "alerts/end.html",
        name="" if alert is None else name(alert.asked),
        done=alert is None or request.method == "POST",
    )


def _rhythm() -> Rhythm:
    wanted = request.form.get("rhythm", "")
    return Rhythm(wanted) if wanted in set(Rhythm) else Rhythm.WEEKLY


def _found_by(asked: Search) -> str:
    """Return the page that shows what an alert tells of."""
    if asked.collection and not asked.purpose:
        return url_for("catalog.collection", collection_id=asked.collection)
    parts: dict[str, Any] = address_of(asked)
    return url_for("catalog.search", **parts)


def _followed(address: Mapping[str, str]) -> AlertView | None:
    """Return the reader's alert of what an address asks for, where they have one."""
    if not current_user.is_authenticated:
        return None
    return queries.same(current_actor().user_id, search_of(address))


def install(app: Flask) -> None:
    """Add these pages to an application, and to every page what its reader follows."""
    app.register_blueprint(bp)
    names = {"followed": _followed, "rhythms": NAMES}
    app.context_processor(lambda: names)
