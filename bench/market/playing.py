"""One market from its first period to its last, under one price rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from bench.market.buying import Basket, Plan, cheapest
from bench.market.catalogue import Catalogue
from bench.market.rules import CURRENCY, Rule, Shop
from bench.market.world import MICROS, Buyer, Group, Kind, Visit, World
from pricing.item import Item
from pricing.money import BASIS_POINTS, Money
from pricing.price_book import DEFAULT_BOOK
from pricing.shares import denominator
from pricing.split import per_share, platform_share, share_out

FEE_BASIS_POINTS, FEE_CENTS = 150, 25
"""What the payment provider keeps of each payment, as the stand-in does."""

HABIT = 0.5
"""Weight of the last period's earnings in what people expect of the next."""

HOPE = 0.6
"""Share of people (0 to 1) whose costs the earnings expected at the start cover."""


@dataclass
class Run:
    """What a market came to. Amounts are micros, over all periods.

    Parameters
    ----------
    paid, fees, platform, earned, reserve : int
        By buyers; to the provider, the platform, the contributors; and what per-share rounding
        and the margin for noise leave with the collections. The last four add up to the first.
    surplus : int
        What purchases were worth beyond their price.
    asked, served : dict of Kind to int
        Visits, and those that ended in a purchase.
    shown : int
        Further visits, which the free previews were enough for.
    people : list of int
        Taking part, by period, and at the end those who would take part again.
    at_a_loss : int
        Person-years that earned less than they cost.
    payments : int
        How many there were.
    direct, saved : int
        What the direct way would have cost clever buyers, and how much less they paid.
    incomes : list of (int, int)
        Of one contribution in one edition and period, with how many people earned it.
    """

    paid: int = 0
    fees: int = 0
    platform: int = 0
    earned: int = 0
    reserve: int = 0
    surplus: int = 0
    asked: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    served: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    shown: int = 0
    people: list[int] = field(default_factory=list)
    at_a_loss: int = 0
    payments: int = 0
    direct: int = 0
    saved: int = 0
    incomes: list[tuple[int, int]] = field(default_factory=list)

    def share_served(self, kinds: Iterable[Kind] = Kind) -> float:
        """Return the share of visits of some types that ended in a purchase."""
        kinds = tuple(kinds)
        return sum(self.served[k] for k in kinds) / max(1, sum(self.asked[k] for k in kinds))

    def median_income(self) -> float:
        """Return what a person earned in a year, in micros, at the median."""
        values, weights = np.array(sorted(self.incomes), dtype=float).T
        reached = np.cumsum(weights)
        return float(values[np.searchsorted(reached, reached[-1] / 2)])


def play(world: World, rule: Rule, clever: bool = True) -> Run:
    """Run a market.

    Parameters
    ----------
    world : World
    rule : Rule
    clever : bool, optional
        False makes the clever buyers of the world buy the direct way.
    """
    run = Run()
    groups = {group.name: group for one in world.collections for group in one.groups}
    expected = {
        name: float(group.costs[int(HOPE * len(group.costs))]) for name, group in groups.items()
    }
    for period, buyers in enumerate(world.buyers):
        people = {name: group.willing(expected[name]) for name, group in groups.items()}
        run.people.append(sum(people.values()))
        released = _released(world, people, period)
        catalogue = Catalogue(world, released)
        shop = rule.open(catalogue)
        pools: dict[str, int] = defaultdict(int)
        for buyer in buyers:
            _serve(run, shop, catalogue, buyer, clever, pools)
        for name, group in groups.items():
            each = _pay_out(run, world, group, people[name], released[name], pools[name])
            expected[name] = (1 - HABIT) * expected[name] + HABIT * each
    run.people.append(sum(g.willing(expected[name]) for name, g in groups.items()))
    return run


def _released(world: World, people: dict[str, int], period: int) -> dict[str, int]:
    return {
        group.name: round(people[group.name] + one.noise.people_sd * group.noise[period])
        for one in world.collections
        for group in one.groups
    }


def _serve(
    run: Run,
    shop: Shop,
    catalogue: Catalogue,
    buyer: Buyer,
    clever: bool,
    pools: dict[str, int],
) -> None:
    holdings: tuple[Item, ...] = ()
    for visit in buyer.visits:
        if all(catalogue.shows(need) for need in visit.needs):
            run.shown += 1
            run.surplus += visit.worth
            continue
        run.asked[buyer.kind] += 1
        plan = cheapest(shop, catalogue, visit.needs, holdings, clever and buyer.clever)
        if plan is None or plan.price > visit.worth:
            return
        run.served[buyer.kind] += 1
        _book(run, shop, plan, visit, pools)
        if clever and buyer.clever:
            direct = cheapest(shop, catalogue, visit.needs, holdings, False)
            if direct is not None:
                run.direct += direct.price
                run.saved += direct.price - plan.price
        holdings = (*holdings, *(item for basket in plan.baskets for item in basket.items))


def _book(run: Run, shop: Shop, plan: Plan, visit: Visit, pools: dict[str, int]) -> None:
    run.surplus += visit.worth - plan.price
    for basket in plan.baskets:
        if basket.price:
            _share(run, shop, basket, pools)


def _share(run: Run, shop: Shop, basket: Basket, pools: dict[str, int]) -> None:
    """Take fee and platform's share off a payment and credit the rest to the editions."""
    cents = basket.price.cents_up()
    fee = min(cents, (cents * FEE_BASIS_POINTS + BASIS_POINTS // 2) // BASIS_POINTS + FEE_CENTS)
    net = basket.price - Money.from_cents(fee, CURRENCY)
    platform = platform_share(DEFAULT_BOOK, net)
    run.payments += 1
    run.paid += basket.price.micros
    run.fees += fee * (MICROS // 100)
    run.platform += platform.micros
    parts = shop.parts(basket.items, basket.holdings)
    for edition, amount in share_out(parts, net - platform).items():
        pools[edition] += amount.micros


def _pay_out(run: Run, world: World, group: Group, people: int, released: int, pool: int) -> float:
    """Spread a period's income over contributions, one each; return what each earned."""
    noise = next(one.noise for one in world.collections if one.name == group.collection)
    # The number of contributions is released with noise of its own; here it is that of people,
    # which is cut at three deviations so that the money always reaches.
    shares = max(people, denominator(released, noise.share_sd))
    each = per_share(Money(pool, CURRENCY), shares).micros
    run.earned += each * people
    run.reserve += pool - each * people
    run.incomes.append((each, people))
    run.at_a_loss += people - group.willing(each) if each < group.costs[max(people - 1, 0)] else 0
    return float(each)
