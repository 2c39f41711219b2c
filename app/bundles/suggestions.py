"""What goes with a bundle: complements in the catalogue, never what other buyers took.

Nothing here looks at people or purchases: a suggestion follows from the published rules of
the releases chosen and of those beside them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

from app.bundles.bundle import Bundle, Chosen
from app.catalog import queries as catalog
from app.catalog.listing import column_digest
from app.catalog.price_lists import price_list
from app.catalog.products import Product, ProductKey, product, products, sold_tiers
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.search import queries as lists
from pricing.errors import TooFewPeople
from pricing.money import Money
from pricing.tariff import charge

#: So many are shown at most.
MOST = 4
#: So many collections that have a chosen column are looked at, the latest ones.
LOOKED_AT = 4
#: So many releases of a bundle are completed; one where it has more than a few.
COMPLETED, FEW = 2, 5


class Why(StrEnum):
    """Why something goes with a bundle."""

    OVER_TIME = "over-time"
    TOGETHER = "together"
    WHOLE = "whole"
    SAME_COLUMN = "same-column"


@dataclass(frozen=True)
class Suggestion:
    """Tables that would complete a bundle.

    Attributes
    ----------
    what : str
        What the reason speaks of: columns or nothing.
    extra : Money
        What they would add to the price.
    """

    why: Why
    view: ReleaseView
    products: tuple[Product, ...]
    what: str
    extra: Money


Idea = tuple[Why, ReleaseView, tuple[Product, ...], str]


def suggested(bundle: Bundle) -> tuple[Suggestion, ...]:
    """Return complements of a bundle: of each kind at most two, the cheapest."""
    if bundle.quote is None:
        return ()
    prices = price_list(number=bundle.catalogue_number)
    owned = catalog.items(bundle.owned)
    taken = {*(one.key for one in bundle.chosen), *bundle.owned}
    items = [one.product.item for one in bundle.chosen]
    found: list[Suggestion] = []
    for why, view, added, what in _ideas(bundle):
        new = tuple(product for product in added if product.key not in taken)
        try:
            prices.check_people(product.item for product in new)
        except TooFewPeople:
            continue
        if new:
            total = charge(prices, [*items, *(product.item for product in new)], owned)
            found.append(Suggestion(why, view, new, what, total - bundle.quote.total))
    kept: list[Suggestion] = []
    for kind in Why:
        same = sorted((s for s in found if s.why == kind), key=lambda s: s.extra)
        kept.extend(same[:2])
    return tuple(kept[:MOST])


def _ideas(bundle: Bundle) -> Iterator[Idea]:
    by_edition: dict[str, list[Chosen]] = {}
    for one in bundle.chosen:
        by_edition.setdefault(one.view.edition.id, []).append(one)
    # Of the releases with the most tables: what completes those is looked for, not what could.
    most = COMPLETED if len(by_edition) <= FEW else 1
    for of in sorted(by_edition.values(), key=len, reverse=True)[:most]:
        yield from _other_editions(of)
        yield from _together(of)
        yield from _whole(of)
    yield from _same_column(bundle)


def _other_editions(of: list[Chosen]) -> Iterator[Idea]:
    """Offer the same tables of other editions of the collection: what changed over time."""
    view = of[0].view
    # The nearest in time, before or after.
    for other in _in_order(lists.beside(view.rules.id, view.edition.number, 2)):
        yield Why.OVER_TIME, other, _same_tables(of, other), ""


def _in_order(edition_ids: Sequence[str]) -> list[ReleaseView]:
    found = releases.some(edition_ids)
    return [found[edition_id] for edition_id in edition_ids]


def _same_tables(of: list[Chosen], other: ReleaseView) -> tuple[Product, ...]:
    names = {tier.name for tier in sold_tiers(other.release.plan)}
    keys = (replace(one.key, edition=other.edition.id) for one in of if one.key.tier in names)
    return tuple(product(other, key) for key in keys)


def _together(of: list[Chosen]) -> Iterator[Idea]:
    """Offer two chosen columns in one table, which includes both."""
    view = of[0].view
    hard = set(view.release.plan.schema.hard)
    single = {one.product.marginal[0]: one for one in of if len(one.product.marginal) == 1}
    for first, second in combinations([name for name in single if name in hard], 2):
        tier = single[first].product.tier
        for both in products(view, tier):
            if set(both.marginal) == {first, second}:
                yield Why.TOGETHER, view, (both,), " × ".join(both.marginal)


def _whole(of: list[Chosen]) -> Iterator[Idea]:
    """Offer everything a release has at the tier that most of its chosen tables have."""
    tiers = Counter(one.product.tier.name for one in of)
    view = of[0].view
    tier = view.release.plan.tier(tiers.most_common(1)[0][0])
    yield Why.WHOLE, view, products(view, tier), ""


def _same_column(bundle: Bundle) -> Iterator[Idea]:
    """Offer other collections' newest table of a chosen column with the same categories."""
    chosen = {one.view.rules.id for one in bundle.chosen}
    columns = {
        dimension: one.product.tier.name
        for one in bundle.chosen
        for dimension in one.view.release.plan.schema.dimensions
        if dimension.name in one.product.marginal
    }
    for dimension, tier in columns.items():
        for view in _in_order(lists.with_column(column_digest(dimension), LOOKED_AT)):
            named = {each.name for each in sold_tiers(view.release.plan)}
            if view.rules.id in chosen or tier not in named:
                continue
            chosen.add(view.rules.id)
            position = view.rules.schema.axes.index(dimension.name)
            one = product(view, ProductKey(view.edition.id, (position,), tier))
            yield Why.SAME_COLUMN, view, (one,), dimension.name
