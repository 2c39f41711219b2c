"""Small objects: a sealed frame in a row of the database, in the transaction it belongs to.

What one person gives in a month is a few cells. A file for each would cost more for its own
description than for what is in it, and a write of its own to disk. A frame is compressed, padded so
that its length tells little, and sealed under a data key of its own as any other object is.
"""

import json
import secrets
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.core.batches import batched
from app.core.db import Database
from app.vault.database_keys import DatabaseKeys
from app.vault.errors import ObjectExists, ObjectUnreadable
from app.vault.keys import NONCE_BYTES, KeyWrapper
from app.vault.models import SmallObject, VaultKey

#: Frames are so many bytes, or a multiple of it.
PADDED = 256
#: So many objects are asked for in one query.
AT_ONCE = 500
KINDS = {"string": pa.string(), "int64": pa.int64()}


class SmallObjects:
    """Objects of a few hundred rows, in the market's database.

    Parameters
    ----------
    db : Database
    master_key : bytes
        As of any vault.
    ring : DatabaseKeys, optional
        Where the wrapped keys are.
    """

    def __init__(self, db: Database, master_key: bytes, ring: DatabaseKeys | None = None) -> None:
        self._db = db
        self._keys = KeyWrapper(master_key)
        self._ring = ring or DatabaseKeys(db)

    def exists(self, object_id: str) -> bool:
        """Tell whether there is such an object."""
        return bool(self.present([object_id]))

    def write(self, object_id: str, batch: pa.RecordBatch) -> None:
        """Write an object with the change that is under way.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            Columns of text and whole numbers.

        Raises
        ------
        ObjectExists
        """
        key, wrapped = self._keys.new_key(object_id)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, _packed(batch), object_id.encode())
        with self._db.joined() as session:
            if not self._ring.keep(object_id, wrapped):
                raise ObjectExists("The object exists")
            session.add(SmallObject(object_id=object_id, frame=sealed))

    def find(self, object_id: str) -> pa.RecordBatch | None:
        """Read an object; None where there is no such.

        Raises
        ------
        ObjectUnreadable
        """
        chosen = (
            select(SmallObject.frame, VaultKey.wrapped)
            .join(VaultKey, VaultKey.object_id == SmallObject.object_id)
            .where(SmallObject.object_id == object_id)
        )
        found = self._first(chosen)
        if found is None:
            return None
        frame, wrapped = found
        cipher = AESGCM(self._keys.unwrap(object_id, wrapped))
        try:
            packed = cipher.decrypt(frame[:NONCE_BYTES], frame[NONCE_BYTES:], object_id.encode())
        except InvalidTag as error:
            raise ObjectUnreadable("The rows are damaged") from error
        return _unpacked(packed)

    def present(self, object_ids: Collection[str]) -> frozenset[str]:
        """Return which of many objects there are."""
        found: set[str] = set()
        for some in batched(list(object_ids), AT_ONCE):
            chosen = select(SmallObject.object_id).where(SmallObject.object_id.in_(some))
            with self._reading() as session:
                found.update(session.scalars(chosen))
        return frozenset(found)

    def erase(self, object_id: str) -> bool:
        """Erase key and frame with the change that is under way; return whether there was one."""
        with self._db.joined() as session:
            gone = session.execute(
                delete(SmallObject)
                .where(SmallObject.object_id == object_id)
                .returning(SmallObject.object_id)
            ).first()
            if gone is None:
                return False
            self._ring.forget(object_id)
            return True

    def _first(self, chosen: Select[bytes, bytes]) -> Any:
        with self._reading() as session:
            return session.execute(chosen).first()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        present = self._db.present()
        if present is not None:
            yield present
            return
        with self._db.unit_of_work(write=False) as fresh:
            yield fresh


def _packed(batch: pa.RecordBatch) -> bytes:
    described = [[field.name, str(field.type)] for field in batch.schema]
    columns = [column.to_pylist() for column in batch.columns]
    text = json.dumps([described, columns], separators=(",", ":"), ensure_ascii=False)
    content = zlib.compress(text.encode(), 9)
    size = len(content).to_bytes(4, "big")
    return size + content + bytes(-(4 + len(content)) % PADDED)


def _unpacked(packed: bytes) -> pa.RecordBatch:
    size = int.from_bytes(packed[:4], "big")
    described, columns = json.loads(zlib.decompress(packed[4 : 4 + size]))
    schema = pa.schema([(name, KINDS[kind]) for name, kind in described])
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
