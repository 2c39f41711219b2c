"""What is sold, in released figures only: questions, their answers, items."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from pricing.errors import InvalidBundle, InvalidItem
from pricing.volume import effective_respondents

#: Edition, marginal and tier: what names a product.
ItemKey = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True)
class Question:
    """One table of one collection, whichever edition answers it.

    Parameters
    ----------
    collection : str
        The shared schema.
    axes : frozenset of str
        The dimensions of the table; none for the total.
    """

    collection: str
    axes: frozenset[str]

    def __post_init__(self) -> None:
        # A price looks questions up by the thousand.
        object.__setattr__(self, "_hash", hash((self.collection, self.axes)))

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined, no-any-return]


@dataclass(frozen=True)
class Answer:
    """How precisely an item answers a question.

    Parameters
    ----------
    question : Question
        The table answered.
    variance : float
        Noise variance of one of its cells, in squared contributions, >= 0.
    """

    question: Question
    variance: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.variance) and self.variance >= 0):
            raise InvalidItem(f"a variance is finite and not negative, not {self.variance!r}")


def subsets(marginal: Iterable[str]) -> set[frozenset[str]]:
    """Return every set of axes that a marginal answers, the empty one included."""
    axes = tuple(marginal)
    return {
        frozenset(chosen) for size in range(len(axes) + 1) for chosen in combinations(axes, size)
    }


@dataclass(frozen=True)
class Item:
    """A product: one marginal of one edition at one tier.

    Parameters
    ----------
    edition, collection, tier : str
        Names.
    marginal : tuple of str
        The dimensions of the table, in the order it is published.
    people : int
        *Released* number of people, never the true one. A noisy number may be below zero.
    quality : float
        From the published quality report, in [0, 1].
    answers : tuple of Answer
        One for every subset of the marginal.
    floor_micros : int
        What the edition asks for at least, in millionths, >= 0; the same for all its items.

    Raises
    ------
    InvalidItem
        If the answers are not exactly those of the marginal, or a figure is out of range.
    """

    edition: str
    collection: str
    marginal: tuple[str, ...]
    tier: str
    people: int
    quality: float
    answers: tuple[Answer, ...]
    floor_micros: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.quality <= 1.0:
            raise InvalidItem(f"quality lies between 0 and 1, not {self.quality!r}")
        if type(self.people) is not int:
            raise InvalidItem("the number of people is a whole number")
        if type(self.floor_micros) is not int or self.floor_micros < 0:
            raise InvalidItem("a floor is a whole number of millionths, not below zero")
        if len(set(self.marginal)) != len(self.marginal):
            raise InvalidItem(f"an axis is named twice in {self.marginal}")
        expected = {Question(self.collection, axes) for axes in subsets(self.marginal)}
        given = [answer.question for answer in self.answers]
        if len(given) != len(expected) or set(given) != expected:
            raise InvalidItem(f"{self.key} must answer every subset of its marginal once")

    @cached_property
    def key(self) -> ItemKey:
        """Name the product: edition, marginal, tier."""
        return self.edition, self.marginal, self.tier

    @property
    def question(self) -> Question:
        """The most detailed question the item answers."""
        return Question(self.collection, frozenset(self.marginal))

    @cached_property
    def reach(self) -> tuple[tuple[Question, int], ...]:
        """Each question answered, with its effective respondents in millionths."""
        return tuple(
            (a.question, effective_respondents(self.people, a.variance, self.quality))
            for a in self.answers
        )


def distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return each product once, in a canonical order.

    Raises
    ------
    InvalidBundle
        If one product is described in two ways, or one edition with two floors.
    """
    by_key: dict[ItemKey, Item] = {}
    floors: dict[str, int] = {}
    for item in items:
        known = by_key.setdefault(item.key, item)
        if known is not item and known != item:
            raise InvalidBundle(f"{item.key} is described in two ways")
        if floors.setdefault(item.edition, item.floor_micros) != item.floor_micros:
            raise InvalidBundle(f"{item.edition} has two floors")
    return tuple(by_key[key] for key in sorted(by_key))
