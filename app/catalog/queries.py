from collections.abc import Iterable
from dataclasses import dataclass

from app.catalog.price_lists import price_list
from app.catalog.products import Product, ProductKey, product, products, sold_tiers
from app.collections.rules import Purpose
from app.releases import queries as releases
from app.releases.queries import EditionView, ReleaseView
from pricing.item import Item
from pricing.money import Money
from pricing.tariff import charge


@dataclass(frozen=True)
class PricedTable:
    """A table with its price at each tier, for somebody who owns nothing."""

    offers: tuple[tuple[Product, Money], ...]

    @property
    def table(self) -> Product:
        """The table at its finest tier."""
        return self.offers[0][0]

    @property
    def several(self) -> bool:
        """Whether it tells more than one column apart."""
        return len(self.table.dimensions) > 1


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
    wanted = list(keys)
    if not wanted:
        return ()
    views = releases.some({key.edition for key in wanted})
    return tuple((views[key.edition], product(views[key.edition], key)) for key in wanted)


def items(keys: Iterable[ProductKey]) -> tuple[Item, ...]:
    """Return the priced items of some products."""
    return tuple(product.item for _, product in found_all(keys))


def sold_for(editions: Iterable[EditionView]) -> frozenset[Purpose]:
    """Return the purposes that the tables of all these editions may be bought for."""
    allowed = {edition.purposes for edition in editions}
    return frozenset.intersection(*allowed) if allowed else frozenset()
