"""Bound what one person contributes: at most k records, values held within bounds.

Builds Ibis expressions and runs none.

The input has columns `source`, `person` (text), `ordinal` (int64, the order of a row in its
source), each dimension (text, within its domain) and each measure (int64, in units of its
resolution). A person is a (source, person) pair.

Dimensions with short domains are joined into small whole numbers before anything is grouped or
sorted; numbers order as the texts do, so that the choice of records is that of the texts.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod

import ibis
import ibis.expr.types as ir

from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule

PERSON = ("person", "source")
SEPARATOR = "\x1f"
# Names of dimensions are printable, so none of these is one.
PEOPLE = "people" + SEPARATOR
KEPT = "kept" + SEPARATOR
BROUGHT = "brought" + SEPARATOR
RANK = "rank" + SEPARATOR
LONGEST_DOMAIN = 32
MOST_CODES = 4096
NARROW = 2**31


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]  # ibis is untyped
def _md5(text: str) -> str:
    """Hash text, equally on every engine."""
    raise NotImplementedError


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _mixed(one, other) -> int:  # type: ignore[no-untyped-def]  # of any two types
    """Hash two values by the engine's own hash."""
    raise NotImplementedError


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _hashed_again(value) -> int:  # type: ignore[no-untyped-def]
    """Hash one value by the engine's own hash."""
    raise NotImplementedError


@dataclass(frozen=True)
class Key:
    """A column in place of some neighbouring dimensions: a code for several, or the text of one.

    Parameters
    ----------
    name : str
    dimensions : tuple of Dimension
    cells : tuple of tuple of str
        Values of the dimensions for each code, in the order of the texts; empty for a text.
    """

    name: str
    dimensions: tuple[Dimension, ...]
    cells: tuple[tuple[str, ...], ...]

    def encode(self, rows: ir.Table) -> ir.Column:
        """Return the code of each row, or the text itself."""
        if not self.cells:
            return rows[self.name]
        codes = [
            rows[d.name].cases(*((value, code) for code, value in enumerate(sorted(d.domain))))
            for d in self.dimensions
        ]
        sizes = [len(d.domain) for d in self.dimensions]
        steps = [prod(sizes[position + 1 :]) for position in range(len(sizes))]
        weighed = [
            code.cast("int16") * ibis.literal(step, "int16")
            for code, step in zip(codes, steps, strict=True)
        ]
        return reduce(lambda one, other: one + other, weighed).cast("int16")

    def text(self, coded: ir.Table) -> ir.Column:
        """Return the texts of the dimensions, joined."""
        if not self.cells:
            return coded[self.name]
        return _look_up([SEPARATOR.join(cell) for cell in self.cells], coded[self.name])

    def decode(self, coded: ir.Table) -> dict[str, ir.Column]:
        """Return each dimension's text."""
        if not self.cells:
            return {self.name: coded[self.name]}
        return {
            dimension.name: _look_up([cell[position] for cell in self.cells], coded[self.name])
            for position, dimension in enumerate(self.dimensions)
        }


def keys(schema: CubeSchema) -> tuple[Key, ...]:
    """Join neighbouring dimensions into as few codes as possible; long domains stay text."""
    groups: list[list[Dimension]] = []
    for dimension in schema.dimensions:
        joined = [*(groups[-1] if groups else []), dimension]
        short = max(len(d.domain) for d in joined) <= LONGEST_DOMAIN
        if groups and short and prod(len(d.domain) for d in joined) <= MOST_CODES:
            groups[-1] = joined
        else:
            groups.append([dimension])
    return tuple(_key(position, tuple(group)) for position, group in enumerate(groups))


def records(rows: ir.Table, schema: CubeSchema) -> ir.Table:
    """Reduce rows to one record per person and hard cell, measures combined, then clamped.

    Columns are `person`, `source`, the keys and the measures.
    """
    cell = {key.name: key.encode(rows) for key in keys(schema)}
    if not schema.measures:
        return rows.select(*PERSON, **cell).distinct()
    ordinal = [m for m in schema.measures if m.rule is MeasureRule.LAST]
    used = [*PERSON, *(["ordinal"] if ordinal else []), *schema.soft]
    coded = rows.select(*used, **cell)
    combined = coded.group_by(*PERSON, *cell).agg(
        **{measure.name: _combine(coded, measure) for measure in schema.measures}
    )
    return combined.mutate(
        **{measure.name: _clamp(combined, measure) for measure in schema.measures}
    )


def ranked(rows: ir.Table, schema: CubeSchema, secret: str, own_hash: bool = False) -> ir.Table:
    """Rank each person's records by a keyed hash, from 0; those below k are kept.

    Rows are read once. Columns are those of `records` and the rank. Where k records are as many
    as there are cells, nothing is cut and nothing hashed. All records are returned: engines turn
    "the first k of each" into lists by person, which cost several times as much as ranks do.

    Parameters
    ----------
    rows : ibis Table
    schema : CubeSchema
    secret : str
        Of the edition, never published.
    own_hash : bool
        Whether to use the engine's own hash, many times cheaper than the portable one. Which
        records of a person are kept then depends on the engine; that it depends on nobody else
        does not.
    """
    every = records(rows, schema)
    names = [key.name for key in keys(schema)]
    if not names:
        return every.mutate(**{RANK: ibis.literal(0, "int64")})
    order: list[str | ir.Column] = [*names]
    if schema.bound < prod(len(d.domain) for d in schema.dimensions):
        order = (
            [_own_hash(every, schema, secret)]
            if own_hash
            else [_portable_hash(every, schema, secret), *names]
        )
    window = ibis.window(group_by=list(PERSON), order_by=order)
    return every.mutate(**{RANK: ibis.row_number().over(window)})


def is_kept(records_ranked: ir.Table, schema: CubeSchema) -> ir.BooleanColumn:
    """Tell which records count."""
    return records_ranked[RANK] < schema.bound


def totals(records_ranked: ir.Table, schema: CubeSchema, most: int) -> dict[str, ir.IntegerScalar]:
    """Count people, each by their first record, and kept records.

    Parameters
    ----------
    records_ranked : ibis Table
    schema : CubeSchema
    most : int
        So many records of each person are counted before bounding too; 0 for none.
    """
    found = {
        PEOPLE: records_ranked.count(where=records_ranked[RANK] == 0),
        KEPT: records_ranked.count(where=is_kept(records_ranked, schema)),
    }
    if most:
        found[BROUGHT] = records_ranked.count(where=records_ranked[RANK] < most)
    return found


def decoded(summed: ir.Table, schema: CubeSchema) -> ir.Table:
    """Put the texts of the dimensions in place of the keys."""
    texts = {name: text for key in keys(schema) for name, text in key.decode(summed).items()}
    others = [name for name in summed.columns if name not in {key.name for key in keys(schema)}]
    return summed.select(*others, **texts)


def by_source(occupied: ir.Table) -> ir.Table:
    """Sum up people, kept records and, where counted, brought ones of each source."""
    names = {PEOPLE: "people", KEPT: "kept", BROUGHT: "brought"}
    there = {
        name: occupied[column].sum() for column, name in names.items() if column in occupied.columns
    }
    return occupied.group_by("source").agg(**there)


def _key(position: int, dimensions: tuple[Dimension, ...]) -> Key:
    if len(dimensions[0].domain) > LONGEST_DOMAIN:
        return Key(dimensions[0].name, dimensions, ())
    cells = tuple(product(*(sorted(dimension.domain) for dimension in dimensions)))
    return Key(f"cell {position}{SEPARATOR}", dimensions, cells)


def _look_up(texts: list[str], code: ir.Column) -> ir.Column:
    return ibis.array(texts)[code]


def _combine(rows: ir.Table, measure: Measure) -> ir.IntegerColumn:
    column = rows[measure.name]
    if measure.rule is MeasureRule.SUM:
        return column.sum()
    if measure.rule is MeasureRule.LAST:
        return column.argmax(rows["ordinal"])
    return column.mean().round().cast("int64")


def _clamp(table: ir.Table, measure: Measure) -> ir.IntegerColumn:
    """Hold a measure within its bounds, in four bytes where they suffice.

    Engines sum into more than 64 bits; the sum is narrowed only once it is within the bounds.
    """
    lower, upper = measure.knot_units[0], measure.knot_units[-1]
    within = ibis.least(ibis.greatest(table[measure.name], lower), upper)
    return within.cast("int32" if -NARROW <= lower and upper < NARROW else "int64")


def keyed_md5(secret: str, texts: list[ir.StringColumn]) -> ir.StringColumn:
    """Hash texts under a secret, equally on every engine."""
    return _md5(ibis.literal(SEPARATOR).join([ibis.literal(secret), *texts]))


def _portable_hash(table: ir.Table, schema: CubeSchema, secret: str) -> ir.StringColumn:
    cell = [key.text(table) for key in keys(schema)]
    return keyed_md5(secret, [table["source"], table["person"], *cell])


def _own_hash(table: ir.Table, schema: CubeSchema, secret: str) -> ir.IntegerColumn:
    """Hash secret, source, person and cell; two cells of a person are equal once in 2^64.

    Hashed once more, because engines combine hashes in ways that do not mix the last part.
    """
    mixed = _mixed(ibis.literal(secret), table["source"])
    for name in ("person", *(key.name for key in keys(schema))):
        mixed = _mixed(mixed, table[name])
    return _hashed_again(mixed)
