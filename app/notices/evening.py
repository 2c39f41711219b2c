"""The evening's reminder: one e-mail a day at most, of the diaries without an entry of that day.

The evening is that of Paris, for everybody: accounts have no time zone. As with other e-mails, the
day is remembered for each, so that a worker that is killed reminds nobody twice.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask_babel import force_locale

from app.collections.own_diaries import every_diary
from app.collections.templates import words_of
from app.contributions import reminders
from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.letters import sending
from app.letters.letter import Letter
from app.letters.post import Post
from app.notices import links, service
from app.notices.kinds import Kind
from app.users import queries as users

REMIND, LETTER = "remind-of-diaries", "diary-reminder"
ZONE = ZoneInfo("Europe/Paris")
EVENING = 19
ATTEMPTS = 6
TOGETHER = 200


def today() -> str:
    """Return the day in Paris, "YYYY-MM-DD"."""
    return now().astimezone(ZONE).date().isoformat()


def schedule(db: Database) -> None:
    """Have this evening's reminders made: the schedule's task."""
    if now().astimezone(ZONE).hour < EVENING:
        return
    with db.unit_of_work():
        jobs.enqueue(REMIND, f"{REMIND}:{today()}", {"day": today()})


def remind(db: Database, day: str) -> None:
    """Have one e-mail made for each who wants to be reminded."""
    with db.unit_of_work(write=False):
        everybody = sorted(reminders.reminded())
    for start in range(0, len(everybody), TOGETHER):
        with db.unit_of_work():
            for user_id in everybody[start : start + TOGETHER]:
                row = service.reader(user_id)
                if row.reminded_day < day:
                    row.reminded_day = day
                    key = f"{LETTER}:{user_id}:{day}"
                    jobs.enqueue(LETTER, key, {"user": user_id, "day": day})


def compose(payload: Mapping[str, str], site: str) -> Letter | None:
    """Return the e-mail; None where every diary has its entry, or where the day is over."""
    user, day = users.user(payload["user"]), payload["day"]
    if day != today() or user is None or not user.verified or users.is_suspended(user.id):
        return None
    due = reminders.due(user.actor, day)
    if not due:
        return None
    with force_locale(user.locale):
        lines = [
            {"title": words_of(every_diary()[key].template.title), "url": f"{site}/diary/{key}"}
            for key in due
        ]
    values = {"lines": lines, "choices": f"{site}/notices"}
    ends = links.unsubscribe(site, user.id, {Kind.REMIND})
    return Letter("evening", user.email, user.locale, f"{LETTER}-{user.id}-{day}", values, ends)


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how these e-mails are made and sent."""
    handlers.add(REMIND, lambda payload, _: remind(db, payload["day"]))
    sending.install_worker(handlers, db, settings, post, LETTER, compose, ATTEMPTS)
