"""Which editions make answers like theirs less rare, and from which catalogue on.

An edition counts once a stranger paid for it, and as long as not every payment was given back:
publishing costs nothing, so if publishing counted, anybody could move everybody's prices with
editions that nobody wants. Its founder must be the market or somebody whom the payment provider
knows; nobody
buys what they have a part in (`app.bundles.errors.OwnData`). What is found out counts from the
*next* catalogue: the prices of a catalogue never change.
"""

import json
from collections.abc import Iterable

from sqlalchemy import func, or_, select

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
    chosen = select(Edition).where(
        Edition.id.in_(list(edition_ids)),
        Edition.taken_down_at.is_(None),
        or_(Edition.counts_from.is_(None), Edition.counts_to.is_not(None)),
    )
    rows = [row for row in session().scalars(chosen.order_by(Edition.id)) if _vouched_for(row)]
    if rows:
        number = next_catalogue()
        for row in rows:
            if row.counts_to is not None:
                spans = json.loads(row.counted_before)
                row.counted_before = json.dumps([*spans, [row.counts_from, row.counts_to]])
            row.counts_from, row.counts_to = number, None


def stop_counting(edition_ids: Iterable[str]) -> None:
    """Let editions that nobody has paid for any more, or can, count no longer.

    From the next catalogue on.
    """
    chosen = select(Edition).where(
        Edition.id.in_(list(edition_ids)),
        Edition.counts_from.is_not(None),
        Edition.counts_to.is_(None),
    )
    rows = session().scalars(chosen.order_by(Edition.id)).all()
    if rows:
        number = next_catalogue()
        for row in rows:
            row.counts_to = number


def _vouched_for(edition: Edition) -> bool:
    rules = collections.rules(edition.collection_id)
    # The market founded those of templates itself.
    return bool(rules.template) or users.is_identified(rules.owner_id)
