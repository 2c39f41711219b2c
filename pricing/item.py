"""What is sold, in released figures only: questions, their answers, items."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from pricing.errors import InvalidBundle, InvalidItem
from pricing.volume import effective_respondents

#: Edition, marginal and tier: what names a product.
ItemKey = tuple[str, tuple[str, ...], str]

#: The rules by which products are measured; each price book names its own (docs/pricing.md).
BY_HALVES, BY_DETAIL = 1, 2
RULES = (BY_HALVES, BY_DETAIL)


class Question(NamedTuple):
    """One table of one collection, whichever edition answers it.

    A tuple, because a price looks questions up by the thousand.

    Parameters
    ----------
    collection : str
        The shared schema.
    axes : frozenset of str
        The dimensions of the table; none for the total.
    """

    collection: str
    axes: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """How precisely an item answers a question.

    Parameters
    ----------
    question : Question
        The table answered.
    variance : float
        Noise variance of one of its cells, in squared contributions, >= 0.
    cells : int
        How many cells the table has, >= 1.
    alike : Question or None
        The question that other collections share which ask the same; None where none does.
    shown : float or None
        Variance of a cell as the free preview tells it at best; None where it does not.
    """

    question: Question
    variance: float
    cells: int = 1
    alike: Question | None = None
    shown: float | None = None

    def __post_init__(self) -> None:
        for variance in (self.variance, self.shown or 0.0):
            if not (math.isfinite(variance) and variance >= 0):
                raise InvalidItem(f"a variance is finite and not negative, not {variance!r}")
        if type(self.cells) is not int or self.cells < 1:
            raise InvalidItem(f"a table has at least one cell, not {self.cells!r}")

    def asked(self, rule: int) -> Question:
        """Return what is asked: by whichever collection, from the second rule on."""
        return self.question if rule < BY_DETAIL or self.alike is None else self.alike


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
        In [0, 1]; 1 for every product so far.
    answers : tuple of Answer
        One for every subset of the marginal.
    floor_micros : int
        What the edition asks for at least, in millionths, >= 0; the same for all its items.
    each : float
        Contributions of a person on average, by released numbers, >= 1.

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
    each: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.quality <= 1.0:
            raise InvalidItem(f"quality lies between 0 and 1, not {self.quality!r}")
        if type(self.people) is not int:
            raise InvalidItem("the number of people is a whole number")
        if type(self.floor_micros) is not int or self.floor_micros < 0:
            raise InvalidItem("a floor is a whole number of millionths, not below zero")
        if not (math.isfinite(self.each) and self.each >= 1.0):
            raise InvalidItem(f"a person has at least one contribution, not {self.each!r}")
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

    def respondents(self, rule: int) -> int:
        """Return how many people asked without noise answer its own table as precisely.

        In millionths. By the first rule a share of one half, by the second its mean cell.
        """
        own = self.question
        answer = next(one for one in self.answers if one.question == own)
        return self._precision(answer, answer.variance, rule)

    def reach(self, rule: int) -> tuple[tuple[Question, int], ...]:
        """Return each question answered, with the effective respondents that are paid for.

        In millionths. By the second rule those beyond what the free preview gives everybody.
        """
        return self._by_halves if rule < BY_DETAIL else self._by_detail

    def best(self, rule: int) -> int:
        """Return the most respondents that one of its answers is paid for; 0: it costs nothing."""
        return self._best_by_halves if rule < BY_DETAIL else self._best_by_detail

    @cached_property
    def _best_by_halves(self) -> int:
        return max(x for _, x in self._by_halves)

    @cached_property
    def _best_by_detail(self) -> int:
        return max(x for _, x in self._by_detail)

    @cached_property
    def _by_halves(self) -> tuple[tuple[Question, int], ...]:
        return tuple(
            (one.question, self._precision(one, one.variance, BY_HALVES)) for one in self.answers
        )

    @cached_property
    def _by_detail(self) -> tuple[tuple[Question, int], ...]:
        return tuple((one.asked(BY_DETAIL), self._beyond_preview(one)) for one in self.answers)

    def _beyond_preview(self, answer: Answer) -> int:
        whole = self._precision(answer, answer.variance, BY_DETAIL)
        if answer.shown is None:
            return whole
        return max(0, whole - self._precision(answer, answer.shown, BY_DETAIL))

    def _precision(self, answer: Answer, variance: float, rule: int) -> int:
        if rule < BY_DETAIL:
            return effective_respondents(self.people, variance, self.quality)
        # n are people and v is about contributions: a share of the contributions has noise of
        # v / m^2 where m = each n of them are released, so that v / each^2 is about people.
        in_people = variance / (self.each * self.each)
        return effective_respondents(self.people, in_people, self.quality, answer.cells)


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
