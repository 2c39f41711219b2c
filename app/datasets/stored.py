"""Which objects of the vault there are, and whether each can be opened: never what is in them."""

from collections.abc import Collection

from sqlalchemy import Connection

from app.datasets.service import Checking
from app.vault import database_keys
from app.vault.errors import VaultError


def kept_among(connection: Connection, object_ids: Collection[str]) -> frozenset[str]:
    """Return which of many objects there are."""
    return database_keys.kept_among(connection, object_ids)


def unreadable(doors: Checking) -> tuple[int, int]:
    """Open every object of the vault; return how many there are, and how many cannot be read."""
    with doors.db.engine.connect() as connection:
        every = database_keys.every(connection)
    bad = 0
    for object_id in every:
        try:
            next(iter(doors.vault.batches(object_id)), None)
        except VaultError:
            bad += 1
    return len(every), bad
