"""Erasing objects that nothing names: their writer was killed before it could name them."""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta

import structlog
from sqlalchemy import select

from app.core.batches import batched
from app.core.clock import now
from app.core.db import Database
from app.vault.interface import Vault
from app.vault.models import SmallObject, VaultKey

log = structlog.get_logger("vault")
#: Whatever is written is named within this time, or never.
NAMED_WITHIN = timedelta(days=1)
AT_ONCE = 500
#: Returns those of some objects that a part of the market names.
Named = Callable[[Collection[str]], frozenset[str]]


def erase_unnamed(db: Database, vault: Vault, parts: Iterable[Named]) -> int:
    """Erase the large objects that no part names a day after they were written; return how many.

    Small objects are written with the row that names them, so none of them is ever unnamed: they
    are not looked at.
    """
    naming, erased = tuple(parts), 0
    with db.unit_of_work(write=False) as session:
        old = select(VaultKey.object_id).where(
            VaultKey.kept_at < now() - NAMED_WITHIN,
            VaultKey.object_id.not_in(select(SmallObject.object_id)),
        )
        written = session.scalars(old).all()
    for some in batched(written, AT_ONCE):
        with db.unit_of_work():
            for object_id in frozenset(some).difference(*(named(some) for named in naming)):
                vault.erase(object_id)
                erased += 1
    if erased:
        log.warning("unnamed objects erased", count=erased)
    return erased
