import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.catalog.price_lists import price_list
from app.catalog.products import Product, ProductKey, people, product, products, sold_tiers
from app.collections import queries as collections
from app.collections import wording
from app.collections.rules import CollectionRules, Purpose
from app.releases import queries as releases
from app.releases.queries import EditionView, ReleaseView
from pricing.item import Item
from pricing.money import Money
from pricing.price_list import PriceList
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


def offers(search: Search) -> tuple[Offer, ...]:
    """Return the releases that fit a search and are large enough to be sold, newest first."""
    words = folded(search.text).split()
    prices = price_list()
    found = []
    for edition in releases.published():
        rules = collections.rules(edition.collection_id)
        if search.topic and rules.topic != search.topic:
            continue
        if search.purpose and search.purpose not in edition.purposes:
            continue
        if not all(word in _haystack(rules) for word in words):
            continue
        view = releases.release(edition.id)
        if people(view).value >= max(rules.minimum_people, prices.book.minimum_people):
            found.append(_offer(view, prices))
    return tuple(found)


def _haystack(rules: CollectionRules) -> str:
    parts = [rules.title, rules.description, rules.topic, rules.person, *rules.schema.axes]
    for dimension in rules.schema.dimensions:
        parts.extend(dimension.values)
    return folded(" ".join([*parts, *wording.every_word(rules)]))


def folded(text: str) -> str:
    """Return a text without capitals and accents, as it is searched for."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _offer(view: ReleaseView, prices: PriceList) -> Offer:
    plan = view.release.plan
    every = [one.item for tier in sold_tiers(plan) for one in products(view, tier)]
    # What the free preview shows costs nothing: that is no price to begin from.
    cheapest = min(charge(prices, [one]) for one in prices.counted(every) or every)
    return Offer(view, round(people(view).value), len(every) // len(sold_tiers(plan)), cheapest)


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
    prices = price_list()
    by_tier = [products(view, tier) for tier in sold_tiers(view.release.plan)]
    return tuple(
        PricedTable(tuple((one, charge(prices, [one.item])) for one in same))
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


def found_all(keys: Iterable[ProductKey]) -> tuple[tuple[ReleaseView, Product], ...]:
    """Return products and their releases; each release is read once.

    Raises
    ------
    NotFound
    """
    views: dict[str, ReleaseView] = {}
    made = []
    for key in keys:
        if key.edition not in views:
            views[key.edition] = releases.release(key.edition)
        made.append((views[key.edition], product(views[key.edition], key)))
    return tuple(made)


def items(keys: Iterable[ProductKey]) -> tuple[Item, ...]:
    """Return the priced items of some products."""
    return tuple(product.item for _, product in found_all(keys))


def sold_for(keys: Iterable[ProductKey]) -> frozenset[Purpose]:
    """Return the purposes that all these products may be bought for."""
    editions: dict[str, EditionView] = {}
    for edition in {key.edition for key in keys}:
        editions[edition] = releases.edition(edition)
    allowed = [edition.purposes for edition in editions.values()]
    return frozenset.intersection(*allowed) if allowed else frozenset()
