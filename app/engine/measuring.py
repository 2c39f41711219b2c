"""Count and measure an edition: rows stream from the vault into the engine.

The charge must be committed before either is called.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from app.engine.linking import hashed, one_source_each
from privacy.counting import count_people
from privacy.cube.engine import Engine
from privacy.measure import measure
from privacy.plan.counting import CountPlan
from privacy.plan.noise_plan import NoisePlan
from privacy.release import Release
from privacy.schema import CubeSchema

if TYPE_CHECKING:
    import ibis.expr.types as ir

READ_PERCENT = 80
STREAMS = 20


class RowStore(Protocol):
    """The one thing asked of a vault."""

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch."""
        ...


class SourceFile(Protocol):
    """A file of a source.

    Attributes
    ----------
    rows_object : str
        The vault's object.
    person : str
        The one person that all its rows are about; empty where the rows say it.
    """

    @property
    def rows_object(self) -> str: ...  # noqa: D102

    @property
    def person(self) -> str: ...  # noqa: D102


#: The files of each source: whose people are bounded, counted and paid together.
Sources = Mapping[str, Sequence[SourceFile]]
PEOPLE_COLUMNS = pa.schema([("source", pa.string()), ("person", pa.string())])


def row_schema(schema: CubeSchema) -> pa.Schema:
    """Return the columns of a vault object of this cube: person, ordinal, dimensions, measures."""
    return pa.schema(
        [("person", pa.string()), ("ordinal", pa.int64())]
        + [(name, pa.string()) for name in schema.hard]
        + [(name, pa.int64()) for name in schema.soft]
    )


def measure_edition(
    engine: Engine,
    vault: RowStore,
    sources: Sources,
    schema: CubeSchema,
    plan: NoisePlan,
    secret: str,
    on_progress: Callable[[int], None],
    before_noise: Callable[[], None] = lambda: None,
    *,
    linked: bool = False,
) -> Release:
    """Measure the datasets of an edition together, once.

    Parameters
    ----------
    engine : Engine
        Closed by the caller.
    vault : RowStore
    sources : mapping of source to its files
        A person in several files of a source is one person.
    schema : CubeSchema
        The plan's own.
    plan : NoisePlan
    secret : str
        Of the edition, random, never published.
    on_progress : callable
        Called with a percentage, 0 to 100, by whole sources: says nothing of their sizes.
    before_noise : callable
        Called once when all is counted and no noise is drawn yet; what it raises ends the
        measurement without any.
    linked : bool
        Whether what names a person is the same in all sources: a person in several is one.

    Raises
    ------
    PlanError
        For a plan of another schema or other sources, before any row is read.
    EngineError
        Where the engine fails, without details of the query.
    """
    plan.check_sources(tuple(sources))
    plan.check_schema(schema)
    on_progress(0)
    columns = row_schema(schema).insert(0, pa.field("source", pa.string()))
    if linked:
        tables = iter([_all_linked(engine, vault, sources, columns, secret)])
    else:
        tables = _tables(engine, vault, sources, columns, on_progress)
    release = measure(engine, tables, plan, secret, tuple(sources), before_noise)
    on_progress(100)
    return release


def count_edition(
    engine: Engine,
    vault: RowStore,
    sources: Sources,
    plan: CountPlan,
    before_noise: Callable[[], None] = lambda: None,
    *,
    link: str = "",
) -> int:
    """Count the people of an edition with noise, once.

    Parameters
    ----------
    sources : mapping of source to its files
        A person in several files of a source is one person.
    before_noise : callable
        As for `measure_edition`.
    link : str
        The edition's secret, where what names a person is the same in all sources.

    Raises
    ------
    EngineError
        Where the engine fails, without details of the query.
    """
    if link:
        tables = iter([_all_linked(engine, vault, sources, PEOPLE_COLUMNS, link)])
    else:
        tables = _tables(engine, vault, sources, PEOPLE_COLUMNS, lambda _: None)
    return count_people(engine, tables, plan, before_noise)


def _tables(
    engine: Engine,
    vault: RowStore,
    sources: Sources,
    columns: pa.Schema,
    on_progress: Callable[[int], None],
) -> Iterator["ir.Table"]:
    """Stream some sources at a time, so that progress is told between, from this thread."""
    items = list(sources.items())
    size = -(-len(items) // STREAMS)
    for start in range(0, len(items), size):
        yield engine.stream(columns, _rows(vault, items[start : start + size], columns))
        on_progress(READ_PERCENT * min(start + size, len(items)) // len(items))


def _all_linked(
    engine: Engine, vault: RowStore, sources: Sources, columns: pa.Schema, secret: str
) -> "ir.Table":
    """Read all sources into one table, with a person in several of them in one alone."""
    place = columns.get_field_index("person")
    batches = (
        batch.set_column(place, "person", hashed(batch.column(place), secret))
        for batch in _rows(vault, sources.items(), columns, go_on=True)
    )
    return one_source_each(engine, engine.stream(columns, batches), secret)


def _rows(
    vault: RowStore,
    items: Iterable[tuple[str, Sequence[SourceFile]]],
    columns: pa.Schema,
    *,
    go_on: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of some sources; `go_on` counts them on from one source to the next."""
    before = 0
    for source, files in items:
        before = before if go_on else 0
        for file in files:
            count = 0
            for batch in vault.batches(file.rows_object):
                count += batch.num_rows
                yield _labelled(batch, source, file.person, before, columns)
            before += count


def _labelled(
    batch: pa.RecordBatch, source: str, person: str, before: int, columns: pa.Schema
) -> pa.RecordBatch:
    """Name the source of some rows, and count them on from its earlier files."""
    size = batch.num_rows
    known = {"source": pa.repeat(pa.scalar(source, pa.string()), size)}
    if person:
        known["person"] = pa.repeat(pa.scalar(person, pa.string()), size)
    if "ordinal" in columns.names:
        known["ordinal"] = pc.add(batch.column("ordinal"), before)
    arrays = [known[name] if name in known else batch.column(name) for name in columns.names]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)
