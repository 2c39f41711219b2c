"""How a file comes in: its bytes are sealed as they are, and read by the worker.

Reading a file costs as much as its writer wants, so no request reads a large one, packed or
unpacked. A small one is read at once: its owner hears what is wrong with it at the field, and
waits for nobody.
"""

import io
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.core.db import session
from app.datasets.errors import NoRoom
from app.datasets.ingest import messages
from app.datasets.ingest.encodings import beginning_as_text, sixteen
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.json_rows import looks_like_json
from app.datasets.ingest.reading import Limits
from app.datasets.ingest.tables import is_packed, read_table
from app.datasets.models import Dataset
from app.datasets.states import DatasetState
from app.vault.interface import Vault
from traces import central_directory
from traces.errors import Refused

#: A file of so many bytes at most is read at once.
SMALL = 256 * 1024
#: What a small zip or workbook may hold, unpacked, to be read at once.
SMALL_UNPACKED = 8 * SMALL
#: Files in a zip that is looked at in a request.
MOST_INSIDE = 200
PART = 1024 * 1024
ZIP, GZIP = b"PK", b"\x1f\x8b"
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


def is_small(begun: bytes) -> bool:
    """Tell whether a file, as `beginning` returned it, is read at once.

    A zip says how large its files are; no more of one than that is ever unpacked.
    """
    if len(begun) > SMALL or not begun.startswith(ZIP):
        return len(begun) <= SMALL and not begun.startswith(GZIP)
    stream = io.BytesIO(begun)
    try:
        central_directory.check(stream, MOST_INSIDE)
        inside = zipfile.ZipFile(stream).infolist()
    except (Refused, zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # refused at once, before anything is unpacked
    nested = any(info.filename.casefold().endswith((".zip", ".xlsx", ".gz")) for info in inside)
    return not nested and sum(info.file_size for info in inside) <= SMALL_UNPACKED


def check_beginning(begun: bytes, limits: Limits) -> None:
    """Refuse a file at once for what is wrong with its first lines; a packed one shows none.

    Raises
    ------
    UploadError
    """
    if is_packed(begun):
        return
    text = beginning_as_text(begun)
    if looks_like_json(text):
        return
    wide = sixteen(begun)
    lines = text[: text.rfind("\n") + 1].encode() if wide else begun[: begun.rfind(b"\n") + 1]
    try:
        for _batch in read_table(lambda: io.BytesIO(lines or begun), limits):
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
    """Return the bytes of a sealed file; going back in it means reading it anew from the first."""
    return io.BufferedReader(_Parts(vault, object_id), PART)


class _Parts(io.RawIOBase):
    def __init__(self, vault: Vault, object_id: str) -> None:
        self._vault = vault
        self._object_id = object_id
        self._size: int | None = None
        self._rewind()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        wanted = max(0, offset + (self._whole() if base is None else base))
        if wanted < self._at:
            self._rewind()
        while self._at < wanted and self._more():
            self._take(wanted - self._at)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if not self._more():
            return 0
        taken = self._take(len(buffer))
        buffer[: len(taken)] = taken
        return len(taken)

    def _rewind(self) -> None:
        self._at = 0
        self._left = memoryview(b"")
        self._parts = self._read()

    def _read(self) -> Iterator[bytes]:
        for batch in self._vault.batches(self._object_id):
            yield from batch.column(0).to_pylist()

    def _more(self) -> bool:
        while not self._left:
            following = next(self._parts, None)
            if following is None:
                return False
            self._left = memoryview(following)
        return True

    def _take(self, most: int) -> memoryview:
        taken, self._left = self._left[:most], self._left[most:]
        self._at += len(taken)
        return taken

    def _whole(self) -> int:
        if self._size is None:
            self._size = sum(len(part) for part in self._read())
        return self._size
