from dataclasses import dataclass

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.permissions import Actor
from app.datasets import queries as datasets
from app.datasets.queries import DatasetView
from app.orders import queries as orders
from app.orders.queries import SaleView
from app.releases import queries as releases
from app.releases.queries import EditionView
from pricing.money import Money


@dataclass(frozen=True)
class Use:
    """One sale that one's data had a part in."""

    sale: SaleView
    earned: Money


@dataclass(frozen=True)
class Trace:
    """What became of one dataset: consent, edition, release, sales, cents."""

    dataset: DatasetView
    rules: CollectionRules | None
    edition: EditionView | None
    left_out: str
    shares: int
    uses: tuple[Use, ...]


def traces(actor: Actor) -> tuple[Trace, ...]:
    """Return the trace of every dataset of an account, newest first."""
    return tuple(_trace(view) for view in datasets.of_producer(actor.user_id))


def _trace(view: DatasetView) -> Trace:
    rules = collections.rules(view.collection_id) if view.collection_id else None
    part = releases.participation(view.id)
    if part is None:
        return Trace(view, rules, None, "", 0, ())
    shares = part.shares or 0
    uses = tuple(
        Use(sale, Money(sale.per_share_micros * shares, sale.currency))
        for sale in orders.sales_of((part.edition_id,))
    )
    edition = releases.edition(part.edition_id)
    return Trace(view, rules, edition, part.left_out, shares, uses)
