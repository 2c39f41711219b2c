"""The e-mails: each of one alert, which its link ends."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask_babel import force_locale
from flask_babel import gettext as _

from app.alerts import links, queries
from app.alerts.kinds import name
from app.alerts.looking import JOB
from app.catalog.asking import address_of
from app.collections import wording
from app.core.config import Settings
from app.core.db import Database
from app.jobs.runner import Handlers
from app.letters import sending
from app.letters.letter import Letter
from app.letters.post import Post
from app.search import queries as lists
from app.search.lists import Entry, Search
from app.users import queries as users
from app.web.filters import month


def compose(payload: Mapping[str, Any], site: str) -> Letter | None:
    """Return an e-mail of an alert; None where it was ended, or nothing of it is on sale now."""
    alert = queries.alert(payload["alert"])
    user = None if alert is None else users.user(alert.user_id)
    if alert is None or user is None or not user.verified or users.is_suspended(user.id):
        return None
    entries = lists.with_numbers(payload["numbers"])
    if not entries:
        return None
    with force_locale(user.locale):
        values = {
            "name": name(alert.asked),
            "lines": [_line(entry, site) for entry in entries],
            "more": payload["more"],
            "everything": _address(alert.asked, site),
            "choices": f"{site}/account/alerts",
        }
    key = f"{JOB}-{alert.id}-{max(payload['numbers'])}"
    ends = links.ending(site, user.id, alert.id)
    return Letter("alert", user.email, user.locale, key, values, ends)


def _line(entry: Entry, site: str) -> dict[str, str]:
    which = month(entry.period) if entry.period else _("edition %(n)s", n=entry.number)
    text = f"{wording.entry_title(entry)}, {which}"
    return {"text": text, "url": f"{site}/catalogue/{entry.edition_id}"}


def _address(asked: Search, site: str) -> str:
    """Return where everything stands that an alert tells of."""
    parts = {**address_of(asked), "sort": "newest"}
    return f"{site}/catalogue?{urlencode(parts)}"


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how these e-mails are made and sent."""
    sending.install_worker(handlers, db, settings, post, JOB, compose)
