"""One price book over one published catalogue: everything a price is worked out from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from pricing.coverage import Coverage, coverage
from pricing.errors import TooFewPeople
from pricing.item import BY_DETAIL, Item, ItemKey, Question
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.rarity import Rarity
from pricing.volume import MICRORESPONDENTS

# sqrt(respondents in millionths) is in thousandths, the weight in millionths: a root of
# their product is in units of 1e-9 points, a thousand of which make a micropoint.
_UNITS_PER_MICROPOINT = 1_000


def term(weight: int, respondents: int) -> int:
    """Return r sqrt(X), in millionths of a point, rounded up.

    Each question is rounded on its own and then added up as whole numbers, so that no
    order of summation, machine or bundle can move a price by a last digit.

    Parameters
    ----------
    weight : int
        r, in millionths, >= 0.
    respondents : int
        X, in millionths, >= 0.

    Examples
    --------
    >>> term(1_500_000, 400_000_000)
    30000000
    """
    square = weight * weight * respondents
    root = math.isqrt(square)
    if root * root < square:
        root += 1
    return -(-root // _UNITS_PER_MICROPOINT)


@dataclass(frozen=True)
class PriceList:
    """A price book and the rarity of one version of the catalogue.

    Both are fixed, so that what was worked out once is kept: weights of questions, and what
    each product is worth alone.

    Parameters
    ----------
    book : PriceBook
        The rule.
    rarity : Rarity
        How many editions answer each question.
    """

    book: PriceBook
    rarity: Rarity
    _weights: dict[Question, int] = field(default_factory=dict, repr=False, compare=False)
    _alone: dict[ItemKey, tuple[Item, int]] = field(default_factory=dict, repr=False, compare=False)
    #: What single products cost exactly, kept by whoever works it out.
    singles: dict[ItemKey, tuple[Item, Money]] = field(
        default_factory=dict, repr=False, compare=False
    )
    #: Explained lines of single products, kept by whoever explains.
    lines: dict[ItemKey, object] = field(default_factory=dict, repr=False, compare=False)

    def weight(self, question: Question) -> int:
        """Return r_e, in millionths of a point per root respondent."""
        known = self._weights.get(question)
        if known is None:
            known = self._weights[question] = self.rarity.weight(self.book, question)
        return known

    def terms(self, covered: Coverage) -> dict[Question, int]:
        """Return r_e sqrt(X_e) for each question, X_e summed over editions, in micropoints."""
        weight = self.weight
        return {
            question: term(weight(question), sum(editions.values()))
            for question, editions in covered.items()
        }

    def covered(self, items: Iterable[Item]) -> Coverage:
        """Return what some products answer, by the book's rule."""
        return coverage(items, self.book.rule)

    def value(self, items: Iterable[Item]) -> int:
        """Return V of some products, the sum of all terms, in millionths of a point."""
        return sum(self.terms(self.covered(items)).values())

    def counted(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Return the products that cost something.

        By the second rule not those that tell nothing beyond the free preview.
        """
        rule = self.book.rule
        if rule < BY_DETAIL:
            return tuple(items)
        return tuple(item for item in items if item.best(rule))

    def alone(self, item: Item) -> int:
        """Return V of one product by itself, in millionths of a point."""
        known = self._alone.get(item.key)
        if known is None or (known[0] is not item and known[0] != item):
            known = self._alone[item.key] = (item, self.value((item,)))
        return known[1]

    def floors(self, items: Iterable[Item]) -> dict[str, int]:
        """Return the floor f_d of each edition, in millionths.

        Its own, at least the book's, at least so much for each respondent of its best answer.
        """
        book, found = self.book, dict[str, int]()
        for item in self.counted(items):
            floor = max(book.floor_micros, item.floor_micros, found.get(item.edition, 0))
            if book.respondent_micros:
                asked = book.respondent_micros * item.best(book.rule)
                floor = max(floor, -(-asked // MICRORESPONDENTS))
            found[item.edition] = floor
        return found

    def check_people(self, items: Iterable[Item]) -> None:
        """Refuse editions too small to be sold.

        Raises
        ------
        TooFewPeople
        """
        least = self.book.minimum_people
        for item in items:
            if item.people < least:
                raise TooFewPeople(f"{item.edition} has {item.people} people")

    def money(self, micros: int) -> Money:
        """Return an amount in the book's currency."""
        return Money(micros, self.book.currency)
