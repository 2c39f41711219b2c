"""How many lines a list would have with one choice changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.search.standing import STEPS, step_of


@dataclass(frozen=True)
class Counted:
    """So many collections are sold for a purpose, are of a topic, and reach a step of people."""

    purpose: str
    topic: str
    step: int
    collections: int


@dataclass(frozen=True)
class Facets:
    """How many lines there would be, by each value of each choice; "" and 0 stand for any."""

    topics: Mapping[str, int] = field(default_factory=Counter)
    purposes: Mapping[str, int] = field(default_factory=Counter)
    people: Mapping[int, int] = field(default_factory=Counter)


def facets_of(
    counted: Iterable[Counted], purpose: str, topic: str, people: int
) -> tuple[Facets, int]:
    """Return the facets of a list that is narrowed so, and how many lines it has."""
    least = step_of(people)
    topics, purposes, reached = Counter[str](), Counter[str](), Counter[int]()
    total = 0
    for one in counted:
        of_purpose, of_topic = one.purpose == purpose, topic in ("", one.topic)
        if of_purpose and one.step >= least:
            topics.update({one.topic: one.collections, "": one.collections})
        if of_topic and one.step >= least:
            purposes[one.purpose] += one.collections
        if of_purpose and of_topic:
            for step, size in enumerate((0, *STEPS)):
                reached[size] += one.collections if one.step >= step else 0
            total += one.collections if one.step >= least else 0
    return Facets(topics, purposes, reached), total
