"""The finished weeks, Monday to Sunday in UTC, that figures with steps are about.

A week that is still going on is never shown: who opens a page themselves until a step is
passed would learn how many others had been there.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WEEKS = 12


@dataclass(frozen=True)
class Weeks:
    """Some finished weeks: from the first Monday on and before the last."""

    begin: date
    end: date

    @property
    def since(self) -> datetime:
        """The first moment of them."""
        return datetime.combine(self.begin, time(), UTC)

    @property
    def until(self) -> datetime:
        """The first moment after them."""
        return datetime.combine(self.end, time(), UTC)

    @property
    def mondays(self) -> tuple[date, ...]:
        """The day on which each begins."""
        count = (self.end - self.begin).days // 7
        return tuple(self.begin + timedelta(weeks=number) for number in range(count))


def finished(at: datetime) -> Weeks:
    """Return the last finished weeks at a moment."""
    day = at.astimezone(UTC).date()
    monday = day - timedelta(days=day.weekday())
    return Weeks(monday - timedelta(weeks=WEEKS), monday)


def monday_of(day: str) -> date:
    """Return the Monday of the week of a day, YYYY-MM-DD."""
    found = date.fromisoformat(day)
    return found - timedelta(days=found.weekday())
