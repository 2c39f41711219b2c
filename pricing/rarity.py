"""Rarity: what few editions can answer weighs more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pricing.errors import InvalidPriceBook
from pricing.item import BY_DETAIL, RULES, Item, Question
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
        D_e. By the first rule, a question not listed counts as answered once: by the edition
        that holds it. By the second one it is not rare, as nobody paid for an answer yet.
    of_topic : mapping of Question to int, optional
        D of the topic that a question is about; D for a question not listed.
    """

    editions_total: int
    editions_answering: Mapping[Question, int]
    of_topic: Mapping[Question, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        most = self.editions_total
        pairs = self.editions_answering.items()
        if most < 0 or any(not 0 <= n <= self.of_topic.get(q, most) <= most for q, n in pairs):
            raise InvalidPriceBook("no more editions can answer than are published")

    @classmethod
    def of_catalogue(cls, items: Iterable[Item]) -> Rarity:
        """Count the editions behind the published products."""
        answering: dict[Question, set[str]] = {}
        editions: set[str] = set()
        for item in items:
            editions.add(item.edition)
            for answer in item.answers:
                for question in {answer.asked(rule) for rule in RULES}:
                    answering.setdefault(question, set()).add(item.edition)
        return cls(len(editions), {q: len(found) for q, found in answering.items()})

    def answering(self, question: Question) -> int:
        """Return D_e, at least one."""
        return max(1, self.editions_answering.get(question, 1))

    def total(self, question: Question) -> int:
        """Return D: editions of the question's topic where that is known, else all."""
        return max(self.answering(question), self.of_topic.get(question, self.editions_total))

    def factor(self, book: PriceBook, question: Question) -> float:
        """Return 1 + lambda min(R, ln((1 + D) / (1 + D_e))), >= 1."""
        if book.rule >= BY_DETAIL and not self.editions_answering.get(question, 0):
            return 1.0
        found = self.answering(question)
        scarcity = math.log((1 + self.total(question)) / (1 + found))
        return 1.0 + book.rarity_lambda * min(book.rarity_cap, scarcity)

    def weight(self, book: PriceBook, question: Question) -> int:
        """Return r_e = base detail(A) factor, in millionths of a point per root respondent."""
        plain = book.base * book.detail_of(len(question.axes))
        return math.ceil(plain * self.factor(book, question) * MICROWEIGHTS)
