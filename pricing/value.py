"""The value V(B) of a set of products, in exact whole numbers."""

from __future__ import annotations

import math

from pricing.item import Question
from pricing.price_book import PriceBook
from pricing.rarity import Rarity
from pricing.volume import Coverage

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


def terms(book: PriceBook, rarity: Rarity, covered: Coverage) -> dict[Question, int]:
    """Return r_e sqrt(X_e) for each question, X_e summed over editions."""
    return {
        question: term(rarity.weight(book, question), sum(editions.values()))
        for question, editions in covered.items()
    }


def value(book: PriceBook, rarity: Rarity, covered: Coverage) -> int:
    """Return V, the sum of all terms, in millionths of a point."""
    return sum(terms(book, rarity, covered).values())
