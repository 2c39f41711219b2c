"""Small schemas and rows, and the slow, obvious way to count them."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from hashlib import md5
from itertools import product

import duckdb
import numpy as np
import pyarrow as pa

from privacy.cube import bounding
from privacy.plan.parts import Contrasts, Part
from privacy.plan.workload import Marginal
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule


def schema_of(
    sizes: tuple[int, ...] = (3, 2),
    measures: tuple[Measure, ...] = (),
    bound: int = 1,
) -> CubeSchema:
    dimensions = tuple(
        Dimension(f"d{i}", tuple(f"v{j}" for j in range(size))) for i, size in enumerate(sizes)
    )
    return CubeSchema(dimensions, measures, bound)


def measure_of(
    name: str = "m",
    rule: MeasureRule = MeasureRule.SUM,
    upper: str = "10",
    knots: tuple[str, ...] = (),
    lower: str = "0",
) -> Measure:
    return Measure(
        name,
        "EUR",
        Decimal(lower),
        Decimal(upper),
        Decimal(1),
        rule,
        tuple(Decimal(knot) for knot in knots),
    )


def rows_of(schema: CubeSchema, rows: Iterable[tuple[object, ...]]) -> pa.Table:
    """Rows of (source, person, *dimensions, *measures), in order within their source."""
    columns = list(zip(*rows, strict=True)) or [()] * (2 + len(schema.axes))
    return pa.table(
        {
            "source": pa.array(columns[0], pa.string()),
            "person": pa.array(columns[1], pa.string()),
            "ordinal": pa.array(range(len(columns[0])), pa.int64()),
            **{
                name: pa.array(columns[2 + i], pa.string() if name in schema.hard else pa.int64())
                for i, name in enumerate(schema.axes)
            },
        }
    )


Kept = dict[tuple[str, str, tuple[str, ...]], tuple[int, ...]]


Ordering = Callable[[str, tuple[str, str, tuple[str, ...]]], object]


def keep_slowly(
    schema: CubeSchema, table: pa.Table, secret: str, ordering: Ordering | None = None
) -> Kept:
    """Combine, clamp and cut in plain Python, by the portable hash unless told otherwise."""
    order = ordering or _hash
    grouped: dict[tuple[str, str, tuple[str, ...]], list[tuple[int, ...]]] = {}
    for row in sorted(table.to_pylist(), key=lambda row: row["ordinal"]):
        cell = tuple(row[name] for name in schema.hard)
        grouped.setdefault((row["source"], row["person"], cell), []).append(
            tuple(row[name] for name in schema.soft)
        )
    records = {key: _combine(schema, values) for key, values in grouped.items()}
    kept: Kept = {}
    for person in {key[:2] for key in records}:
        mine = [key for key in records if key[:2] == person]
        mine.sort(key=lambda key: (order(secret, key), key[2]))
        kept |= {key: records[key] for key in mine[: schema.bound]}
    return kept


def _combine(schema: CubeSchema, values: list[tuple[int, ...]]) -> tuple[int, ...]:
    combined = []
    for measure, column in zip(schema.measures, zip(*values, strict=True), strict=True):
        if measure.rule is MeasureRule.SUM:
            value = sum(column)
        elif measure.rule is MeasureRule.LAST:
            value = column[-1]
        else:
            mean = sum(column) / len(column)
            value = int(np.sign(mean) * np.floor(abs(mean) + 0.5))
        units = measure.knot_units
        combined.append(min(max(value, units[0]), units[-1]))
    return tuple(combined)


def _hash(secret: str, key: tuple[str, str, tuple[str, ...]]) -> str:
    text = "\x1f".join([secret, key[0], key[1], *key[2]])
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def own_hash(schema: CubeSchema) -> Ordering:
    """DuckDB's own hash of a record, asked one record at a time."""
    connection = duckdb.connect()

    @cache
    def of(secret: str, key: tuple[str, str, tuple[str, ...]]) -> int:
        source, person, cell = key
        by_name = dict(zip(schema.hard, cell, strict=True))
        asked, values = "hash(hash($1, $2), $3)", [secret, source, person]
        for part in bounding.keys(schema):
            texts = tuple(by_name[dimension.name] for dimension in part.dimensions)
            values.append(part.cells.index(texts) if part.cells else texts[0])
            kind = "SMALLINT" if part.cells else "VARCHAR"
            asked = f"hash({asked}, CAST(${len(values)} AS {kind}))"
        found = connection.execute(f"SELECT hash({asked})", values).fetchone()
        assert found is not None
        return int(found[0])

    return of


def masses_of(schema: CubeSchema, kept: Kept, marginal: Marginal) -> np.ndarray:
    """Spread each record over a marginal by interpolation; masses in contributions."""
    total = np.zeros(tuple(schema.size(axis) for axis in marginal))
    for (_, _, cell), values in kept.items():
        axes = []
        for axis in marginal:
            if axis in schema.hard:
                vector = np.zeros(schema.size(axis))
                vector[schema.labels(axis).index(cell[schema.hard.index(axis)])] = 1
            else:
                value = values[schema.soft.index(axis)]
                knots = schema.measure(axis).knot_units
                eye = np.eye(len(knots))
                vector = np.array([np.interp(value, knots, eye[j]) for j in range(len(knots))])
            axes.append(vector)
        outer = np.ones(())
        for vector in axes:
            outer = np.multiply.outer(outer, vector)
        total += outer
    return total


def removal(size: int) -> np.ndarray:
    """H of one axis: I - J/d."""
    return np.eye(size) - np.ones((size, size)) / size


def part_matrix(schema: CubeSchema, part: Part, contrasts: Sequence[Contrasts] = ()) -> np.ndarray:
    """What is measured of a part, as one matrix over the whole cube."""
    rows = {one.measure: np.array(one.rows, dtype=float) for one in contrasts}
    matrix = np.ones((1, 1))
    for axis in schema.axes:
        size = schema.size(axis)
        if axis == part.measure:
            seen = rows[axis][part.contrast : part.contrast + 1]
        else:
            seen = removal(size) if axis in part.axes else np.ones((1, size))
        matrix = np.kron(matrix, seen)
    return matrix


def spread_matrix(
    schema: CubeSchema, part: Part, contrasts: Sequence[Contrasts] = ()
) -> np.ndarray:
    """How a part is spread over the whole cube, as one matrix."""
    columns = {
        one.measure: np.linalg.inv(np.vstack([np.ones(len(one.rows) + 1), *one.rows]))
        for one in contrasts
    }
    matrix = np.ones((1, 1))
    for axis in schema.axes:
        size = schema.size(axis)
        if axis in columns:
            at = part.contrast + 1
            spread = columns[axis][:, at : at + 1]
        else:
            spread = removal(size) if axis in part.axes else np.ones((size, 1)) / size
        matrix = np.kron(matrix, spread)
    return matrix


def table_matrix(schema: CubeSchema, marginal: Marginal) -> np.ndarray:
    """The marginal as one matrix over the whole cube."""
    matrix = np.ones((1, 1))
    for axis in schema.axes:
        size = schema.size(axis)
        matrix = np.kron(matrix, np.eye(size) if axis in marginal else np.ones((1, size)))
    return matrix


def all_cells(schema: CubeSchema) -> list[tuple[int, ...]]:
    return list(product(*(range(schema.size(axis)) for axis in schema.axes)))
