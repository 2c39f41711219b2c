"""The e-mails: what happened, at most once a day, and a letter of five lines once a month.

A job looks, once a day, for those to whom something happened, and has one e-mail made for each. It
remembers the day for each, so that a worker that is killed tells nobody twice.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from flask_babel import force_locale

from app.contributions import queries as contributions
from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.letters import sending
from app.letters.letter import Letter
from app.letters.post import Post
from app.notices import links, monthly, queries, service
from app.notices.events import AHEAD, month_over, notices
from app.notices.kinds import LISTED, Kind
from app.notices.models import NoticeReader
from app.notices.texts import sentence
from app.orders import queries as orders
from app.payouts import queries as payouts
from app.questions import queries as questions
from app.releases import queries as releases
from app.releases.periods import CLOSING_DAY, next_closing
from app.users import queries as users
from app.users.queries import UserView

DAILY, MONTHLY, LETTER = "tell-contributors", "monthly-letters", "notice-letter"
#: E-mails of a day are sent the next morning, in the time of Greenwich.
MORNING = 7
#: The month's letter follows the counting by so many days.
AFTER_CLOSING = 2
TOGETHER = 200


def schedule(db: Database) -> None:
    """Have yesterday told, and last month: the schedule's task."""
    moment = now().astimezone(UTC)
    if moment.hour < MORNING:
        return
    yesterday = f"{moment - timedelta(days=1):%Y-%m-%d}"
    with db.unit_of_work():
        jobs.enqueue(DAILY, f"{DAILY}:{yesterday}", {"day": yesterday})
        if moment.day >= CLOSING_DAY + AFTER_CLOSING:
            month = f"{moment:%Y-%m}"
            jobs.enqueue(MONTHLY, f"{MONTHLY}:{month}", {"month": month})


def tell_day(db: Database, day: str) -> None:
    """Have an e-mail made for each to whom something happened on a day."""
    since, until = _day(day)
    with db.unit_of_work(write=False):
        editions = {
            *releases.published_between(since, until),
            *orders.editions_sold(since, until),
        }
        told = releases.producers_in(editions) | payouts.paid_between(since, until)
        told |= questions.concerned(since, until)
        if any(since <= each < until for each in (next_closing() - AHEAD, month_over())):
            told |= contributions.givers()

    def first(row: NoticeReader) -> bool:
        fresh, row.mailed_day = row.mailed_day < day, max(row.mailed_day, day)
        return fresh

    _ask(db, told, first, {"day": day})


def tell_month(db: Database, month: str) -> None:
    """Have the month's letter made for everybody who gives."""
    with db.unit_of_work(write=False):
        told = contributions.givers()

    def first(row: NoticeReader) -> bool:
        fresh, row.mailed_month = row.mailed_month < month, max(row.mailed_month, month)
        return fresh

    _ask(db, told, first, {"month": month})


def _ask(
    db: Database,
    told: Iterable[str],
    first: Callable[[NoticeReader], bool],
    payload: Mapping[str, str],
) -> None:
    everybody = sorted(told)
    for start in range(0, len(everybody), TOGETHER):
        with db.unit_of_work():
            for user_id in everybody[start : start + TOGETHER]:
                if first(service.reader(user_id)):
                    key = f"{LETTER}:{user_id}:{payload.get('day') or payload['month']}"
                    jobs.enqueue(LETTER, key, {"user": user_id, **payload})


def compose(payload: Mapping[str, str], site: str) -> Letter | None:
    """Return an e-mail about a day or a month; None where there is nothing to tell."""
    user = users.user(payload["user"])
    if user is None or not user.verified or users.is_suspended(user.id):
        return None
    wanted = queries.by_email(user.id)
    with force_locale(user.locale):
        if "month" in payload:
            return _of_month(user, payload["month"], site) if Kind.MONTHLY in wanted else None
        return _of_day(user, payload["day"], wanted, site)


def _of_day(user: UserView, day: str, wanted: frozenset[Kind], site: str) -> Letter | None:
    told = [each for each in notices(user.actor, *_day(day)) if each.kind in wanted]
    if not told:
        return None
    lines = [
        {
            "text": sentence(each),
            "url": site + each.path,
            "leave": links.leave(site, user.id, each.template) if each.template else "",
        }
        for each in told
    ]
    key = f"{LETTER}-{user.id}-{day}"
    ends = links.unsubscribe(site, user.id, {each.kind for each in told} & set(LISTED))
    values = {"lines": lines, "choices": f"{site}/notices"}
    return Letter("news", user.email, user.locale, key, values, ends)


def _of_month(user: UserView, month: str, site: str) -> Letter | None:
    lines = monthly.lines(user.actor, month)
    if not lines:
        return None
    values = {"month": month, "lines": lines, "url": f"{site}/my-traces"}
    ends = links.unsubscribe(site, user.id, {Kind.MONTHLY})
    key = f"{LETTER}-{user.id}-{month}"
    return Letter("monthly", user.email, user.locale, key, values, ends)


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how these e-mails are made and sent."""
    handlers.add(DAILY, lambda payload, _: tell_day(db, payload["day"]))
    handlers.add(MONTHLY, lambda payload, _: tell_month(db, payload["month"]))
    sending.install_worker(handlers, db, settings, post, LETTER, compose)


def _day(day: str) -> tuple[datetime, datetime]:
    first = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    return first, first + timedelta(days=1)
