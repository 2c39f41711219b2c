"""The other ways to the same answers, and what they would cost: computed, not asserted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pricing.item import Item, ItemKey, distinct
from pricing.money import Money
from pricing.price_list import PriceList
from pricing.tariff import charge, exact_alone, exact_price, payable_tariff

#: Up to so many tables every way to share them among accounts is tried.
EVERY_WAY = 5


class RouteKind(StrEnum):
    """A way to get the same answers."""

    TABLE_BY_TABLE = "table-by-table"
    EDITION_BY_EDITION = "edition-by-edition"
    COLLECTION_BY_COLLECTION = "collection-by-collection"
    TIER_BY_TIER = "tier-by-tier"
    TWO_ACCOUNTS = "two-accounts"
    ACCOUNTS = "accounts"
    NEW_ACCOUNT = "new-account"
    FINER = "finer"
    STEP_BY_STEP = "step-by-step"


@dataclass(frozen=True)
class Route:
    """A way that was priced.

    Parameters
    ----------
    kind : RouteKind
        What one would do.
    total : Money
        What all its purchases cost together.
    purchases : int
        How many there are.
    """

    kind: RouteKind
    total: Money
    purchases: int


def other_routes(
    prices: PriceList,
    bundle: Iterable[Item],
    holdings: Iterable[Item] = (),
    offered: Mapping[str, tuple[Item, ...]] | None = None,
) -> Iterator[Route]:
    """Price other ways to what a bundle answers.

    Each part is bought on an account of its own, or on the present one where that is cheaper.

    Parameters
    ----------
    bundle, holdings : iterable of Item
        What is asked for, and what is owned.
    offered : mapping of edition to tuple of Item, optional
        Products of the editions, among which finer ones are looked for that include the
        tables asked for.

    Raises
    ------
    InvalidBundle
        If a product is described in two ways.
    """
    owned = distinct(holdings)
    keys = {item.key for item in owned}
    asked = tuple(item for item in distinct(bundle) if item.key not in keys)
    if not asked:
        return
    if owned:
        yield Route(RouteKind.NEW_ACCOUNT, charge(prices, asked), 1)
    halves = {item.key: place % 2 for place, item in enumerate(asked)}
    groupings: tuple[tuple[RouteKind, Callable[[Item], Hashable]], ...] = (
        (RouteKind.TABLE_BY_TABLE, lambda item: item.key),
        (RouteKind.EDITION_BY_EDITION, lambda item: item.edition),
        (RouteKind.COLLECTION_BY_COLLECTION, lambda item: item.collection),
        (RouteKind.TIER_BY_TIER, lambda item: item.tier),
        (RouteKind.TWO_ACCOUNTS, lambda item: halves[item.key]),
    )
    seen: set[frozenset[tuple[ItemKey, ...]]] = set()
    for kind, name in groupings:
        parts = _grouped(asked, name)
        ways = frozenset(tuple(item.key for item in part) for part in parts)
        if len(parts) > 1 and ways not in seen:
            seen.add(ways)
            yield Route(kind, _on_accounts(prices, parts, owned), len(parts))
    if 2 < len(asked) <= EVERY_WAY:
        shared = (parts for parts in _partitions(asked) if len(parts) > 1)
        totals = [(_on_accounts(prices, parts, owned), len(parts)) for parts in shared]
        yield Route(RouteKind.ACCOUNTS, *min(totals))
    if len(asked) > 1:
        purchases = len(asked) if len(asked) <= EVERY_WAY else 2
        yield Route(RouteKind.STEP_BY_STEP, _step_by_step(prices, asked, owned), purchases)
    yield from _finer(prices, asked, owned, offered or {})


def cheapest_other_route(
    prices: PriceList,
    bundle: Iterable[Item],
    holdings: Iterable[Item] = (),
    offered: Mapping[str, tuple[Item, ...]] | None = None,
) -> Route | None:
    """Return the cheapest other way to what a bundle answers; None where there is none."""
    found = other_routes(prices, bundle, holdings, offered)
    return min(found, key=lambda route: route.total, default=None)


def _grouped(
    items: tuple[Item, ...], name: Callable[[Item], Hashable]
) -> tuple[tuple[Item, ...], ...]:
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[name(item)].append(item)
    return tuple(tuple(group) for group in groups.values())


def _on_accounts(
    prices: PriceList, parts: Iterable[tuple[Item, ...]], owned: tuple[Item, ...]
) -> Money:
    """Price each part on a new account; with holdings, one of them on the present account."""
    parts = tuple(parts)
    alone = [_alone(prices, part) for part in parts]
    total = sum(alone, prices.money(0))
    if not owned or len(parts) > EVERY_WAY:
        return total
    savings = [
        price - charge(prices, part, owned) for part, price in zip(parts, alone, strict=True)
    ]
    return total - max(*savings, prices.money(0))


def _alone(prices: PriceList, part: tuple[Item, ...]) -> Money:
    if len(part) == 1:
        # Kept in the price list: a catalogue's single tables are asked for over and over.
        return payable_tariff(prices.book, exact_alone(prices, part[0]))
    return payable_tariff(prices.book, exact_price(prices, part))


def _partitions(items: tuple[Item, ...]) -> Iterator[tuple[tuple[Item, ...], ...]]:
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for parts in _partitions(rest):
        yield ((first,), *parts)
        for place, part in enumerate(parts):
            yield (*parts[:place], (first, *part), *parts[place + 1 :])


def _step_by_step(prices: PriceList, asked: tuple[Item, ...], owned: tuple[Item, ...]) -> Money:
    """Buy coarse answers first and better ones later, on one account, in two halves at least."""
    rule = prices.book.rule
    ordered = sorted(asked, key=lambda item: (item.best(rule), item.key))
    middle = len(ordered) // 2
    steps = [[item] for item in ordered]
    if len(ordered) > EVERY_WAY:
        steps = [ordered[:middle], ordered[middle:]]
    total, held = prices.money(0), owned
    for step in steps:
        total += charge(prices, step, held)
        held = (*held, *step)
    return total


def _finer(
    prices: PriceList,
    asked: tuple[Item, ...],
    owned: tuple[Item, ...],
    offered: Mapping[str, tuple[Item, ...]],
) -> Iterator[Route]:
    """Replace each table by the cheapest other offered one that answers all it answers."""
    if not offered or len(asked) > EVERY_WAY:
        return
    instead: list[Item] = []
    for item in asked:
        better = [
            other
            for other in offered.get(item.edition, ())
            if other.key != item.key and _includes(other, item, prices.book.rule)
        ]
        if not better:
            return
        instead.append(min(better, key=prices.alone))
    bundle = tuple(instead)
    yield Route(RouteKind.FINER, charge(prices, bundle, owned), 1)


def _includes(other: Item, item: Item, rule: int) -> bool:
    finer = dict(other.reach(rule))
    return all(finer.get(question, -1) >= x for question, x in item.reach(rule))
