"""Measure an edition: rows stream from the vault into the engine, a release comes out.

The charge must be committed before this is called.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from privacy.cube.engine import Engine
from privacy.measure import measure
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
    object_ids: Mapping[str, Sequence[str]],
    schema: CubeSchema,
    plan: NoisePlan,
    secret: str,
    on_progress: Callable[[int], None],
    before_noise: Callable[[], None] = lambda: None,
) -> Release:
    """Measure the datasets of an edition together, once.

    Parameters
    ----------
    engine : Engine
        Closed by the caller.
    vault : RowStore
    object_ids : mapping of source to object ids
        A source is all that one producer has in the edition, in however many files: a person of
        theirs in several of them is one person.
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

    Raises
    ------
    PlanError
        For a plan of another schema or other sources, before any row is read.
    EngineError
        Where the engine fails, without details of the query.
    """
    plan.check_sources(tuple(object_ids))
    plan.check_schema(schema)
    on_progress(0)
    tables = _tables(engine, vault, object_ids, schema, on_progress)
    release = measure(engine, tables, plan, secret, tuple(object_ids), before_noise)
    on_progress(100)
    return release


def _tables(
    engine: Engine,
    vault: RowStore,
    object_ids: Mapping[str, Sequence[str]],
    schema: CubeSchema,
    on_progress: Callable[[int], None],
) -> Iterator["ir.Table"]:
    """Stream some sources at a time, so that progress is told between, from this thread."""
    columns = row_schema(schema).insert(0, pa.field("source", pa.string()))
    items = list(object_ids.items())
    size = -(-len(items) // STREAMS)
    for start in range(0, len(items), size):
        yield engine.stream(columns, _rows(vault, items[start : start + size], columns))
        on_progress(READ_PERCENT * min(start + size, len(items)) // len(items))


def _rows(
    vault: RowStore, items: list[tuple[str, Sequence[str]]], columns: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for source, object_ids in items:
        before = 0
        for object_id in object_ids:
            count = 0
            for batch in vault.batches(object_id):
                count += batch.num_rows
                yield _labelled(batch, source, before, columns)
            before += count


def _labelled(
    batch: pa.RecordBatch, source: str, before: int, columns: pa.Schema
) -> pa.RecordBatch:
    """Name the source of some rows, and count them on from its earlier files."""
    labels = pa.repeat(pa.scalar(source, pa.string()), batch.num_rows)
    rest = [batch.column(name) for name in columns.names[1:]]
    place = columns.names.index("ordinal") - 1
    rest[place] = pc.add(rest[place], before)
    return pa.RecordBatch.from_arrays([labels, *rest], schema=columns)
