"""Decoding text, strictly, and names of columns that compare."""

from __future__ import annotations

import codecs
import io
import unicodedata
from collections.abc import Callable, Iterator
from typing import BinaryIO, TextIO

from traces.errors import Damaged

_CHUNK = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Bytes that are control characters in ISO-8859-15, and letters and signs in Windows-1252.
_CONTROLS = frozenset(range(0x80, 0xA0))
#: Bytes that are "€", "Œ", "œ" in ISO-8859-15, and signs that banks never write in Windows-1252.
_EURO = frozenset((0xA4, 0xBC, 0xBD))

_LIKE = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u00ab": '"', "\u00bb": '"', "\u201c": '"', "\u201d": '"'}
)


def encoding_of(opened: Callable[[], BinaryIO]) -> str:
    """Return the encoding of a whole file, which is read once for it.

    A byte order mark decides. Else it is UTF-8 where every byte fits; else Windows-1252, or
    ISO-8859-15 where that alone makes sense of the bytes.

    Parameters
    ----------
    opened : callable
        Opens the file anew.

    Raises
    ------
    Damaged
        A byte that no encoding has, or a file that is not text.
    """
    with opened() as stream:
        head = stream.read(_CHUNK)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        if b"\0" in head:
            raise Damaged()
        decoder = codecs.getincrementaldecoder("utf-8")()
        utf8 = True
        high: set[int] = set()
        while head:
            if utf8:
                utf8 = _fits(decoder, head)
            high.update(head)
            head = stream.read(_CHUNK)
        if utf8 and _fits(decoder, b"", final=True):
            return "utf-8"
    return "iso-8859-15" if high & _EURO and not high & _CONTROLS else "cp1252"


def open_text(opened: Callable[[], BinaryIO], encoding: str | None = None) -> io.TextIOWrapper:
    """Return the file as text, with its ends of lines as they are.

    Parameters
    ----------
    opened : callable
        Opens the file anew.
    encoding : str, optional
        By default, what `encoding_of` finds. Decoding is strict.
    """
    return io.TextIOWrapper(
        opened(), encoding=encoding or encoding_of(opened), errors="strict", newline=""
    )


def lines(text: TextIO) -> Iterator[str]:
    """Iterate over the lines of a text, without their ends.

    Raises
    ------
    Damaged
        A line without end, or bytes of another encoding.
    """
    while True:
        line: str | None = None
        try:
            line = text.readline(_CHUNK)
        except UnicodeError:
            pass
        if line is None or len(line) >= _CHUNK:
            raise Damaged()
        if not line:
            return
        yield line.rstrip("\r\n")


def decode_head(head: bytes) -> str | None:
    """Return the beginning of a file as text, or None where it is not text.

    The last character may be cut. What is not UTF-8 is read as Windows-1252, for recognising alone.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return _decoded(head, name)
    if b"\0" in head:
        return None
    text = _decoded(head, "utf-8")
    return head.decode("cp1252", "replace") if text is None else text


def normalise(name: str) -> str:
    r"""Return a name of a column, so that it compares with others.

    Small letters, no accents, byte order marks, quotes around or spaces that are not plain.

    Examples
    --------
    >>> normalise('\ufeff"Libellé\u00a0de l’opération "')
    "libelle de l'operation"
    """
    plain = unicodedata.normalize("NFKD", name.replace("\ufeff", "").translate(_LIKE))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(bare.split()).strip("\"' ").casefold()


def mended(text: str) -> str:
    """Return text whose UTF-8 bytes were written as Latin-1 letters, as some exports do.

    Text that was not broken this way stays as it is.
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _fits(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(head: bytes, name: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeError:
        return None
