"""When the editions of the market's own templates close, and which month goes into them.

The month before goes into the edition that closes on a day of the next: public, the same for all,
and late enough that people can fetch their export.
"""

from datetime import UTC, datetime

from app.core.clock import now

CLOSING_DAY = 10


def next_closing() -> datetime:
    """Return when the present month's edition closes.

    Examples
    --------
    >>> period_of(datetime(2026, 12, 10, tzinfo=UTC))
    '2026-11'
    """
    moment = now().astimezone(UTC)
    here = datetime(moment.year, moment.month, CLOSING_DAY, tzinfo=UTC)
    return here if moment < here else _months(here, 1)


def last_closing() -> datetime:
    """Return when the edition before closed."""
    return _months(next_closing(), -1)


def period_of(closing: datetime) -> str:
    """Return the month, "YYYY-MM", that goes into the edition that closes then."""
    return f"{_months(closing, -1):%Y-%m}"


def open_period() -> str:
    """Return the month that goes into the next edition."""
    return period_of(next_closing())


def _months(moment: datetime, count: int) -> datetime:
    place = moment.year * 12 + moment.month - 1 + count
    return moment.replace(year=place // 12, month=place % 12 + 1)
