"""Streams that count what they give, and views that leave the stream below open."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import IO, BinaryIO

from traces.errors import Damaged, Refused, TooLarge

_BUFFER = 1 << 18


class _Counting(io.RawIOBase):
    """A stream that counts again what it gives, whatever the archive said."""

    def __init__(self, inner: io.BufferedIOBase | IO[bytes], most: int) -> None:
        self._inner = inner
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        failure: type[Refused] | None = None
        read = b""
        try:
            read = self._inner.read(len(buffer))
        except Refused as refused:
            failure = type(refused)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            RuntimeError,
        ):
            failure = Damaged
        self._left -= len(read)
        if self._left < 0:
            failure = TooLarge
        if failure is not None:
            raise failure()
        buffer[: len(read)] = read
        return len(read)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


def counted(inner: io.BufferedIOBase | IO[bytes], most: int) -> BinaryIO:
    """Return a stream that raises `TooLarge` after so many bytes, and `Damaged` where it breaks."""
    return io.BufferedReader(_Counting(inner, most), _BUFFER)


class _Kept(io.RawIOBase):
    """A view of a stream from its beginning; closing it leaves the stream open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._stream.seek(self._at)
        self._at = self._stream.seek(offset, whence)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._stream.seek(self._at)
        read = self._stream.read(len(buffer))
        self._at += len(read)
        buffer[: len(read)] = read
        return len(read)


def rewound(stream: BinaryIO) -> BinaryIO:
    """Return a view of a stream from its beginning; closing it leaves the stream open."""
    return io.BufferedReader(_Kept(stream), _BUFFER)
