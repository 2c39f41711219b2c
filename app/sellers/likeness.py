"""Which editions on sale are most like one: in people and in number of tables."""

from collections.abc import Iterable
from math import log

from app.search.queries import Front

NEAREST = 3


def distance(one: Front, other: Front) -> float:
    """Return how far apart two editions are: by which factors they differ, added up."""
    people = abs(log((1 + one.people) / (1 + other.people)))
    return people + abs(log((1 + one.tables) / (1 + other.tables)))


def nearest(one: Front, others: Iterable[Front]) -> tuple[Front, ...]:
    """Return those most like one, the most like first."""
    return tuple(sorted(others, key=lambda each: (distance(one, each), each.entry_id))[:NEAREST])
