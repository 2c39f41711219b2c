import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid

FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Period:
    """Whole days, both ends included. A day begins at midnight UTC."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """The first moment inside."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it, where the next period starts."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def last_moment(self) -> datetime:
        """The last day's midnight: for showing it as a day."""
        return datetime.combine(self.last, time(), UTC)

    @property
    def asked(self) -> dict[str, str]:
        """How an address asks for these days."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    @property
    def name(self) -> str:
        """The month of the first day, as YYYY-MM."""
        return f"{self.first:%Y-%m}"

    @property
    def before(self) -> "Period":
        """The calendar month of the day before."""
        return month_of(self.first - timedelta(days=1))

    @property
    def after(self) -> "Period":
        """The calendar month of the day after."""
        return month_of(self.last + timedelta(days=1))

    def holds(self, moment: datetime) -> bool:
        """Say whether a moment is inside."""
        return self.start <= moment < self.end


def month_of(day: date) -> Period:
    """Return the calendar month a day is in."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def read(since: str, until: str, today: date) -> Period:
    """Read the two days somebody asked for.

    Parameters
    ----------
    since, until : str
        As YYYY-MM-DD. With one of them alone, to the end or from the beginning of its month;
        with neither, the month of `today`.

    Raises
    ------
    Invalid
    """
    first = _day(since) if since else None
    last = _day(until) if until else None
    first = first or month_of(last or today).first
    last = last or month_of(first).last
    if last < first:
        raise Invalid(_l("The last day is before the first."))
    return Period(first, last)


def read_month(text: str, today: date) -> Period:
    """Read a month as YYYY-MM; without one, the month of `today`.

    Raises
    ------
    Invalid
    """
    try:
        return month_of(_day(f"{text}-01") if text else today)
    except Invalid:
        raise Invalid(
            _l("Write a month of the years 2000 to 2999 as year-month, such as 2026-01.")
        ) from None


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise Invalid(_l("Write a day as year-month-day, such as 2026-01-31."))
    if not FIRST <= day <= LAST:
        raise Invalid(_l("Choose days of the years 2000 to 2999."))
    return day
