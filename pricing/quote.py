"""What a bundle costs, and why, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pricing.errors import InvalidBundle, TooFewPeople
from pricing.item import Item, ItemKey, distinct
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.rarity import Rarity
from pricing.value import value
from pricing.volume import MICRORESPONDENTS, coverage


class LineKind(StrEnum):
    """Why a line stands on a quote."""

    FIXED = "fixed"
    FLOOR = "floor"
    TABLE = "table"
    BULK = "bulk"
    OWNED = "owned"
    MINIMUM = "minimum"
    ROUNDING = "rounding"


@dataclass(frozen=True)
class TableFacts:
    """Why a table costs what it costs.

    Parameters
    ----------
    respondents : int
        Asking so many people without noise would be as precise.
    rarity : float
        Factor for rarity, >= 1.
    editions_answering, editions_total : int
        Editions that answer the question, out of all published.
    """

    respondents: int
    rarity: float
    editions_answering: int
    editions_total: int


@dataclass(frozen=True)
class QuoteLine:
    """One line: its kind, what it is about, its amount (may be negative) and its reason."""

    kind: LineKind
    amount: Money
    item: ItemKey | None = None
    edition: str | None = None
    facts: TableFacts | None = None


@dataclass(frozen=True)
class Quote:
    """The price of a bundle for one buyer; the lines add up to the total exactly."""

    book_version: str
    total: Money
    lines: tuple[QuoteLine, ...]
    items: tuple[Item, ...]


def exact_price(book: PriceBook, rarity: Rarity, items: Iterable[Item]) -> Money:
    """Return P(B) = F + sum of floors + h(V(B)) to the millionth; nothing costs nothing."""
    held = tuple(items)
    if not held:
        return book.money(0)
    floors = book.floor_micros * len({item.edition for item in held})
    worth = book.worth(value(book, rarity, coverage(held)))
    return book.money(book.fixed_micros + floors + worth)


def tariff(book: PriceBook, rarity: Rarity, items: Iterable[Item]) -> Money:
    """Return G(B): P(B), at least the minimum, rounded up to the cent.

    Everything a buyer ever pays is a difference of two values of G, so nothing is gained by
    the order or the number of purchases.
    """
    return _tariff_of(book, exact_price(book, rarity, items))


def _tariff_of(book: PriceBook, price: Money) -> Money:
    return Money.from_cents(_lifted(book, price).cents_up(), book.currency)


def _lifted(book: PriceBook, price: Money) -> Money:
    return max(price, book.money(book.minimum_micros)) if price else price


def _payable(book: PriceBook, due: Money) -> Money:
    smallest = Money.from_cents(book.money(book.minimum_micros).cents_up(), book.currency)
    return max(due, smallest) if due else due


def charge(
    book: PriceBook, rarity: Rarity, bundle: Iterable[Item], holdings: Iterable[Item] = ()
) -> Money:
    """Return what the owner of some products pays for more: G(H + B) - G(H).

    A difference above zero and below the minimum is raised to the minimum, the smallest
    amount that can be paid by card.
    """
    owned = distinct(holdings)
    both = distinct((*owned, *bundle))
    return _payable(book, tariff(book, rarity, both) - tariff(book, rarity, owned))


def quote(
    book: PriceBook, rarity: Rarity, bundle: Iterable[Item], holdings: Iterable[Item] = ()
) -> Quote:
    """Price a bundle and explain the price.

    Parameters
    ----------
    book : PriceBook
        The version in force.
    rarity : Rarity
        Counts of the published catalogue version, which must not depend on the bundle.
    bundle : iterable of Item
        What is asked for; a product named twice counts once.
    holdings : iterable of Item
        What the buyer owns already, whenever and at whatever price it was bought.

    Raises
    ------
    InvalidBundle
        If nothing is asked for, or a product is described in two ways.
    TooFewPeople
        If an edition not owned yet has fewer released people than the book sells.
    """
    owned = distinct(holdings)
    asked = distinct(bundle)
    if not asked:
        raise InvalidBundle("a bundle holds at least one table")
    both = distinct((*owned, *asked))
    owned_keys = {item.key for item in owned}
    for item in asked:
        if item.people < book.minimum_people and item.key not in owned_keys:
            raise TooFewPeople(f"{item.edition} has {item.people} people")
    before, after = exact_price(book, rarity, owned), exact_price(book, rarity, both)
    lines = list(_new_buyer_lines(book, rarity, asked))
    shown = sum((line.amount for line in lines), book.money(0))
    step = _tariff_of(book, after) - _tariff_of(book, before)
    due = _payable(book, step)
    raised = (_lifted(book, after) - after) - (_lifted(book, before) - before) + (due - step)
    lines += [
        QuoteLine(LineKind.OWNED, after - before - shown),
        QuoteLine(LineKind.MINIMUM, raised),
        QuoteLine(LineKind.ROUNDING, due - (after - before) - raised),
    ]
    kept = tuple(line for line in lines if line.amount or line.kind is LineKind.TABLE)
    return Quote(book.version, due, kept, asked)


def _new_buyer_lines(
    book: PriceBook, rarity: Rarity, asked: tuple[Item, ...]
) -> Iterable[QuoteLine]:
    """Yield the lines of somebody who owns nothing; they add up to P(B)."""
    yield QuoteLine(LineKind.FIXED, book.money(book.fixed_micros))
    for edition in sorted({item.edition for item in asked}):
        yield QuoteLine(LineKind.FLOOR, book.money(book.floor_micros), edition=edition)
    apart = book.money(0)
    for item in asked:
        alone = book.money(book.worth(value(book, rarity, coverage([item]))))
        apart += alone
        yield QuoteLine(
            LineKind.TABLE, alone, item.key, item.edition, table_facts(book, rarity, item)
        )
    together = book.money(book.worth(value(book, rarity, coverage(asked))))
    yield QuoteLine(LineKind.BULK, together - apart)


def table_facts(book: PriceBook, rarity: Rarity, item: Item) -> TableFacts:
    """Return why a table costs what it costs, for its most detailed question."""
    respondents = coverage([item])[item.question][item.edition]
    return TableFacts(
        respondents=respondents // MICRORESPONDENTS,
        rarity=rarity.factor(book, item.question),
        editions_answering=rarity.answering(item.question),
        editions_total=rarity.editions_total,
    )
