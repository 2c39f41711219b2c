"""What a set of products costs, and what the owner of some pays for more."""

from __future__ import annotations

from collections.abc import Iterable

from pricing.item import Item, distinct
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.price_list import PriceList


def exact_price(prices: PriceList, items: Iterable[Item]) -> Money:
    """Return P(B) = F + sum of floors + h(V(B)) to the millionth; nothing costs nothing."""
    held = prices.counted(items)
    return _exact(prices, held, prices.value(held))


def exact_alone(prices: PriceList, item: Item) -> Money:
    """Return P of one product, which the price list keeps."""
    known = prices.singles.get(item.key)
    if known is None or (known[0] is not item and known[0] != item):
        worked = _exact(prices, prices.counted((item,)), prices.alone(item))
        known = prices.singles[item.key] = (item, worked)
    return known[1]


def _exact(prices: PriceList, counted: tuple[Item, ...], value: int) -> Money:
    if not counted:
        return prices.money(0)
    floors = sum(prices.floors(counted).values())
    return prices.money(prices.book.fixed_micros + floors + prices.book.worth(value))


def tariff(prices: PriceList, items: Iterable[Item]) -> Money:
    """Return what some products cost a buyer who owns nothing, rounded up to the cent: G(B).

    At least the book's minimum; zero for no products. A later purchase costs the difference of
    two values of G, or the smallest payment if that is more, so buying in several steps is
    never cheaper than buying all at once.
    """
    return payable_tariff(prices.book, exact_price(prices, items))


def payable_tariff(book: PriceBook, price: Money) -> Money:
    """Return G for a price P worked out already."""
    return Money.from_cents(lifted(book, price).cents_up(), book.currency)


def lifted(book: PriceBook, price: Money) -> Money:
    """Return P, at least the minimum; nothing stays nothing."""
    return max(price, book.money(book.minimum_micros)) if price else price


def payable(book: PriceBook, due: Money) -> Money:
    """Return what is paid for a step of G: nothing, or at least the smallest payment."""
    smallest = Money.from_cents(book.money(book.minimum_micros).cents_up(), book.currency)
    return max(due, smallest) if due else due


def charge(prices: PriceList, bundle: Iterable[Item], holdings: Iterable[Item] = ()) -> Money:
    """Return what the owner of some products pays for more: G(H + B) - G(H).

    A difference above zero and below the minimum is raised to the minimum, the smallest
    amount that can be paid by card.
    """
    owned = distinct(holdings)
    both = distinct((*owned, *bundle))
    if len(both) == 1 and not owned:
        return payable(prices.book, payable_tariff(prices.book, exact_alone(prices, both[0])))
    return payable(prices.book, tariff(prices, both) - tariff(prices, owned))
