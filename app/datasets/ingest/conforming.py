"""Text columns into rows of a cube, or the first twenty reasons why not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa

from app.datasets.ingest import messages
from app.datasets.ingest.errors import UploadError, UploadErrors
from app.datasets.ingest.mapping import ColumnMapping, DimensionFeed
from app.datasets.ingest.reading import ROW
from app.datasets.ingest.refusals import Refused, check_text, read_number
from privacy.schema import CubeSchema, Dimension, Measure
from traces.text import normalise

MOST_ERRORS = 20
MOST_ALLOWED_SHOWN = 12
MOST_UNITS = 10**12
MOST_PERSON = 200
EVERYONE = "me"
HEADER_ROWS = 1


def conform(
    batches: Iterable[pa.RecordBatch], schema: CubeSchema, mapping: ColumnMapping
) -> Iterator[pa.RecordBatch]:
    """Turn the rows of a file into rows of a cube, batch by batch.

    Yields columns `person` (text), `ordinal` (int64), dimensions (text, within their domains)
    and measures (int64, in units of their resolution, not yet clamped). After the first error
    nothing more is yielded, but the rest is still looked at for up to 20 errors in all.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        Text columns, as `read_csv` yields them.
    schema : CubeSchema
    mapping : ColumnMapping

    Raises
    ------
    UploadErrors
        With row, column and remedy of each; a cell is never repeated.
    """
    readers = _readers(schema, mapping)
    errors: list[UploadError] = []
    done = 0
    for batch in batches:
        if done == 0:
            _check_columns(batch.schema.names, mapping)
        columns = [
            _read(batch, column, reader, kind, done, errors) for column, kind, reader in readers
        ]
        ordinal = pa.array(np.arange(done, done + batch.num_rows, dtype=np.int64))
        done += batch.num_rows
        if len(errors) >= MOST_ERRORS:
            break
        if not errors:
            names = ["person", "ordinal", *schema.axes]
            yield pa.RecordBatch.from_arrays([columns[0], ordinal, *columns[1:]], names=names)
    if errors:
        errors.sort(key=lambda error: error.row or 0)
        raise UploadErrors(tuple(errors[:MOST_ERRORS]))


Reader = Callable[[str], str | int]


def _readers(
    schema: CubeSchema, mapping: ColumnMapping
) -> list[tuple[str | None, pa.DataType, Reader]]:
    readers: list[tuple[str | None, pa.DataType, Reader]] = [(mapping.person, pa.string(), _person)]
    for dimension in schema.dimensions:
        feed = mapping.dimensions[dimension.name]
        readers.append((feed.column, pa.string(), _dimension_reader(dimension, feed)))
    for measure in schema.measures:
        column = mapping.measures[measure.name]
        readers.append(
            (column, pa.int64(), _measure_reader(measure, mapping.decimals.get(measure.name, "")))
        )
    return readers


def _check_columns(names: list[str], mapping: ColumnMapping) -> None:
    wanted = [feed.column for feed in mapping.dimensions.values()] + [*mapping.measures.values()]
    if mapping.person is not None:
        wanted.append(mapping.person)
    missing = [column for column in dict.fromkeys(wanted) if column not in names]
    if missing:
        raise UploadErrors(
            tuple(UploadError(messages.COLUMN_MISSING, None, column) for column in missing)
        )


def _read(
    batch: pa.RecordBatch,
    column: str | None,
    reader: Reader,
    kind: pa.DataType,
    done: int,
    errors: list[UploadError],
) -> pa.Array:
    """Read each different cell of a column once."""
    if column is None:
        return pa.repeat(pa.scalar(EVERYONE, kind), batch.num_rows)
    encoded = batch.column(column).dictionary_encode()
    read: list[str | int | None] = []
    refused: dict[int, Refused] = {}
    for code, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            read.append(reader((text or "").strip(" ")))
        except Refused as refusal:
            refused[code] = refusal
            read.append(None)
    if refused:
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        places = batch.column(ROW).to_pylist() if ROW in batch.schema.names else ()
        for row in np.flatnonzero(np.isin(codes, list(refused)))[:MOST_ERRORS].tolist():
            why = refused[int(codes[row])]
            at = places[row] if places else done + row + 1 + HEADER_ROWS
            errors.append(UploadError(why.message, at, column, **why.params))
    return pa.array(read, kind).take(encoded.indices)


def _person(text: str) -> str:
    # As they are counted before: a name with a no-break space after it is the same person.
    text = text.strip()
    check_text(text)
    if len(text) > MOST_PERSON:
        raise Refused(messages.TOO_LONG, limit=MOST_PERSON)
    return text


def _measure_reader(measure: Measure, sign: str) -> Reader:
    largest = measure.resolution * MOST_UNITS

    def read(text: str) -> int:
        value = read_number(text, sign)
        if abs(value) > largest:
            raise Refused(messages.NUMBER_TOO_LARGE)
        return measure.to_units(value)

    return read


def _dimension_reader(dimension: Dimension, feed: DimensionFeed) -> Reader:
    domain = frozenset(dimension.domain)
    label = feed.transform.label
    shown = dimension.domain[:MOST_ALLOWED_SHOWN]
    known = _known(dimension, feed)
    more = ["…"] if len(dimension.domain) > MOST_ALLOWED_SHOWN else []
    allowed = ", ".join([*shown, *more])

    def read(text: str) -> str:
        if dimension.other is not None and not text.strip():
            return dimension.other
        named = label(text)
        if named in domain:
            return named
        if (value := known.get(normalise(named))) is not None:
            return value
        check_text(text)
        if dimension.other is not None:
            return dimension.other
        raise Refused(messages.OUTSIDE, allowed=allowed)

    return read


def _known(dimension: Dimension, feed: DimensionFeed) -> dict[str, str]:
    """Return what a text stands for, compared without case, accents or spaces around."""
    plain = Counter(normalise(value) for value in dimension.domain)
    same = {normalise(value): value for value in dimension.domain}
    alike = {text: value for text, value in same.items() if plain[text] == 1}
    return alike | {normalise(text): value for text, value in feed.aliases.items()}
