"""What a bundle costs, and why, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pricing.errors import InvalidBundle
from pricing.item import BY_DETAIL, Item, ItemKey, distinct
from pricing.money import Money
from pricing.price_book import MICROPOINTS, PriceBook
from pricing.price_list import PriceList
from pricing.tariff import exact_price, lifted, payable, payable_tariff
from pricing.volume import MICRORESPONDENTS


class LineKind(StrEnum):
    """Why a line stands on a quote."""

    FIXED = "fixed"
    FLOOR = "floor"
    TABLE = "table"
    BULK = "bulk"
    OVERLAP = "overlap"
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
    cells : int or None
        Of the table, whose mean cell that is said of; None where it is a share of one half.
    rarity : float
        Factor for rarity, >= 1.
    editions_answering, editions_total : int
        Editions that answer the question, out of all published.
    """

    respondents: int
    rarity: float
    editions_answering: int
    editions_total: int
    cells: int | None = None


@dataclass(frozen=True)
class Step:
    """The step of the price curve that a bundle reaches, for the volume discount.

    Parameters
    ----------
    points : int
        Value points of the bundle's tables added up, before overlaps are taken off; rounded.
    start : int
        Value points from which this step's rate holds.
    rate, first_rate : Money
        Price of one more value point on this step, and on the first step; rounded up.
    """

    points: int
    start: int
    rate: Money
    first_rate: Money


@dataclass(frozen=True)
class QuoteLine:
    """One line: its kind, what it is about, its amount (may be negative) and its reason."""

    kind: LineKind
    amount: Money
    item: ItemKey | None = None
    edition: str | None = None
    facts: TableFacts | None = None
    step: Step | None = None


@dataclass(frozen=True)
class Quote:
    """The price of a bundle for one buyer; the lines add up to the total exactly."""

    book_version: str
    total: Money
    lines: tuple[QuoteLine, ...]
    items: tuple[Item, ...]


def quote(prices: PriceList, bundle: Iterable[Item], holdings: Iterable[Item] = ()) -> Quote:
    """Price a bundle and explain the price.

    Parameters
    ----------
    prices : PriceList
        The book's version and the rarity of one published catalogue, which must not depend on
        the bundle.
    bundle : iterable of Item
        What is asked for; a product named twice counts once.
    holdings : iterable of Item
        What the buyer owns already, whenever and at whatever price it was bought.

    Raises
    ------
    InvalidBundle
        If nothing is asked for, or a product is described in two ways.
    TooFewPeople
        If a product not owned yet is of an edition whose released number of people is below
        the price book's `minimum_people`.
    """
    owned = distinct(holdings)
    asked = distinct(bundle)
    if not asked:
        raise InvalidBundle("a bundle holds at least one table")
    book = prices.book
    owned_keys = {item.key for item in owned}
    prices.check_people(item for item in asked if item.key not in owned_keys)
    alone = exact_price(prices, asked)
    before, after = book.money(0), alone
    if owned:
        both = distinct((*owned, *asked))
        before, after = exact_price(prices, owned), exact_price(prices, both)
    step = payable_tariff(book, after) - payable_tariff(book, before)
    due = payable(book, step)
    raised = (lifted(book, after) - after) - (lifted(book, before) - before) + (due - step)
    lines = [
        *_new_buyer_lines(prices, asked),
        QuoteLine(LineKind.OWNED, after - before - alone),
        QuoteLine(LineKind.MINIMUM, raised),
        QuoteLine(LineKind.ROUNDING, due - (after - before) - raised),
    ]
    kept = tuple(line for line in lines if line.amount or line.kind is LineKind.TABLE)
    return Quote(book.version, due, kept, asked)


def _new_buyer_lines(prices: PriceList, asked: tuple[Item, ...]) -> Iterable[QuoteLine]:
    """Yield the lines of somebody who owns nothing; they add up to P(B)."""
    book, value = prices.book, prices.value(asked)
    if prices.counted(asked):
        yield QuoteLine(LineKind.FIXED, book.money(book.fixed_micros))
    for edition, floor in sorted(prices.floors(asked).items()):
        yield QuoteLine(LineKind.FLOOR, book.money(floor), edition=edition)
    apart, points = 0, 0
    for item in asked:
        line = table_line(prices, item)
        apart += line.amount.micros
        points += prices.alone(item)
        yield line
    side_by_side = book.worth(points)
    yield QuoteLine(LineKind.BULK, book.money(side_by_side - apart), step=step_at(book, points))
    yield QuoteLine(LineKind.OVERLAP, book.money(book.worth(value) - side_by_side))


def table_line(prices: PriceList, item: Item) -> QuoteLine:
    """Return the line of a table: what it would cost alone, before fixed fee and floor."""
    known = prices.lines.get(item.key)
    worth = prices.alone(item)
    if isinstance(known, QuoteLine) and known.item is item.key:
        return known
    amount = prices.money(prices.book.worth(worth))
    line = QuoteLine(LineKind.TABLE, amount, item.key, item.edition, table_facts(prices, item))
    prices.lines[item.key] = line
    return line


def table_facts(prices: PriceList, item: Item) -> TableFacts:
    """Return why a table costs what it costs, for its most detailed question."""
    book, rarity, own = prices.book, prices.rarity, item.question
    answer = next(one for one in item.answers if one.question == own)
    question = answer.asked(book.rule)
    return TableFacts(
        respondents=item.respondents(book.rule) // MICRORESPONDENTS,
        rarity=rarity.factor(book, question),
        editions_answering=rarity.answering(question),
        editions_total=rarity.total(question),
        cells=answer.cells if book.rule >= BY_DETAIL else None,
    )


def step_at(book: PriceBook, micropoints: int) -> Step:
    """Return the step of the curve on which so many millionths of a point lie."""
    starts = [point for point, _ in book.curve[:-1]]
    start = max(s for s in starts if s * MICROPOINTS <= micropoints)
    return Step(
        round(micropoints / MICROPOINTS),
        start,
        book.money(book.rate(start)),
        book.money(book.rate(0)),
    )
