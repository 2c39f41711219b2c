"""Wrapped data keys in the database, away from the rows."""

from collections.abc import Callable

from sqlalchemy import delete, select

from app.core.clock import now
from app.core.db import Database
from app.core.dialects import Once
from app.vault.models import VaultKey

_keys = Once(VaultKey)


class DatabaseKeys:
    """A key ring in the market's database.

    A key is kept and forgotten with the change that is under way, if one is: whatever rolls that
    back leaves the key as it was.

    Parameters
    ----------
    db : Database
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, object_id: str, wrapped: bytes) -> bool:
        """Keep a key; return whether the object had none."""
        with self._db.joined():
            return _keys.insert(object_id=object_id, wrapped=wrapped, kept_at=now())

    def find(self, object_id: str) -> bytes | None:
        """Return an object's key."""
        chosen = select(VaultKey.wrapped).where(VaultKey.object_id == object_id)
        present = self._db.present()
        if present is not None:
            return present.scalar(chosen)
        # A unit of work that has only read does not see what was kept since.
        with self._db.unit_of_work(write=False) as fresh:
            return fresh.scalar(chosen)

    def afterwards(self, step: Callable[[], None]) -> None:
        """Do something once the change that is under way is committed; at once where none is."""
        self._db.after_commit(step)

    def forget(self, object_id: str) -> None:
        """Forget an object's key; nothing happens where there is none."""
        with self._db.joined() as session:
            session.execute(delete(VaultKey).where(VaultKey.object_id == object_id))
