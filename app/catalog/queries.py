from collections import Counter
from dataclasses import dataclass

from app.catalog.products import Product, ProductKey, people, product, products
from app.collections import queries as collections
from app.collections.rules import CollectionRules, Purpose
from app.releases import queries as releases
from app.releases.queries import EditionView, ReleaseView
from pricing.item import Item, Question
from pricing.money import Money
from pricing.price_book import DEFAULT_BOOK, PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from pricing.tariff import charge


@dataclass(frozen=True)
class Offer:
    """A release as the catalogue lists it, in released figures."""

    view: ReleaseView
    people: int
    tables: int
    from_price: Money


@dataclass(frozen=True)
class Search:
    """What a visitor asked the catalogue for."""

    text: str = ""
    topic: str = ""
    purpose: str = ""


def price_book() -> PriceBook:
    """Return the price book in force."""
    return DEFAULT_BOOK


def rarity() -> Rarity:
    """Count, over everything published, how many editions answer each question."""
    answering: Counter[Question] = Counter()
    editions = releases.published()
    for edition in editions:
        rules = collections.rules(edition.collection_id)
        for marginal in rules.workload.closure():
            answering[Question(rules.id, frozenset(marginal))] += 1
    return Rarity(len(editions), dict(answering))


def prices() -> PriceList:
    """Return the prices in force over everything published."""
    return PriceList(price_book(), rarity())


def offers(search: Search) -> tuple[Offer, ...]:
    """Return the releases that fit a search, newest first."""
    words = search.text.casefold().split()
    price_list = prices()
    found = []
    for edition in releases.published():
        rules = collections.rules(edition.collection_id)
        if search.topic and rules.topic != search.topic:
            continue
        if search.purpose and search.purpose not in edition.purposes:
            continue
        if not all(word in _haystack(rules) for word in words):
            continue
        found.append(_offer(releases.release(edition.id), price_list))
    return tuple(found)


def _haystack(rules: CollectionRules) -> str:
    parts = [rules.title, rules.description, rules.topic, rules.person, *rules.schema.axes]
    for dimension in rules.schema.dimensions:
        parts.extend(dimension.values)
    return " ".join(parts).casefold()


def _offer(view: ReleaseView, price_list: PriceList) -> Offer:
    coarse = products(view, view.release.plan.tiers[-1])
    cheapest = min(charge(price_list, [one.item]) for one in coarse)
    return Offer(view, round(people(view).value), len(coarse), cheapest)


@dataclass(frozen=True)
class PricedTable:
    """A table with its price at each tier, for somebody who owns nothing."""

    offers: tuple[tuple[Product, Money], ...]

    @property
    def table(self) -> Product:
        """The table at its finest tier."""
        return self.offers[0][0]


def priced(view: ReleaseView) -> tuple[PricedTable, ...]:
    """Return every table of a release with its prices, plain ones first."""
    price_list = prices()
    by_tier = [products(view, tier) for tier in view.release.plan.tiers]
    return tuple(
        PricedTable(tuple((one, charge(price_list, [one.item])) for one in same))
        for same in zip(*by_tier, strict=True)
    )


def found(key: ProductKey) -> tuple[ReleaseView, Product]:
    """Return a product and its release.

    Raises
    ------
    NotFound
    """
    view = releases.release(key.edition)
    return view, product(view, key)


def items(keys: tuple[ProductKey, ...]) -> tuple[Item, ...]:
    """Return the priced items of some products."""
    return tuple(found(key)[1].item for key in keys)


def sold_for(keys: tuple[ProductKey, ...]) -> frozenset[Purpose]:
    """Return the purposes that all these products may be bought for."""
    editions: dict[str, EditionView] = {}
    for key in keys:
        editions[key.edition] = releases.edition(key.edition)
    allowed = [edition.purposes for edition in editions.values()]
    return frozenset.intersection(*allowed) if allowed else frozenset()
