"""Prices that look reasonable and can be cheated; the checks must catch each one."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from pricing.item import Item, distinct
from pricing.money import Money
from pricing.price_list import PriceList
from pricing.rarity import Rarity
from pricing.tariff import exact_price, tariff


def floor_rounding(prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]) -> Money:
    """Round down to the cent: many small purchases shed their fractions."""
    both = exact_price(prices, distinct((*owned, *bundle)))
    due = both - exact_price(prices, distinct(owned))
    return Money.from_cents(due.cents_down(), prices.book.currency)


def all_units_discount(prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]) -> Money:
    """Take a quarter off everything from the third table on: more becomes cheaper."""

    def price(items: tuple[Item, ...]) -> Money:
        whole = tariff(prices, items)
        return whole * 3 if len(items) > 2 else whole * 4

    before = distinct(owned)
    return price(distinct((*before, *bundle))) - price(before)


def bundle_dependent_weight(
    prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]
) -> Money:
    """Weigh rarity within the bundle instead of the catalogue."""
    both = distinct((*owned, *bundle))
    return tariff(PriceList(prices.book, Rarity.of_catalogue(both)), both) - tariff(
        PriceList(prices.book, Rarity.of_catalogue(distinct(owned))), distinct(owned)
    )


def cheaper_of_two_tariffs(
    prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]
) -> Money:
    """Offer a dearer rate or a flat sum plus a tenth of it, whichever is less, per order."""
    both, before = distinct((*owned, *bundle)), distinct(owned)
    usual = tariff(prices, both) - tariff(prices, before)
    flat = Money.from_cents(10 + -(-usual.cents_up() // 10), prices.book.currency)
    return min(usual, flat)


def steepening(prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]) -> Money:
    """Let the price grow with the square of the value, as a convex curve would."""

    def price(items: tuple[Item, ...]) -> Money:
        points = Fraction(prices.value(items), 1_000_000)
        return Money.from_cents(round(points * points * 10), prices.book.currency)

    return price(distinct((*owned, *bundle))) - price(distinct(owned))


def sum_of_items(prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]) -> Money:
    """Add up tables one by one, blind to what they share."""
    keys = {item.key for item in owned}
    each = [tariff(prices, [item]).micros for item in distinct(bundle) if item.key not in keys]
    return Money(sum(each), prices.book.currency)


def forgets_holdings(prices: PriceList, bundle: Iterable[Item], owned: Iterable[Item]) -> Money:
    """Charge for everything asked, owned or not."""
    return tariff(prices, distinct(bundle))


BROKEN = (
    floor_rounding,
    all_units_discount,
    bundle_dependent_weight,
    cheaper_of_two_tariffs,
    steepening,
    sum_of_items,
    forgets_holdings,
)
