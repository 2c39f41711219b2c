from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.collections.templates import collection_of, words_of
from app.contributions import diary_entries, drafts, queries, reminders, waiting
from app.contributions.cells import Entry
from app.contributions.diary_entries import EntryView
from app.contributions.drafts import Draft
from app.contributions.errors import TooMuch
from app.contributions.views import the_reader
from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor
from app.datasets import service as datasets
from app.datasets.service import Checking
from app.market import current_market
from app.releases.periods import open_period
from app.users.login import current_actor
from app.web.limits import limited
from traces.diary import UNSAID, Diary, Role

bp = Blueprint("diaries", __name__)


@dataclass(frozen=True)
class Filled:
    """What a form is filled in with: nothing at first, a draft, an entry, or what was sent."""

    day: str
    answers: Mapping[str, str]
    error: str = ""

    @classmethod
    def sent(cls, error: str) -> "Filled":
        """Return what was sent, with what is wrong with it."""
        return cls(request.form.get(drafts.DAY, ""), request.form, error)


def _doors() -> Checking:
    return datasets.checking(current_market())


def _gives(diary_key: str) -> bool:
    return bool(current_user.is_authenticated and queries.gives(current_actor(), diary_key))


@bp.route("/diary/<diary_key>", methods=["GET", "POST"])
@limited("60/hour", ["POST"])
def write(diary_key: str) -> str | Response | tuple[str, int]:
    found, mine = diary_entries.diary_of(diary_key), _gives(diary_key)
    taken = collection_of(diary_key) is not None
    if not (taken or mine):
        raise NotFound(_l("There is no such page, or it is not yours."))
    if request.method == "GET":
        return _page(found, _begun(diary_key))
    if not taken:
        return _page(found, Filled("", {})), 422
    if "draft" in request.form:
        return _keep_draft(drafts.drafted(found, request.form))
    try:
        entry = _entry(found)
        if not mine:
            _need_numbers(found, entry)
            every = (*waiting.entries(session, diary_key), entry)
            waiting.add(session, diary_entries.read_of(found, every, the_reader().key))
            return redirect(url_for("contributions.look"))
        diary_entries.add(current_actor(), _doors(), entry, the_reader().key)
    except ValueError:
        return _page(found, Filled.sent(str(_l("Choose one answer to each question.")))), 422
    except (Conflict, TooMuch) as refused:
        return _page(found, Filled.sent(refused.user_message)), 422
    drafts.forget(current_actor(), _doors(), diary_key)
    drafts.forget_for_visitor(session)
    return _written(found, entry)


@bp.route("/diary/entry/<entry_id>", methods=["GET", "POST"])
@login_required
@limited("60/hour", ["POST"])
def correct(entry_id: str) -> str | Response | tuple[str, int]:
    key, entry = diary_entries.found(current_actor(), _doors(), entry_id)
    found = diary_entries.diary_of(key)
    if request.method == "GET":
        return _page(found, Filled(entry.day, entry.answers), entry)
    try:
        changed = _entry(found)
        diary_entries.correct(current_actor(), _doors(), entry_id, changed, the_reader().key)
    except ValueError:
        return _page(found, Filled.sent(str(_l("Choose one answer to each question."))), entry), 422
    except Conflict as refused:
        return _page(found, Filled.sent(refused.user_message), entry), 422
    return _written(found, changed)


@bp.route("/diary/entry/<entry_id>/remove", methods=["GET", "POST"])
@login_required
def remove(entry_id: str) -> str | Response:
    if request.method == "GET":
        key, entry = diary_entries.found(current_actor(), _doors(), entry_id)
        found = diary_entries.diary_of(key)
        page = "contributions/remove.html"
        return render_template(page, diary=found, entry=entry, words=words_of)
    key = diary_entries.remove(current_actor(), _doors(), entry_id, the_reader().key)
    flash(_l("The entry is removed."), "success")
    return redirect(url_for("diaries.write", diary_key=key))


@bp.post("/diary/<diary_key>/draft/forget")
def forget_draft(diary_key: str) -> Response:
    """Forget what was kept of a half-filled form."""
    diary_entries.diary_of(diary_key)
    if current_user.is_authenticated:
        drafts.forget(current_actor(), _doors(), diary_key)
    drafts.forget_for_visitor(session)
    return redirect(url_for("diaries.write", diary_key=diary_key))


@bp.post("/diary/<diary_key>/remind")
@login_required
def remind(diary_key: str) -> Response:
    """Remind somebody of a diary in the evening, or no longer."""
    if not _gives(diary_key):
        raise NotFound(_l("There is no such page, or it is not yours."))
    reminders.choose(current_actor(), diary_key, on=request.form.get("on") == "yes")
    return _saved(diary_key)


def _entry(diary: Diary) -> Entry:
    answers = diary.checked(request.form)
    if set(answers.values()) == {UNSAID}:
        raise Conflict(_l("Answer at least one question."))
    return Entry(diary.key, diary_entries.day_of(request.form.get(drafts.DAY, "")), answers)


def _need_numbers(diary: Diary, entry: Entry) -> None:
    """Refuse a first entry that nothing could be given of."""
    if not diary.counts(entry.answers):
        raise Conflict(_l("To be counted, answer: %(questions)s", questions=_numbers(diary)))


def _numbers(diary: Diary) -> str:
    """Return the questions without whose answer an entry is not counted."""
    return " ".join(words_of(a.title) for a in diary.asks if a.role is not Role.DIMENSION)


def _written(diary: Diary, entry: Entry) -> Response:
    if diary.counts(entry.answers):
        return _saved(diary.key)
    flash(_l("Saved for your own eyes. It is not counted: a number was left unsaid."), "success")
    return redirect(url_for("diaries.write", diary_key=diary.key))


def _keep_draft(draft: Draft) -> Response:
    if current_user.is_authenticated:
        drafts.keep(current_actor(), _doors(), draft)
        flash(_l("Kept as a draft, for a week. Nothing of it is counted."), "success")
    else:
        drafts.keep_for_visitor(session, draft)
        flash(_l("Kept as a draft, for two hours. Nothing of it is counted."), "success")
    return redirect(url_for("diaries.write", diary_key=draft.template))


def _draft(diary_key: str) -> Draft | None:
    own = None
    if current_user.is_authenticated:
        own = drafts.find(current_actor(), _doors(), diary_key)
    return own or drafts.find_for_visitor(session, diary_key)


def _begun(diary_key: str) -> Filled:
    draft = _draft(diary_key)
    return Filled(draft.day, draft.answers) if draft else Filled("", {})


def _saved(diary_key: str) -> Response:
    flash(_l("Saved."), "success")
    return redirect(url_for("diaries.write", diary_key=diary_key))


def _page(found: Diary, filled: Filled, entry: EntryView | None = None) -> str:
    actor = current_actor() if current_user.is_authenticated else None
    mine = actor if actor is not None and _gives(found.key) else None
    today = now().date()
    return render_template(
        "contributions/diary.html",
        diary=found,
        words=words_of,
        filled=filled,
        unsaid=UNSAID,
        numbers=_numbers(found),
        corrected=entry,
        day=filled.day or today,
        today=today,
        period=open_period(),
        closed=collection_of(found.key) is None,
        drafted=entry is None and not filled.error and _draft(found.key) is not None,
        owner=actor.user_id if actor else "visitor",
        **_kept(mine, found.key),
    )


def _kept(actor: Actor | None, diary_key: str) -> dict[str, object]:
    """Return what a diary's page shows to somebody who gives it."""
    if actor is None:
        return {"mine": False, "entries": (), "reminded": False}
    return {
        "mine": True,
        "entries": diary_entries.entries(actor, _doors(), diary_key),
        "reminded": diary_key in reminders.wanted(actor.user_id),
    }


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
