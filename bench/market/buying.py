"""How a buyer gets what they need: the direct way, and for clever ones the ways around.

Nobody finds the best bundle of all; everybody prices the same short list of sensible ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bench.market.catalogue import UNITS, Catalogue
from bench.market.rules import Items, Shop
from bench.market.world import Collection, Need, Table, precision
from pricing.item import Item
from pricing.money import Money

Assignment = tuple[tuple[str, int], ...]
"""Editions, each with its units of precision."""

STEPS = tuple(sorted(UNITS.values()))


@dataclass(frozen=True)
class Basket:
    """One payment."""

    items: tuple[Item, ...]
    holdings: tuple[Item, ...]
    price: Money


@dataclass(frozen=True)
class Plan:
    """The cheapest way found: one payment, or several on accounts of their own."""

    baskets: tuple[Basket, ...]

    @property
    def price(self) -> int:
        """Return what it costs, in micros."""
        return sum(basket.price.micros for basket in self.baskets)


def cheapest(
    shop: Shop, catalogue: Catalogue, needs: Iterable[Need], holdings: Items, clever: bool
) -> Plan | None:
    """Return the cheapest way to some needs, or None where the catalogue cannot meet them."""
    chosen: list[Item] = []
    for need in needs:
        best: tuple[int, tuple[Item, ...]] | None = None
        for bundle in bundles(shop, catalogue, need, clever):
            price = shop.charge(bundle, holdings).micros
            if best is None or price < best[0]:
                best = (price, bundle)
        if best is None:
            return None
        chosen += best[1]
    together = _on_one_account(shop, tuple(chosen), tuple(holdings))
    if not clever:
        return together
    ways = [together, *_on_several(shop, tuple(chosen))]
    return min(ways, key=lambda plan: plan.price)


def bundles(
    shop: Shop, catalogue: Catalogue, need: Need, clever: bool
) -> Iterator[tuple[Item, ...]]:
    """Yield bundles that meet a need, the direct ones first, none twice."""
    collection = catalogue.collections[need.collection]
    found = dict.fromkeys(assignments(catalogue, need, STEPS))
    covers = [need.tables]
    if clever:
        covers.append(cover(need.tables, collection.tables))
        if shop.fresh:
            every = tuple(range(1, STEPS[-1] + 1))
            found |= dict.fromkeys(assignments(catalogue, need, every))
    for tables in dict.fromkeys(covers):
        for assignment in found:
            yield tuple(_items(catalogue, collection, tables, assignment))


def cover(wanted: tuple[Table, ...], offered: tuple[Table, ...]) -> tuple[Table, ...]:
    """Return few tables from which all that is wanted can be added up.

    Examples
    --------
    >>> cover((("age",), ("day",)), (("age",), ("day",), ("age", "day")))
    (('age', 'day'),)
    """
    left, chosen = set(wanted), []
    while left:

        def worth(table: Table) -> tuple[int, int]:
            return sum(set(one) <= set(table) for one in left), -len(table)  # noqa: B023

        best = max(offered, key=worth)
        chosen.append(best)
        left = {one for one in left if not set(one) <= set(best)}
    return tuple(sorted(chosen))


def assignments(catalogue: Catalogue, need: Need, steps: tuple[int, ...]) -> Iterator[Assignment]:
    """Yield editions and precisions that suffice: one tier for all, then no more than needed.

    Begins with the largest edition, and with the smallest.
    """
    collection = catalogue.collections[need.collection]
    # Which table is told least precisely does not depend on the number of people.
    hardest = min(need.tables, key=lambda table: precision(collection.noise, 1_000, table, 1.0))
    editions = catalogue.editions[collection.name]

    @cache
    def reach(edition: str, units: int) -> float:
        return catalogue.respondents(collection, edition, hardest, units)

    for top in STEPS:
        for order in (editions, editions[::-1]):
            taken: dict[str, int] = {}
            have = 0.0
            for edition in order:
                if have < need.respondents:
                    taken[edition] = top
                    have += reach(edition, top)
            if have >= need.respondents:
                smallest_first = {name: top for name in editions[::-1] if name in taken}
                yield _trimmed(smallest_first, reach, need.respondents, steps)


def _trimmed(
    taken: dict[str, int],
    reach: Callable[[str, int], float],
    respondents: float,
    steps: tuple[int, ...],
) -> Assignment:
    """Lower each edition in turn as far as the rest allows, or leave it out."""
    have = sum(reach(edition, units) for edition, units in taken.items())
    for edition, units in list(taken.items()):
        spare = have - reach(edition, units)
        if spare >= respondents:
            del taken[edition]
            have = spare
            continue
        least = next(
            (
                step
                for step in steps
                if step < units and spare + reach(edition, step) >= respondents
            ),
            units,
        )
        taken[edition] = least
        have = spare + reach(edition, least)
    return tuple(sorted(taken.items()))


def _items(
    catalogue: Catalogue, collection: Collection, tables: tuple[Table, ...], chosen: Assignment
) -> Iterator[Item]:
    """Yield products: so many units as a few copies, the finest first."""
    for edition, units in chosen:
        left = units
        for tier, step in UNITS.items():
            copies, left = divmod(left, step)
            for table in tables:
                item = catalogue.item(collection.name, edition, table, tier) if copies else None
                if item is not None:
                    yield from [item] * copies


def _on_one_account(shop: Shop, items: tuple[Item, ...], holdings: tuple[Item, ...]) -> Plan:
    return Plan((Basket(items, holdings, shop.charge(items, holdings)),))


def _on_several(shop: Shop, items: tuple[Item, ...]) -> Iterator[Plan]:
    """Yield plans with an account for each edition, and one for each table; or one new account."""
    yield _on_one_account(shop, items, ())
    names: tuple[Callable[[Item], object], ...] = (
        lambda item: item.edition,
        lambda item: item.key,
    )
    for name in names:
        groups: dict[object, list[Item]] = {}
        for item in items:
            groups.setdefault(name(item), []).append(item)
        if len(groups) > 1:
            yield Plan(
                tuple(_on_one_account(shop, tuple(g), ()).baskets[0] for g in groups.values())
            )
