"""The rules no price may break, as checks on any pricing function.

Each check takes a function that says what the owner of some products pays for a bundle,
and raises AssertionError where somebody could get the same answers for less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pricing.item import Item
from pricing.money import Money
from pricing.price_list import PriceList
from tests.pricing.strategies import Purchase

Charge = Callable[[PriceList, Iterable[Item], Iterable[Item]], Money]


def _pays(charge: Charge, case: Purchase, bundle: Iterable[Item], owned: Iterable[Item]) -> int:
    return charge(case.market.prices, bundle, owned).micros


def monotone(charge: Charge, case: Purchase) -> None:
    """More is never cheaper, and nothing has a negative price."""
    less = _pays(charge, case, case.first, case.holdings)
    more = _pays(charge, case, (*case.first, *case.second), case.holdings)
    assert 0 <= less <= more


def subadditive(charge: Charge, case: Purchase) -> None:
    """Two accounts that buy a part each do not pay less than one that buys all."""
    one = _pays(charge, case, (*case.first, *case.second), ())
    parts = _pays(charge, case, case.first, ()) + _pays(charge, case, case.second, ())
    assert one <= parts


def idempotent(charge: Charge, case: Purchase) -> None:
    """What is owned is free, and a product named twice counts once."""
    owned = (*case.holdings, *case.first)
    assert _pays(charge, case, case.first, owned) == 0
    once = _pays(charge, case, case.first, case.holdings)
    assert _pays(charge, case, case.first * 2, case.holdings) == once


def history_independent(charge: Charge, case: Purchase) -> None:
    """Buying in two steps never costs less than in one, in either order.

    Where no step is raised to the smallest payment it costs the same to the cent.
    """
    one = _pays(charge, case, (*case.first, *case.second), case.holdings)
    for early, late in ((case.first, case.second), (case.second, case.first)):
        step = _pays(charge, case, early, case.holdings)
        steps = step + _pays(charge, case, late, (*case.holdings, *early))
        assert one <= steps
        if case.market.book.minimum_micros == 0:
            assert one == steps


def upgrade_consistent(charge: Charge, case: Purchase) -> None:
    """Silver first and gold later never costs less than gold, and gold includes silver."""
    gold = tuple(item for item in case.market.catalogue if item.tier == "gold")
    coarse = tuple(item for item in case.market.catalogue if item.tier != "gold")
    at_once = _pays(charge, case, gold, ())
    later = _pays(charge, case, coarse, ()) + _pays(charge, case, gold, coarse)
    assert at_once <= later
    assert _pays(charge, case, coarse, gold) == 0


def derivable_is_free(charge: Charge, case: Purchase) -> None:
    """A table costs no less than any table one can add up from it, and includes it."""
    for item in case.market.catalogue:
        for part in case.market.catalogue:
            same = (item.edition, item.tier) == (part.edition, part.tier)
            if same and set(part.marginal) < set(item.marginal) and part.answers:
                finer = {a.question: a.variance for a in item.answers}
                assert all(finer[a.question] <= a.variance for a in part.answers)
                assert _pays(charge, case, [part], [item]) == 0
                assert _pays(charge, case, [part], ()) <= _pays(charge, case, [item], ())


CHECKS = (
    monotone,
    subadditive,
    idempotent,
    history_independent,
    upgrade_consistent,
    derivable_is_free,
)
