"""Dates and instants, as people's exports write them.

An instant is a whole number of milliseconds since 1970 in UTC: sums and splits stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from traces.declared import DateOrder
from traces.text import normalise

#: No export is older; a date before it is a mistake of the file.
EARLIEST = date(1995, 1, 1)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 60
_THREE = re.compile(r"\s*([0-9]{1,4})([-/. ])([0-9]{1,2})\2([0-9]{1,4})(?=[^0-9]|\Z)")
_NAMED = re.compile(
    r"\s*(?:([0-9]{1,2})\.? ([a-z]+)\.?,? ([0-9]{4})|([a-z]+)\.? ([0-9]{1,2}),? ([0-9]{4}))"
)
_CLOCK = re.compile(
    r"[\s,t]*(?:at |a |um )?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"\s*([ap]m)?\s*"
)
_OFFSET = re.compile(r"(?:utc|gmt|z|([+-])([0-9]{2}):?([0-9]{2}))(?: utc)?\Z")

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "de": "januar februar marz april mai juni juli august september oktober november dezember",
}
_SHORT = {
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "fr": "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "de": "jan feb mrz apr mai jun jul aug sep okt nov dez",
}
_MONTH_OF = {
    name: number
    for names in (*_MONTHS.values(), *_SHORT.values())
    for number, name in enumerate(names.split(), 1)
} | {"maerz": 3}


class OrderOfDates:
    """Decides, over a whole file, in which order dates in figures are written."""

    def __init__(self) -> None:
        self._possible = set(DateOrder)
        self._told = False

    def see(self, text: str) -> None:
        """Look at one date; what is not three figures says nothing."""
        if len(text) > _LONGEST or not (found := _THREE.match(text)):
            return
        fitting = {order for order in DateOrder if _in_order(found, order) is not None}
        if fitting:
            self._possible &= fitting
            self._told |= int(found[1]) != int(found[3])

    def decide(self, declared: DateOrder | None = None) -> DateOrder | None:
        """Return the order; None where it must be asked, or where the file mixes orders.

        A declared order is taken where the file leaves it open, and only there.
        """
        if len(self._possible) == 1:
            return next(iter(self._possible))
        if declared in self._possible:
            return declared
        if self._possible and not self._told:
            return min(self._possible)  # no date that would tell them apart
        return None

    @property
    def options(self) -> tuple[str, ...]:
        """The orders that every date allows, sorted; none where the file mixes orders."""
        return tuple(sorted(self._possible))


def order_of(texts: Iterable[str], declared: DateOrder | None = None) -> DateOrder | None:
    """Return the order of the dates of a whole file; None where it must be asked.

    Examples
    --------
    >>> order_of(["03/04/2025", "14/03/2025"])
    <DateOrder.DMY: 'dmy'>
    >>> order_of(["03/04/2025"]) is None
    True
    """
    votes = OrderOfDates()
    for text in texts:
        votes.see(text)
    return votes.decide(declared)


def parse_date(text: str, order: DateOrder | None = None) -> date | None:
    """Return the day that a text begins with, or None.

    Parameters
    ----------
    text : str
        "2025-03-14", "14/03/2025 08:05", "6/19/25", "May 29, 2025, 3:53 PM", "29 mai 2025".
    order : DateOrder, optional
        Needed for figures that do not begin with four digits.
    """
    found = _split(text, order)
    return None if found is None else found[0]


def parse_local(text: str, order: DateOrder | None = None) -> datetime | None:
    """Return the day and time of a clock on the wall, or None; an offset is refused.

    A date alone is its midnight.
    """
    found = _split(text, order)
    if found is None:
        return None
    day, rest = found
    if not rest.strip():
        return datetime.combine(day, time())
    parsed = _clock(rest)
    if parsed is None or parsed[1].strip():
        return None
    return datetime.combine(day, time()) + parsed[0]


def parse_instant(text: str, naive: tzinfo, order: DateOrder | None = None) -> int | None:
    """Return an instant, or None.

    Parameters
    ----------
    text : str
        A date and a time, with or without an offset: "2025-01-05T07:12:33Z",
        "2025-04-05 05:52:02 +0000 UTC", "09.12.2025, 15:24:49".
    naive : tzinfo
        The zone of a text without an offset: UTC, or the person's own.
    order : DateOrder, optional
        As for `parse_date`.
    """
    if (iso := _iso(text)) is not None:
        return instant(iso, iso.tzinfo or naive)
    found = _split(text, order)
    if found is None:
        return None
    day, rest = found
    parsed = _clock(rest)
    if parsed is None:
        return None
    wall = datetime.combine(day, time()) + parsed[0]
    if not parsed[1].strip():
        return instant(wall, naive)
    offset = _OFFSET.match(parsed[1].strip())
    if offset is None:
        return None
    shift = timedelta(hours=int(offset[2] or 0), minutes=int(offset[3] or 0))
    if shift >= timedelta(days=1):
        return None
    return instant(wall, UTC) - (-1 if offset[1] == "-" else 1) * (
        shift // timedelta(milliseconds=1)
    )


def instant(wall: datetime, zone: tzinfo) -> int:
    """Return the instant of a time on the wall.

    An hour that comes twice is taken the first time, or the second where `wall.fold` is 1. A time
    that a change of clocks leaves out is read as if the clock had not been changed yet.
    """
    gone = wall.replace(tzinfo=zone).astimezone(UTC) - _EPOCH
    return gone // timedelta(milliseconds=1)


def from_epoch(number: float) -> int | None:
    """Return the instant of an epoch in seconds, milliseconds or microseconds, by its size.

    Examples
    --------
    >>> from_epoch(1741939200) == from_epoch(1741939200000) == from_epoch(1741939200000000)
    True
    """
    if isinstance(number, bool) or not abs(number) < 1e17:
        return None
    size = abs(number)
    if size >= 1e14:
        return int(number // 1000)
    return int(number) if size >= 1e11 else int(number * 1000)


def day_of(moment: int, zone: ZoneInfo) -> date:
    """Return the local day of an instant."""
    return (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone).date()


def midnight(day: date) -> int:
    """Return the instant at which a day begins in UTC."""
    return instant(datetime.combine(day, time()), UTC)


def _iso(text: str) -> datetime | None:
    """Return a date and time in the most common form, which the standard library reads fast."""
    if not 16 <= len(text) <= _LONGEST or text[4] != "-" or text[10] not in "T ":
        return None
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return None
    return wall if 1900 <= wall.year <= 2200 else None


def _split(text: str, order: DateOrder | None) -> tuple[date, str] | None:
    """Return the day that a text begins with, and the rest in small letters."""
    if len(text) > _LONGEST:
        return None
    if found := _THREE.match(text):
        if len(found[1]) == 4:
            order = DateOrder.YMD
        day = None if order is None else _in_order(found, order)
        return None if day is None else (day, text[found.end() :].casefold())
    plain = normalise(text)
    if named := _NAMED.match(plain):
        first, month, year = (
            (named[1], named[2], named[3]) if named[1] else (named[5], named[4], named[6])
        )
        day = _day(int(year), _MONTH_OF.get(month, 0), int(first))
        return None if day is None else (day, plain[named.end() :])
    return None


def _in_order(found: re.Match[str], order: DateOrder) -> date | None:
    parts = dict(zip(order.value, (found[1], found[3], found[4]), strict=True))
    lengths = (2, 4) if order is not DateOrder.YMD else (4,)
    if len(parts["y"]) not in lengths or len(parts["d"]) > 2 or len(parts["m"]) > 2:
        return None
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    return _day(year, int(parts["m"]), int(parts["d"]))


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number) if 1900 <= year <= 2200 else None
    except ValueError:
        return None


def _clock(text: str) -> tuple[timedelta, str] | None:
    """Return the time since midnight that a text begins with, and the rest."""
    found = _CLOCK.match(text.replace("\u202f", " ").replace("\u00a0", " "))
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    thousandths = int((found[4] or "0").ljust(3, "0")[:3])
    since = timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=thousandths)
    return since, text[found.end() :]
