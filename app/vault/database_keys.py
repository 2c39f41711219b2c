"""Wrapped data keys in the database, away from the rows."""

from collections.abc import Callable, Collection

from sqlalchemy import Connection, delete, select

from app.core.batches import batched
from app.core.clock import now
from app.core.db import Database
from app.core.dialects import Once
from app.core.erased import ErasedList, Erasure
from app.vault.models import VaultKey

_keys = Once(VaultKey)
#: So many objects are asked for in one query.
AT_ONCE = 500


class DatabaseKeys:
    """A key ring in the market's database.

    A key is kept and forgotten with the change that is under way, if one is: whatever rolls that
    back leaves the key as it was.

    Parameters
    ----------
    db : Database
    erased : ErasedList, optional
        Told of every key that is forgotten.
    """

    def __init__(self, db: Database, erased: ErasedList | None = None) -> None:
        self._db, self._erased = db, erased

    def keep(self, object_id: str, wrapped: bytes) -> bool:
        """Keep a key; return whether the object had none."""
        with self._db.joined():
            new = _keys.insert(object_id=object_id, wrapped=wrapped, kept_at=now())
        if new and self._erased is not None:
            self._erased.written_again(object_id)
        return new

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
            gone = session.execute(
                delete(VaultKey)
                .where(VaultKey.object_id == object_id)
                .returning(VaultKey.object_id)
            ).first()
            if gone is not None and self._erased is not None:
                self._erased.note(Erasure.OBJECT, object_id)


def every(connection: Connection) -> tuple[str, ...]:
    """Return every object that has a key."""
    return tuple(connection.scalars(select(VaultKey.object_id).order_by(VaultKey.object_id)))


def kept_among(connection: Connection, object_ids: Collection[str]) -> frozenset[str]:
    """Return which of many objects have a key."""
    found: set[str] = set()
    for some in batched(sorted(object_ids), AT_ONCE):
        chosen = select(VaultKey.object_id).where(VaultKey.object_id.in_(some))
        found.update(connection.scalars(chosen))
    return frozenset(found)
