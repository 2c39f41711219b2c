"""A JSON array of flat objects, or JSON lines, into text columns.

The file is gone through twice: once for the names of the columns, once for the rows.
"""

import io
import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import pyarrow as pa

from app.datasets.ingest import messages
from app.datasets.ingest.encodings import Opened, beginning_as_text, encoding_of
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.reading import Batches, Limits, header_names
from traces.errors import Damaged
from traces.json_stream import elements
from traces.streams import counted

_BEGINNING = 1 << 12
_LOOKS = re.compile(r"\s*(?:\[\s*[{\]]|\{\s*[\"}])")


def looks_like_json(beginning: str) -> bool:
    """Tell whether a file begins as JSON does: with an object, or an array of them."""
    return _LOOKS.match(beginning) is not None


def read_json(opened: Opened, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Read objects as rows, as `read_csv` reads lines; a key that is missing is a blank cell.

    Raises
    ------
    UploadError
        At the first thing that is wrong.
    """
    encoding = encoding_of(opened)
    with opened() as stream:
        array = beginning_as_text(stream.read(_BEGINNING)).lstrip().startswith("[")
    names: dict[str, None] = {}
    for row, element in _numbered(opened, encoding, array, limits):
        names.update(dict.fromkeys(_flat(element, row)))
        if len(names) > limits.columns:
            raise UploadError(messages.TOO_MANY_COLUMNS, limit=limits.columns)
    if not names:
        raise UploadError(messages.EMPTY)
    batches = Batches(header_names(list(names), limits), limits)
    for row, element in _numbered(opened, encoding, array, limits):
        record = [_text(element.get(name)) for name in names]
        _check_letters(record, names, row)
        if full := batches.add(record, row):
            yield full
    yield from batches.rest()


def _numbered(
    opened: Opened, encoding: str, array: bool, limits: Limits
) -> Iterator[tuple[int, Any]]:
    """Yield each object with its place in the file, from 1: its line in JSON lines."""
    until = time.monotonic() + limits.seconds
    row = 0
    try:
        with io.TextIOWrapper(counted(opened(), limits.size), encoding=encoding) as text:
            source = enumerate(elements(text), 1) if array else _lines(text, limits)
            for row, element in source:
                if time.monotonic() > until:
                    raise UploadError(messages.TOO_SLOW, row, limit=round(limits.seconds))
                yield row, element
    except Damaged:
        raise UploadError(messages.NOT_JSON, row + 1) from None
    except UnicodeDecodeError:
        raise UploadError(messages.NOT_UTF_8, row + 1) from None


def _lines(text: io.TextIOWrapper, limits: Limits) -> Iterator[tuple[int, Any]]:
    longest = limits.field * 4 * min(limits.columns, 50)
    row = 0
    while line := text.readline(longest):
        row += 1
        if line.strip("\ufeff \t\r\n"):
            yield row, _value(line.lstrip("\ufeff"), row)


def _value(line: str, row: int) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise UploadError(messages.NOT_JSON, row) from None


def _flat(element: Any, row: int) -> dict[str, Any]:
    if not isinstance(element, dict):
        raise UploadError(messages.NOT_OBJECTS, row)
    for name, value in element.items():
        if isinstance(value, dict | list):
            shown = name if name.isprintable() and 0 < len(name) <= 80 else None
            raise UploadError(messages.NOT_FLAT, row, shown)
    return element


def _check_letters(record: list[str], names: Iterable[str], row: int) -> None:
    """Refuse half a letter, which JSON can name by its number and no text can hold."""
    for name, text in zip(names, record, strict=True):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UploadError(messages.NOT_UTF_8, row, name) from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _refuse(_: str) -> NoReturn:
    raise ValueError
