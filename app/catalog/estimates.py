"""What contributions to a collection might earn, before anything is published.

From public figures alone: the collection's rules, the price book, and the released numbers of
its earlier editions. Nothing of anybody's file is looked at; what only the reader knows, they
type. It says what sales would earn, never how many there will be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.catalog.price_lists import catalogue_number, counted_rarity, price_book, weighed
from app.catalog.products import answers_to, each, people, sold_tiers
from app.catalog.questions import asked_by
from app.collections import plans
from app.collections.rules import CollectionRules
from app.core.plots import Plot, Point, plot
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from pricing.item import Item
from pricing.money import BASIS_POINTS, MICROS_PER_CENT, MICROS_PER_UNIT, Money
from pricing.price_list import PriceList
from pricing.shares import best_people, denominator
from pricing.split import per_share, platform_share
from pricing.tariff import charge
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.tiers import Tier
from privacy.plan.workload import Marginal

#: The payment provider's usual fee for a card of the European Economic Area.
FEE_BASIS_POINTS, FEE_CENTS = 150, 25
MOST_PEOPLE, MOST_SALES = 10_000_000, 100_000


@dataclass(frozen=True)
class Assumptions:
    """What an estimate supposes.

    Attributes
    ----------
    people : int
        Who take part in the edition.
    mine : int
        People of the reader's: one, or as many as their file is about.
    sales : int
        Buyers, each for themselves.
    """

    people: int
    mine: int
    sales: int


@dataclass(frozen=True)
class Scenario:
    """What a purchase of one kind would earn; money per sale.

    Attributes
    ----------
    kind : str
        "one" (the cheapest table), "some" (every column by itself) or "all".
    mine : Money
        The reader's part of one sale.
    mine_in_all : Money
        Of the supposed number of sales.
    """

    kind: str
    tier: str
    tables: int
    price: Money
    contributors: Money
    each: Money
    mine: Money
    mine_in_all: Money


@dataclass(frozen=True)
class Estimate:
    """A range: from one sale of the least to the supposed number of sales of everything."""

    assumptions: Assumptions
    scenarios: tuple[Scenario, ...]
    shares: int
    answering: int
    total: int

    @property
    def least(self) -> Money:
        """From one buyer who takes the cheapest table."""
        return self.scenarios[0].mine

    @property
    def most(self) -> Money:
        """From the supposed number of buyers who each take everything."""
        return self.scenarios[-1].mine_in_all

    def chart(self, names: dict[str, str]) -> Plot:
        """Draw what the reader would earn by the number of sales."""
        sales = self.assumptions.sales
        counts = sorted({1, *(max(1, round(sales * part / 4)) for part in range(1, 5))})
        lines = [
            (
                names[s.kind],
                [Point(n, n * s.mine.micros / MICROS_PER_UNIT) for n in counts],
            )
            for s in self.scenarios
        ]
        return plot(lines, [(n, str(n)) for n in counts])


def supposed(rules: CollectionRules) -> Assumptions:
    """Return where an estimate starts: the last edition's released numbers, or a guess."""
    last = _last_release(rules)
    return Assumptions(200 if last is None else max(1, int(people(last).value)), 1, 10)


def _last_release(rules: CollectionRules) -> ReleaseView | None:
    published = (one for one in releases.editions_of(rules) if one.published_at is not None)
    last = next(published, None)
    return None if last is None else releases.release(last.id)


def estimate(rules: CollectionRules, assumptions: Assumptions) -> Estimate:
    """Work out what sales of a next edition would earn.

    Raises
    ------
    PricingError
        Where so few people take part that nothing is sold.
    """
    book = price_book()
    counted = releases.answering(catalogue_number() + 1, book.minimum_people)
    asked = asked_by([rules.id, *counted])
    rarity = counted_rarity(counted, asked)
    next_total = rarity.editions_total + 1
    answered = rarity.editions_answering
    closure = {
        question: answered.get(question, 0) + 1
        for asks in asked[rules.id]
        for question in (asks.question, asks.alike)
    }
    topics = {q: count + (q in closure) for q, count in rarity.of_topic.items()}
    whole = next(one for one in asked[rules.id] if not one.question.axes)
    total = weighed(book, whole)
    rarity = replace(
        rarity,
        editions_total=next_total,
        editions_answering={**answered, **closure},
        of_topic=topics,
    )
    prices = PriceList(book, rarity)
    plan = plans.shown(rules)
    noise = (plan.people_variance, float(rules.count.variance))
    most, sd = best_people([(float(assumptions.people), variance) for variance in noise])
    shares = max(assumptions.mine, denominator(most, sd))
    columns = [m for m in rules.workload.marginals if len(m) == 1]
    finest = plan.tiers[0]
    # What the free preview shows costs nothing, and earns nothing.
    singles = [
        (tier, _items(rules, plan, [marginal], tier, assumptions))
        for tier in reversed(sold_tiers(plan))
        for marginal in columns
    ]
    paid = [one for one in singles if prices.counted(one[1])] or singles
    coarsest, cheapest = min(paid, key=lambda one: charge(prices, one[1]))
    baskets = (
        ("one", coarsest, cheapest),
        ("some", finest, _items(rules, plan, columns, finest, assumptions)),
        ("all", finest, _items(rules, plan, rules.workload.marginals, finest, assumptions)),
    )
    prices.check_people(cheapest)
    made = [
        _scenario(prices, kind, tier, items, assumptions, shares) for kind, tier, items in baskets
    ]
    return Estimate(assumptions, tuple(made), shares, rarity.answering(total), rarity.total(total))


def _items(
    rules: CollectionRules,
    plan: NoisePlan,
    marginals: Iterable[Marginal],
    tier: Tier,
    assumptions: Assumptions,
) -> tuple[Item, ...]:
    # Contributions of each as in the last release; before the first, one is the least.
    last = _last_release(rules)
    average = 1.0 if last is None else each(last)
    all_told = average * max(1, assumptions.people)
    return tuple(
        Item(
            edition="next",
            collection=rules.id,
            marginal=marginal,
            tier=tier.name,
            people=assumptions.people,
            quality=1.0,
            answers=answers_to(rules, plan, marginal, tier, all_told),
            floor_micros=rules.floor_micros,
            each=average,
        )
        for marginal in marginals
        if marginal
    )


def _scenario(
    prices: PriceList,
    kind: str,
    tier: Tier,
    items: tuple[Item, ...],
    assumptions: Assumptions,
    shares: int,
) -> Scenario:
    price = charge(prices, items)
    fee = -(-price.cents_up() * FEE_BASIS_POINTS // BASIS_POINTS) + FEE_CENTS
    left = Money(max(0, price.micros - fee * MICROS_PER_CENT), price.currency)
    contributors = left - platform_share(prices.book, left)
    each = Money(per_share(contributors, shares).micros, price.currency)
    mine = each * assumptions.mine
    return Scenario(
        kind,
        tier.name,
        len(items),
        price,
        contributors,
        each,
        mine,
        mine * assumptions.sales,
    )
