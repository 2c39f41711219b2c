"""Sum bounded records by cell, each measure shared between the two knots around its value.

Builds Ibis expressions and runs none.

A record is a mass of 1. A dimension puts it on one value; a measure shares it between the two
knots around its value, in whole multiples of 1/q. Masses are counted in those multiples.
"""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.errors import SchemaError
from privacy.plan.workload import Marginal
from privacy.schema import CubeSchema, Measure

Exact = npt.NDArray[np.object_]
"""Array of Python integers: (d_1, ..., d_n), one axis per axis of the marginal."""

# Names of dimensions are printable, so none begins like this.
MASS = "\x1fmass"


def cells(
    kept: ir.Table,
    schema: CubeSchema,
    closure: tuple[Marginal, ...],
    keys: tuple[str, ...],
    totals: Mapping[str, ir.IntegerScalar],
    where: ir.BooleanColumn | None = None,
) -> ir.Table:
    """Sum the masses of all records in each occupied cell of each source.

    Parameters
    ----------
    kept : ibis Table
        Records, of which at most k per person satisfy `where`.
    schema : CubeSchema
    closure : tuple of Marginal
    keys : tuple of str
        The columns that tell cells apart.
    totals : mapping of str to ibis scalar
        What else to sum in each cell.
    where : ibis boolean column, optional
        Which records count.
    """
    masses = {
        mass_column(schema, soft, knots): _mass(kept, schema, soft, knots, where)
        for soft in soft_parts(schema, closure)
        for knots in _knots(schema, soft)
    }
    return kept.group_by("source", *keys).agg(**masses, **totals)


def roll_up(occupied: ir.Table, schema: CubeSchema, hard: Marginal) -> ir.Table:
    """Sum the masses of occupied cells over all dimensions but those in `hard`."""
    masses = {name: occupied[name].sum() for name in occupied.columns if name.startswith(MASS)}
    return occupied.group_by(*hard).agg(**masses) if hard else occupied.agg(**masses)


def dense(summed: pa.Table, schema: CubeSchema, marginal: Marginal) -> Exact:
    """Return a summed table as an array over the marginal's axes, zeros included.

    Parameters
    ----------
    summed : pyarrow.Table
        `roll_up` to at least the marginal's dimensions.
    schema : CubeSchema
    marginal : Marginal

    Returns
    -------
    Exact
        Masses in multiples of 1/q.
    """
    hard = tuple(axis for axis in marginal if axis in schema.hard)
    soft = tuple(axis for axis in marginal if axis in schema.soft)
    array = np.zeros(tuple(schema.size(axis) for axis in marginal), dtype=object)
    if summed.num_rows == 0:
        return array
    index = tuple(_codes(summed.column(axis), schema.labels(axis)) for axis in hard)
    for knots in _knots(schema, soft):
        masses = summed.column(mass_column(schema, soft, knots)).to_pylist()
        values = np.array([int(mass or 0) for mass in masses], dtype=object)
        if hard:
            at: Any = (*index, *knots)
            np.add.at(array, at, values)
        else:
            array[knots] += int(values.sum())
    return array


def soft_parts(schema: CubeSchema, closure: tuple[Marginal, ...]) -> tuple[Marginal, ...]:
    """List the sets of measures that occur together in a table, the empty one included."""
    parts = {tuple(axis for axis in subset if axis in schema.soft) for subset in closure}
    return tuple(sorted(parts, key=lambda part: (len(part), part)))


def largest_hard_parts(schema: CubeSchema, closure: tuple[Marginal, ...]) -> tuple[Marginal, ...]:
    """List the sets of dimensions from which all other tables follow by summing."""
    parts = {tuple(axis for axis in subset if axis in schema.hard) for subset in closure}
    return tuple(
        sorted(part for part in parts if not any(set(part) < set(larger) for larger in parts))
    )


def mass_column(schema: CubeSchema, soft: Marginal, knots: tuple[int, ...]) -> str:
    """Name the column that holds the mass near these knots of these measures."""
    positions = [
        f"{schema.soft.index(axis)}.{knot}" for axis, knot in zip(soft, knots, strict=True)
    ]
    return " ".join([MASS, *positions])


def _knots(schema: CubeSchema, soft: Marginal) -> list[tuple[int, ...]]:
    return list(product(*(range(schema.size(axis)) for axis in soft)))


def _mass(
    kept: ir.Table,
    schema: CubeSchema,
    soft: Marginal,
    knots: tuple[int, ...],
    where: ir.BooleanColumn | None,
) -> ir.IntegerScalar:
    if not soft:
        return kept.count(where=where)
    measures = [schema.measure(axis) for axis in soft]
    hats = [
        _hat(kept[measure.name].cast("int64"), measure, knot)
        for measure, knot in zip(measures, knots, strict=True)
    ]
    return prod(hats[1:], start=hats[0]).sum(where=where)


def _hat(value: ir.IntegerColumn, measure: Measure, knot: int) -> ir.IntegerColumn:
    """Weigh a knot by how near the value is, in multiples of 1/q: a piecewise linear hat.

    `value` lies within the bounds, so the two sides need no outer edge.
    """
    units, q = measure.knot_units, measure.grid
    sides = []
    if knot > 0:
        step = q // (units[knot] - units[knot - 1])
        sides.append((value - units[knot - 1]) * step)
    if knot < len(units) - 1:
        step = q // (units[knot + 1] - units[knot])
        sides.append((units[knot + 1] - value) * step)
    inner = sides[0] if len(sides) == 1 else ibis.least(*sides)
    return inner if len(units) == 2 else ibis.greatest(inner, 0)


def _codes(column: pa.ChunkedArray, labels: tuple[str, ...]) -> npt.NDArray[np.intp]:
    position = {label: code for code, label in enumerate(labels)}
    try:
        return np.array([position[value] for value in column.to_pylist()], dtype=np.intp)
    except KeyError:
        raise SchemaError("A record lies outside its dimension") from None
