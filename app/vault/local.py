"""A vault in a local folder: `<object id>/rows.parquet`. The keys are elsewhere.

Rows are Parquet Modular Encryption under a data key of their own, which lies wrapped in a key
ring: a copy of this folder is noise, even for whoever has the master key.

An object is there once its folder is and its key is. Its key is kept first, then its folder
appears by being renamed; its key is forgotten first, then its folder is removed. Whatever crashes
leaves an object whole, or noise that is swept away later. Folders that an earlier version wrote
hold their key beside the rows: it is read there, and moved to the ring by the next sweep.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from app.vault.errors import ObjectExists, ObjectIdRefused, ObjectMissing, ObjectUnreadable
from app.vault.interface import KeyRing
from app.vault.keys import KeyWrapper

OBJECT_ID = re.compile(r"[0-9a-f][0-9a-f-]{7,63}")
ROWS, KEY = "rows.parquet", "key"
WRITING, ERASING = ".writing-", ".erasing-"
ABANDONED_SECONDS = 24 * 3600
BATCH_ROWS = 65_536


class RowsWriter:
    """Takes the rows of one object, batch by batch."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self.rows = 0

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch of the object's schema."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows


class LocalVault:
    """Rows of datasets, encrypted at rest.

    Parameters
    ----------
    root : Path
        Folder of its own, made readable to this user alone.
    master_key : bytes
        16, 24 or 32 random bytes. Without it no object can be read, by anyone, ever.
    ring : KeyRing
        Where the wrapped keys are.
    """

    def __init__(self, root: Path, master_key: bytes, ring: KeyRing) -> None:
        self._root = root
        self._ring = ring
        self._keys = KeyWrapper(master_key)
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)

    def exists(self, object_id: str) -> bool:
        """Tell whether an object can be read."""
        folder = self._folder(object_id)
        return folder.is_dir() and self._wrapped(folder, object_id) is not None

    @contextmanager
    def write(self, object_id: str, schema: pa.Schema) -> Iterator[RowsWriter]:
        """Write an object; it exists once the block ends without an error, and not before.

        Raises
        ------
        ObjectExists
            Objects never change: erase it, or write another.
        """
        target = self._folder(object_id)
        if target.exists():
            raise ObjectExists("The object exists")
        folder = self._root / f"{WRITING}{secrets.token_hex(16)}"
        folder.mkdir(mode=0o700)
        try:
            key, wrapped = self._keys.new_key(object_id)
            with _private_file(folder / ROWS) as file:
                with _writer(file, schema, key, object_id) as writer:
                    yield RowsWriter(writer)
                _flush(file)
            _sync(folder)
            if not self._ring.keep(object_id, wrapped):
                raise ObjectExists("The object exists")
            folder.rename(target)
            _sync(self._root)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch.

        Raises
        ------
        ObjectMissing
        ObjectUnreadable
        """
        with self._open(object_id) as file:
            try:
                yield from file.iter_batches(batch_size=BATCH_ROWS)
            except (OSError, pa.ArrowException) as error:
                raise ObjectUnreadable("The rows are damaged") from error

    def schema(self, object_id: str) -> pa.Schema:
        """Read the columns of an object.

        Raises
        ------
        ObjectMissing
        ObjectUnreadable
        """
        with self._open(object_id) as file:
            return file.schema_arrow

    def erase(self, object_id: str) -> None:
        """Erase key and rows at once; nothing happens where there is none.

        The key goes first: from then on the rows are noise, even in a copy of them.
        """
        folder = self._folder(object_id)
        self._ring.forget(object_id)
        # A change that is rolled back gives the key back: its rows must still be there.
        self._ring.afterwards(lambda: self._remove(folder))

    def _remove(self, folder: Path) -> None:
        grave = self._root / f"{ERASING}{secrets.token_hex(16)}"
        try:
            folder.rename(grave)
        except FileNotFoundError:
            return
        _sync(self._root)
        _bury(grave)

    def sweep(self) -> None:
        """Finish what a crash left: erasures at once, writings after a day.

        Rows without a key stay: they are noise, and the ring may only be away for a while.
        """
        for folder in self._root.iterdir():
            if OBJECT_ID.fullmatch(folder.name) and (folder / KEY).exists():
                self._move_key(folder)
        for grave in self._root.glob(f"{ERASING}*"):
            _bury(grave)
        for folder in self._root.glob(f"{WRITING}*"):
            if time.time() - folder.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

    def _move_key(self, folder: Path) -> None:
        beside = folder / KEY
        try:
            self._ring.keep(folder.name, beside.read_bytes())
            beside.unlink()
            _sync(folder)
        except FileNotFoundError:
            # Erased meanwhile.
            self._ring.forget(folder.name)

    def _wrapped(self, folder: Path, object_id: str) -> bytes | None:
        try:
            return self._ring.find(object_id) or (folder / KEY).read_bytes()
        except FileNotFoundError:
            return None

    def _folder(self, object_id: str) -> Path:
        if not OBJECT_ID.fullmatch(object_id):
            raise ObjectIdRefused("Object ids are 8 to 64 hexadecimal digits and dashes")
        return self._root / object_id

    def _open(self, object_id: str) -> pq.ParquetFile:
        folder = self._folder(object_id)
        wrapped = self._wrapped(folder, object_id)
        if wrapped is None:
            raise ObjectMissing("There is no such object")
        key = self._keys.unwrap(object_id, wrapped)
        properties = pe.create_decryption_properties(key, aad_prefix=object_id.encode())
        try:
            return pq.ParquetFile(folder / ROWS, decryption_properties=properties)
        except FileNotFoundError as error:
            raise ObjectMissing("There is no such object") from error
        except (OSError, pa.ArrowException) as error:
            raise ObjectUnreadable("The rows are damaged") from error


def _writer(file: BinaryIO, schema: pa.Schema, key: bytes, object_id: str) -> pq.ParquetWriter:
    properties = pe.create_encryption_properties(
        key, aad_prefix=object_id.encode(), store_aad_prefix=False
    )
    return pq.ParquetWriter(file, schema, compression="zstd", encryption_properties=properties)


@contextmanager
def _private_file(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _bury(grave: Path) -> None:
    (grave / KEY).unlink(missing_ok=True)
    _sync(grave)
    shutil.rmtree(grave, ignore_errors=True)
