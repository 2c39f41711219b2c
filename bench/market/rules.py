"""Four price rules with the same interface, all with the same smallest payment.

A rule opens a shop on one period's catalogue. Except for the book, each is what one would write
first; each has a few levels that the tuning sets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bench.market.catalogue import Catalogue
from pricing.item import Item
from pricing.money import Money
from pricing.price_book import DEFAULT_BOOK, PriceBook
from pricing.price_list import PriceList
from pricing.split import Part, parts_of
from pricing.tariff import charge, payable

Items = Sequence[Item]

CURRENCY = DEFAULT_BOOK.currency
MICROS = 1_000_000


class Shop(Protocol):
    """A rule over one catalogue."""

    @property
    def fresh(self) -> bool:
        """Whether a table bought again comes with new noise, so that copies can be averaged."""

    def charge(self, bundle: Items, holdings: Items) -> Money:
        """Return what the owner of some products pays for more."""

    def parts(self, bundle: Items, holdings: Items) -> Mapping[str, Part]:
        """Return each edition's claim on that payment."""


class Rule(Protocol):
    """A way to set prices."""

    @property
    def name(self) -> str:
        """Return what the rule is called."""

    def scaled(self, factor: float) -> Rule:
        """Return the rule with every amount so many times as high."""

    def open(self, catalogue: Catalogue) -> Shop:
        """Open a shop."""


@dataclass(frozen=True)
class BookShop:
    """The product's own price and split."""

    prices: PriceList
    fresh: bool = False

    def charge(self, bundle: Items, holdings: Items) -> Money:
        """Return G(H + B) - G(H)."""
        return charge(self.prices, bundle, holdings)

    def parts(self, bundle: Items, holdings: Items) -> Mapping[str, Part]:
        """Return the Aumann-Shapley parts."""
        return parts_of(self.prices, bundle, holdings)


@dataclass(frozen=True)
class BookRule:
    """A price book."""

    book: PriceBook = DEFAULT_BOOK
    name: str = "default book"

    def scaled(self, factor: float) -> BookRule:
        """Scale the curve, the fixed fee and the floor."""
        book = replace(
            self.book,
            curve=tuple((points, round(micros * factor)) for points, micros in self.book.curve),
            fixed_micros=round(self.book.fixed_micros * factor),
            floor_micros=round(self.book.floor_micros * factor),
            respondent_micros=round(self.book.respondent_micros * factor),
        )
        return replace(self, book=book)

    def open(self, catalogue: Catalogue) -> Shop:
        """Fix the rarity of the catalogue."""
        return BookShop(PriceList(self.book, catalogue.rarity))


class SumShop(ABC):
    """Adds up tables one by one, and a fee for a buyer who owns nothing yet.

    Each edition's claim is what its tables cost.
    """

    fresh = False

    def __init__(self, fee: float) -> None:
        self.fee = fee

    @abstractmethod
    def each(self, item: Item) -> float:
        """Return the price of one table, in EUR."""

    def charge(self, bundle: Items, holdings: Items) -> Money:
        """Return the sum, up to the cent, or the smallest payment."""
        new = self._new(bundle, holdings)
        fee = 0.0 if holdings or not new else self.fee
        micros = round((fee + sum(self.each(item) for item in new)) * MICROS)
        cents = Money(micros, CURRENCY).cents_up()
        return payable(DEFAULT_BOOK, Money.from_cents(cents, CURRENCY))

    def parts(self, bundle: Items, holdings: Items) -> Mapping[str, Part]:
        """Return what each edition's tables cost, as weights."""
        weights: dict[str, int] = {}
        for item in self._new(bundle, holdings):
            micros = round(self.each(item) * MICROS)
            weights[item.edition] = weights.get(item.edition, 0) + micros
        return {edition: Part(0, weight) for edition, weight in weights.items()}

    def _new(self, bundle: Items, holdings: Items) -> list[Item]:
        if self.fresh:
            return list(bundle)
        owned = {item.key for item in holdings}
        return list({item.key: item for item in bundle if item.key not in owned}.values())


class TableShop(SumShop):
    """So much a table, by tier."""

    def __init__(self, fee: float, by_tier: Mapping[str, float]) -> None:
        super().__init__(fee)
        self.by_tier = by_tier

    def each(self, item: Item) -> float:
        """Return the price of the tier."""
        return self.by_tier[item.tier]


@dataclass(frozen=True)
class TableRule:
    """Flat per table, whatever is in it: one price, or one a tier.

    Parameters
    ----------
    gold, fee : float
        EUR, for a table and once a buyer.
    silver, bronze : float
        Each as a part of the tier above; 1 for one price.
    """

    gold: float = 3.0
    silver: float = 1.0
    bronze: float = 1.0
    fee: float = 0.5
    name: str = "per table"

    def scaled(self, factor: float) -> TableRule:
        """Scale the price of gold, on which the others hang, and the fee."""
        return replace(self, gold=self.gold * factor, fee=self.fee * factor)

    def open(self, catalogue: Catalogue) -> Shop:
        """Write out the three prices: each tier at a part of the one above."""
        silver = self.gold * self.silver
        by_tier = {"gold": self.gold, "silver": silver, "bronze": silver * self.bronze}
        return TableShop(self.fee, by_tier)


class RowShop(SumShop):
    """So much a hundred people."""

    def __init__(self, fee: float, rate: float) -> None:
        super().__init__(fee)
        self.rate = rate

    def each(self, item: Item) -> float:
        """Return the price of the people in the table, however noisy it is."""
        return self.rate * item.people / 100.0


@dataclass(frozen=True)
class RowRule:
    """Flat per row: the released number of people, blind to noise, tables' size and rarity."""

    rate: float = 1.5
    fee: float = 0.5
    name: str = "per row"

    def scaled(self, factor: float) -> RowRule:
        """Scale the rate and the fee."""
        return replace(self, rate=self.rate * factor, fee=self.fee * factor)

    def open(self, catalogue: Catalogue) -> Shop:
        """Open a shop; the catalogue does not matter."""
        return RowShop(self.fee, self.rate)


class EpsilonShop(SumShop):
    """So much for each unit of precision, drawn anew for each sale."""

    fresh = True

    def __init__(self, fee: float, rate: float) -> None:
        super().__init__(fee)
        self.rate = rate

    def each(self, item: Item) -> float:
        """Return the price of one over the variance of the table's cells."""
        variance = next(one.variance for one in item.answers if one.question == item.question)
        return self.rate * 100.0 / variance


@dataclass(frozen=True)
class EpsilonRule:
    """Flat per privacy budget: 1/variance, which is what a table spends in zCDP (rho).

    As when every buyer's query is answered with noise of its own, until the budget is gone; here
    it never is, in the rule's favour.
    """

    rate: float = 4.0
    fee: float = 0.5
    name: str = "per epsilon"

    def scaled(self, factor: float) -> EpsilonRule:
        """Scale the rate and the fee."""
        return replace(self, rate=self.rate * factor, fee=self.fee * factor)

    def open(self, catalogue: Catalogue) -> Shop:
        """Open a shop; the catalogue does not matter."""
        return EpsilonShop(self.fee, self.rate)
