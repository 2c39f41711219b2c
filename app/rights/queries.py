from dataclasses import dataclass

from app.categories import queries as finding
from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.consent import queries as consent
from app.core.permissions import Actor, Role, require
from app.datasets import queries as datasets
from app.datasets.queries import DatasetView
from app.orders import queries as orders
from app.orders.queries import SaleView
from app.releases import odometer
from app.releases import queries as releases
from app.releases.odometer import Odometer, Reading
from app.releases.queries import COUNT, EditionView
from pricing.money import Money


@dataclass(frozen=True)
class Use:
    """One sale that one's data had a part in."""

    sale: SaleView
    earned: Money


@dataclass(frozen=True)
class Trace:
    """What became of one dataset: consent, edition, release, sales, cents.

    `together` where its share stands with an earlier dataset of the same producer and edition.
    """

    dataset: DatasetView
    rules: CollectionRules | None
    edition: EditionView | None
    left_out: str
    shares: int
    uses: tuple[Use, ...]
    together: bool = False


@dataclass(frozen=True)
class ChargeLine:
    """One charge on one's own account, and what it was for.

    `rules` and `edition` for an edition, `counting` where its people were counted first;
    `dataset` and the name of its `column` where categories were found.
    """

    reading: Reading
    rules: CollectionRules | None
    edition: EditionView | None
    dataset: DatasetView | None
    column: str = ""
    counting: bool = False


@dataclass(frozen=True)
class PrivacyPage:
    """One's own privacy account.

    Attributes
    ----------
    lines : tuple of ChargeLine
        In the order they were charged.
    only_me : bool
        All rows of all datasets are the producer's own.
    """

    odometer: Odometer
    lines: tuple[ChargeLine, ...]
    only_me: bool


def privacy_account(actor: Actor, market: int) -> PrivacyPage:
    """Return one's own privacy account, with the market's ceiling in millionths of rho.

    Raises
    ------
    Forbidden
        For anybody but a producer: only producers' people are charged.
    """
    require(actor, Role.PRODUCER)
    own = consent.choices(actor.user_id).ceiling_micro_rho
    read = odometer.read(releases.charges(actor.user_id), own, market)
    mine = {view.id: view for view in datasets.of_producer(actor.user_id)}
    only_me = bool(mine) and all(view.everyone_is_me for view in mine.values())
    return PrivacyPage(read, tuple(_line(r, mine) for r in read.readings), only_me)


def _line(reading: Reading, mine: dict[str, DatasetView]) -> ChargeLine:
    charge = reading.charge
    if charge.edition_id:
        edition = releases.edition(charge.edition_id)
        rules = collections.rules(edition.collection_id)
        counting = charge.subject.startswith(COUNT)
        return ChargeLine(reading, rules, edition, None, counting=counting)
    found = finding.charged_for(charge.subject)
    if found is None:
        return ChargeLine(reading, None, None, None)
    return ChargeLine(reading, None, None, mine.get(found.dataset_id), found.column)


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
    together = not part.left_out and releases.has_earlier_file(part)
    return Trace(view, rules, edition, part.left_out, shares, uses, together)
