"""Work that becomes due by the clock: at each full hour, at each fifth minute."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

HOURLY = timedelta(hours=1)
OFTEN = timedelta(minutes=5)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Task:
    """Something short that each worker does at its time, in units of work of its own.

    Several workers may do it at the same time: it adds jobs under keys of their hour, or is
    harmless when it is done twice.
    """

    name: str
    every: timedelta
    do: Callable[[], object]


@dataclass
class Schedule:
    """The tasks of one application."""

    tasks: list[Task] = field(default_factory=list)

    def add(self, name: str, every: timedelta, do: Callable[[], object]) -> None:
        """Have something done at each full period of the clock."""
        self.tasks.append(Task(name, every, do))


def next_time(after: datetime, every: timedelta) -> datetime:
    """Return the first full period of the clock after a moment.

    Examples
    --------
    >>> next_time(datetime(2026, 1, 1, 12, 0, tzinfo=UTC), HOURLY).hour
    13
    """
    return BEGINNING + every * ((after - BEGINNING) // every + 1)
