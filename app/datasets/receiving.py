"""How a file comes in: its bytes are sealed as they are, and read by the worker.

Reading a file costs as much as its writer wants, so no request reads a large one. A small one is
read at once: its owner hears what is wrong with it at the field, and waits for nobody.
"""

import io
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.core.db import session
from app.datasets.errors import NoRoom
from app.datasets.ingest import messages
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.reading import Limits, read_csv
from app.datasets.models import Dataset
from app.datasets.states import DatasetState
from app.vault.interface import Vault

#: A file of so many bytes at most is read at once.
SMALL = 256 * 1024
PART = 1024 * 1024
RAW = pa.schema([("part", pa.binary())])


def refuse_more(producer_id: str, most_bytes: int) -> None:
    """Refuse another large file while one is being read, or where the account's room is used up.

    Raises
    ------
    NoRoom
    """
    of_account = (Dataset.producer_id == producer_id, Dataset.state != DatasetState.ERASED)
    reading = select(Dataset.id).where(*of_account, Dataset.state == DatasetState.READING)
    if session().scalar(reading.limit(1)) is not None:
        raise NoRoom(_l("Your last file is still being read. Wait until that is done."))
    taken = session().scalar(select(func.sum(Dataset.file_bytes)).where(*of_account)) or 0
    if taken >= most_bytes:
        raise NoRoom(
            _l("The files of your account take all the room it has. Erase one you do not need.")
        )


def beginning(stream: BinaryIO) -> bytes:
    """Return the first bytes of a file: all of it where it is small, else somewhat more."""
    parts, left = [], SMALL + 1
    while left and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def check_beginning(begun: bytes, limits: Limits) -> None:
    """Refuse a file at once for what is wrong with its first lines.

    Raises
    ------
    UploadError
    """
    lines = begun[: begun.rfind(b"\n") + 1] or begun
    try:
        for _batch in read_csv(io.BytesIO(lines), limits):
            pass
    except UploadError as error:
        # A cell may go on over lines, beyond what is seen here.
        if error.template != messages.QUOTES.template:
            raise


def seal(vault: Vault, object_id: str, begun: bytes, stream: BinaryIO, limits: Limits) -> int:
    """Write the bytes of a file into the vault as they are; return how many.

    Raises
    ------
    UploadError
        Where there are more than the limit.
    """
    size = 0
    with vault.write(object_id, RAW) as writer:
        for part in chain([begun], iter(lambda: stream.read(PART), b"")):
            size += len(part)
            if size > limits.size:
                raise UploadError(messages.TOO_LARGE, limit=limits.size)
            writer.write_batch(pa.record_batch([pa.array([part], pa.binary())], schema=RAW))
    return size


def unsealed(vault: Vault, object_id: str) -> BinaryIO:
    """Return the bytes of a sealed file, to be read from the first to the last."""
    return io.BufferedReader(_Parts(vault, object_id), PART)


class _Parts(io.RawIOBase):
    def __init__(self, vault: Vault, object_id: str) -> None:
        self._parts: Iterator[bytes] = (
            part for batch in vault.batches(object_id) for part in batch.column(0).to_pylist()
        )
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            following = next(self._parts, None)
            if following is None:
                return 0
            self._left = memoryview(following)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
