"""Which editions make answers like theirs less rare, and from which catalogue on.

An edition counts once a stranger paid for it: publishing costs nothing, so if publishing
counted, anybody could move everybody's prices with editions that nobody wants. Its founder must
be somebody whom the payment provider knows; nobody buys what they have a part in
(`app.bundles.errors.OwnData`). What is found out counts from the *next* catalogue: the prices of
a catalogue never change.
"""

from collections.abc import Iterable

from sqlalchemy import func, select

from app.collections import queries as collections
from app.core.db import session
from app.ledger import service as ledger
from app.releases.models import Edition
from app.users import queries as users

CATALOGUE = "catalogue"


def next_catalogue() -> int:
    """Hold the catalogue until the unit of work ends; return the number of the next one.

    Whoever holds other locks takes this one last.
    """
    ledger.hold([CATALOGUE])
    return (session().scalar(select(func.max(Edition.catalogue_number))) or 0) + 1


def count_sold(edition_ids: Iterable[str]) -> None:
    """Let editions that were sold count, from the next catalogue on."""
    chosen = select(Edition).where(Edition.id.in_(list(edition_ids)), Edition.counts_from.is_(None))
    rows = [row for row in session().scalars(chosen.order_by(Edition.id)) if _vouched_for(row)]
    if rows:
        number = next_catalogue()
        for row in rows:
            row.counts_from = number


def stop_counting(edition: Edition) -> None:
    """Let an edition that is not sold any more count no longer, from the next catalogue on."""
    edition.counts_to = next_catalogue()


def _vouched_for(edition: Edition) -> bool:
    return users.is_identified(collections.rules(edition.collection_id).owner_id)
