"""What another price book would do to the catalogue, from released figures alone."""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app.catalog.price_lists import catalogue_number, price_list, rarity_of
from app.catalog.products import products, sold_tiers
from app.core.clock import now
from app.core.permissions import Actor, Role, require
from app.orders import queries as orders
from app.orders.states import OrderState
from app.prices import queries as prices
from app.prices.queries import BookView
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.users import queries as users
from pricing.item import Item
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.price_list import PriceList
from pricing.tariff import charge
from privacy.plan.tiers import Tier

#: What a price book fixes, in the order in which people read it.
LABELS = {
    "version": _l("Name of the price book"),
    "fixed_micros": _l("Once per buyer"),
    "floor_micros": _l("Once per release"),
    "respondent_micros": _l("At least, for each person asked"),
    "minimum_micros": _l("Smallest payment"),
    "minimum_people": _l("Fewest people"),
    "platform_basis_points": _l("The market’s share"),
    "base": _l("Weight of an answer"),
    "detail": _l("By number of columns"),
    "rarity_lambda": _l("How strongly rarity counts"),
    "rarity_cap": _l("Up to which rarity"),
    "curve": _l("The price curve"),
}
CHARTED = 10


@dataclass(frozen=True)
class Change:
    """A price under the book in force and under the other; None where nothing is sold."""

    before: Money | None
    after: Money | None

    @property
    def percent(self) -> float | None:
        """By how much it changes; None where there is nothing to compare."""
        if self.before is None or self.after is None or not self.before:
            return None
        return 100 * (self.after.micros - self.before.micros) / self.before.micros


@dataclass(frozen=True)
class TierChange:
    """What happens to a release at one tier: its cheapest table, and all of its tables."""

    view: ReleaseView
    tier: Tier
    cheapest: Change
    whole: Change

    @property
    def size(self) -> float:
        """The larger of the two changes, in percent, whichever way; not to be sold is more."""
        if self.whole.before is None or self.whole.after is None:
            return math.inf
        return max(abs(change.percent or 0.0) for change in (self.cheapest, self.whole))


@dataclass(frozen=True)
class Preview:
    """What a price book would do if it came into force now.

    Attributes
    ----------
    differing : tuple of str
        The fields of the book that differ, as `LABELS` names them.
    lines : tuple of TierChange
        Every release and tier that is sold under either book, largest change first.
    median_percent : float or None
        The middle of the changes of all single tables; None if none is sold under both.
    tables : int
        How many single tables that is the middle of.
    no_longer_sold, newly_sold : tuple of ReleaseView
        Releases that cross the fewest people that are sold.
    open_offers : int
        Orders not paid yet, which keep the price they were made at.
    """

    before: PriceBook
    after: PriceBook
    differing: tuple[str, ...]
    lines: tuple[TierChange, ...]
    median_percent: float | None
    tables: int
    no_longer_sold: tuple[ReleaseView, ...]
    newly_sold: tuple[ReleaseView, ...]
    open_offers: int

    @property
    def charted(self) -> tuple[TierChange, ...]:
        """Where all tables together change most, of what is sold under both books."""
        both = [line for line in self.lines if line.whole.before and line.whole.after]
        return tuple(sorted(both, key=lambda line: -abs(line.whole.percent or 0.0))[:CHARTED])


@dataclass(frozen=True)
class History:
    """Every published price book, newest first, with the names of who published them."""

    versions: tuple[BookView, ...]
    names: dict[str, str]


def history(actor: Actor) -> History:
    """Return every published price book.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    versions = prices.versions()
    known = {view.published_by for view in versions if view.published_by}
    return History(versions, {user_id: users.display_name(user_id) for user_id in known})


def next_name() -> str:
    """Return a name for the next price book: the year and a number not taken yet."""
    taken = {view.book.version for view in prices.versions()}
    number = 1
    while f"{now().year}-{number}" in taken:
        number += 1
    return f"{now().year}-{number}"


def differing(before: PriceBook, after: PriceBook) -> tuple[str, ...]:
    """Return which fields of two books differ, their names left out."""
    fields = (field for field in LABELS if field != "version")
    return tuple(f for f in fields if getattr(before, f) != getattr(after, f))


def preview(actor: Actor, book: PriceBook) -> Preview:
    """Price the whole catalogue under the book in force and under another.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    before, after = price_list(), _price_list(book)
    present = before.book
    lines: list[TierChange] = []
    percents: list[float] = []
    gone: list[ReleaseView] = []
    new: list[ReleaseView] = []
    for edition in releases.published():
        view = releases.release(edition.id)
        wholes: list[Change] = []
        for tier in sold_tiers(view.release.plan):
            items = [product.item for product in products(view, tier)]
            each = [_change(before, after, [item]) for item in items]
            percents += [one.percent for one in each if one.percent is not None]
            whole = _change(before, after, items)
            wholes.append(whole)
            if whole.before is not None or whole.after is not None:
                lines.append(TierChange(view, tier, _cheapest(each), whole))
        sold_now = any(one.before is not None for one in wholes)
        sold_then = any(one.after is not None for one in wholes)
        if sold_now and not sold_then:
            gone.append(view)
        if sold_then and not sold_now:
            new.append(view)
    lines.sort(key=lambda line: -line.size)
    counted = orders.counted()
    return Preview(
        present,
        book,
        differing(present, book),
        tuple(lines),
        statistics.median(percents) if percents else None,
        len(percents),
        tuple(gone),
        tuple(new),
        sum(counted.get(state, 0) for state in (OrderState.QUOTED, OrderState.PAYING)),
    )


def _price_list(book: PriceBook) -> PriceList:
    """Return the prices of a book that is not published, over the present catalogue."""
    number = catalogue_number()
    return PriceList(book, rarity_of(releases.catalogue(), book.minimum_people, number))


def _change(before: PriceList, after: PriceList, items: list[Item]) -> Change:
    return Change(_price(before, items), _price(after, items))


def _price(prices_of: PriceList, items: list[Item]) -> Money | None:
    if any(item.people < prices_of.book.minimum_people for item in items):
        return None
    if not prices_of.counted(items):
        return None  # The free preview tells as much.
    return charge(prices_of, items)


def _cheapest(each: Iterable[Change]) -> Change:
    every = tuple(each)

    def least(of: Callable[[Change], Money | None]) -> Money | None:
        return min((price for change in every if (price := of(change)) is not None), default=None)

    return Change(least(lambda change: change.before), least(lambda change: change.after))
