"""Rarity: what few editions can answer weighs more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pricing.errors import InvalidPriceBook
from pricing.item import Item, Question
from pricing.price_book import PriceBook

#: Weights are counted in millionths.
MICROWEIGHTS = 1_000_000


@dataclass(frozen=True)
class Rarity:
    """How many published editions answer each question, at one version of the catalogue.

    It never depends on a bundle: a weight that did would let buyers cheat.

    Parameters
    ----------
    editions_total : int
        D, all editions published, >= 0.
    editions_answering : mapping of Question to int
        D_e. A question not listed counts as answered once: by the edition that holds it.
    """

    editions_total: int
    editions_answering: Mapping[Question, int]

    def __post_init__(self) -> None:
        counts = self.editions_answering.values()
        if self.editions_total < 0 or any(not 0 <= n <= self.editions_total for n in counts):
            raise InvalidPriceBook("no more editions can answer than are published")

    @classmethod
    def of_catalogue(cls, items: Iterable[Item]) -> Rarity:
        """Count the editions behind the published products."""
        answering: dict[Question, set[str]] = {}
        editions: set[str] = set()
        for item in items:
            editions.add(item.edition)
            for answer in item.answers:
                answering.setdefault(answer.question, set()).add(item.edition)
        return cls(len(editions), {q: len(found) for q, found in answering.items()})

    def answering(self, question: Question) -> int:
        """Return D_e, at least one."""
        return max(1, self.editions_answering.get(question, 1))

    def factor(self, book: PriceBook, question: Question) -> float:
        """Return 1 + lambda min(R, ln((1 + D) / (1 + D_e))), >= 1."""
        found = self.answering(question)
        scarcity = math.log((1 + max(self.editions_total, found)) / (1 + found))
        return 1.0 + book.rarity_lambda * min(book.rarity_cap, scarcity)

    def weight(self, book: PriceBook, question: Question) -> int:
        """Return r_e = base detail(A) factor, in millionths of a point per root respondent."""
        plain = book.base * book.detail_of(len(question.axes))
        return math.ceil(plain * self.factor(book, question) * MICROWEIGHTS)
