"""How often somebody is told, and what an alert is called."""

from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.collections import queries as collections
from app.collections import wording
from app.collections.texts import purpose_name, topic_name
from app.search.lists import Search
from app.web.filters import number

#: The week's e-mails are sent on Monday from this hour on, in the time of Greenwich.
MORNING = 7


class Rhythm(StrEnum):
    """How often an alert tells."""

    AT_ONCE = "at-once"
    WEEKLY = "weekly"


NAMES = {
    Rhythm.AT_ONCE: _l("at once"),
    Rhythm.WEEKLY: _l("once a week, on Monday"),
}


def week_told(moment: datetime) -> datetime:
    """Return the Monday, at midnight, before which everything can be told weekly by now.

    Examples
    --------
    >>> from datetime import UTC
    >>> week_told(datetime(2026, 3, 2, 6, tzinfo=UTC)).day, week_told(
    ...     datetime(2026, 3, 2, 7, tzinfo=UTC)
    ... ).day
    (23, 2)
    """
    shifted = moment - timedelta(hours=MORNING)
    monday = shifted - timedelta(days=shifted.weekday())
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)


def name(asked: Search) -> str:
    """Return what an alert is called, in the reader's language."""
    if asked.collection:
        parts = [wording.title(collections.rules(asked.collection))]
    else:
        parts = [_("“%(words)s”", words=asked.text)] if asked.text else []
        parts += [topic_name(asked.topic)] if asked.topic else []
        parts += [_("at least %(n)s people", n=number(asked.people))] if asked.people else []
    if asked.purpose:
        parts.append(_("sold for: %(purpose)s", purpose=purpose_name(asked.purpose)))
    return " · ".join(parts) or _("every new edition")
