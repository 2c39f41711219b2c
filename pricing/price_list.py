"""One price book over one published catalogue: everything a price is worked out from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from pricing.coverage import Coverage, coverage
from pricing.errors import TooFewPeople
from pricing.item import Item, ItemKey, Question
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.rarity import Rarity

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

    def value(self, items: Iterable[Item]) -> int:
        """Return V of some products, the sum of all terms, in millionths of a point."""
        return sum(self.terms(coverage(items)).values())

    def alone(self, item: Item) -> int:
        """Return V of one product by itself, in millionths of a point."""
        known = self._alone.get(item.key)
        if known is None or (known[0] is not item and known[0] != item):
            known = self._alone[item.key] = (item, self.value((item,)))
        return known[1]

    def floors(self, items: Iterable[Item]) -> dict[str, int]:
        """Return the floor f_d of each edition: its own, at least the book's; in millionths."""
        least = self.book.floor_micros
        return {item.edition: max(least, item.floor_micros) for item in items}

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
