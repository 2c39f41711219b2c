"""Expressions that bound what one person contributes. They run nothing.

The input has columns `source`, `person` (text), `ordinal` (int64, the order of a row in its
source), each dimension (text, within its domain) and each measure (int64, in units of its
resolution). A person is a (source, person) pair.
"""

import ibis
import ibis.expr.types as ir

from privacy.schema import CubeSchema, Measure, MeasureRule

PERSON = ("source", "person")
COUNT = "records of the person"
RANK = "rank of the record"
SEPARATOR = "\x1f"


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]  # ibis is untyped
def _md5(text: str) -> str:
    """Hash text; the one keyed hash that is equal on every engine."""
    raise NotImplementedError


def records(rows: ir.Table, schema: CubeSchema) -> ir.Table:
    """Reduce rows to one record per person and hard cell, measures combined, then clamped."""
    keys = [*PERSON, *schema.hard]
    if not schema.measures:
        return rows.select(*keys).distinct()
    combined = rows.group_by(*keys).agg(
        **{measure.name: _combine(rows, measure) for measure in schema.measures}
    )
    return combined.mutate(
        **{measure.name: _clamp(combined, measure) for measure in schema.measures}
    )


def counts(kept: ir.Table) -> ir.Table:
    """Count the records of each person."""
    return kept.group_by(*PERSON).agg(**{COUNT: kept.count()})


def bounded(
    all_records: ir.Table, per_person: ir.Table, schema: CubeSchema, secret: str
) -> ir.Table:
    """Keep at most k records per person: those with the smallest keyed hash.

    Only people over the bound are ranked; the others pass untouched.
    """
    over = per_person.filter(per_person[COUNT] > schema.bound)
    within = all_records.anti_join(over, list(PERSON))
    cut = all_records.semi_join(over, list(PERSON))
    order = [_hash(cut, schema, secret), *(cut[name] for name in schema.hard)]
    window = ibis.window(group_by=list(PERSON), order_by=order)
    ranked = cut.mutate(**{RANK: ibis.row_number().over(window)})
    kept = ranked.filter(ranked[RANK] < schema.bound).drop(RANK)
    return within.select(*all_records.columns).union(kept.select(*all_records.columns))


def by_source(per_person: ir.Table, schema: CubeSchema) -> ir.Table:
    """Sum up people and kept records of each source."""
    kept = ibis.least(per_person[COUNT], schema.bound)
    return per_person.group_by("source").agg(people=per_person.count(), kept=kept.sum())


def _combine(rows: ir.Table, measure: Measure) -> ir.IntegerColumn:
    column = rows[measure.name]
    if measure.rule is MeasureRule.SUM:
        return column.sum()
    if measure.rule is MeasureRule.LAST:
        return column.argmax(rows["ordinal"])
    return column.mean().round().cast("int64")


def _clamp(table: ir.Table, measure: Measure) -> ir.IntegerColumn:
    lower, upper = measure.knot_units[0], measure.knot_units[-1]
    return ibis.least(ibis.greatest(table[measure.name], lower), upper).cast("int64")


def _hash(table: ir.Table, schema: CubeSchema, secret: str) -> ir.StringColumn:
    text = ibis.literal(secret)
    for name in (*PERSON, *schema.hard):
        text = text + SEPARATOR + table[name]
    return _md5(text)
