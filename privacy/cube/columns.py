"""Turn the rows of any table into the columns that a measurement reads.

Builds Ibis expressions and runs none.

What becomes of a row depends on that row alone, so one person changes nobody else's rows.
"""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from privacy.schema import CubeSchema, Dimension, Measure

#: Values beyond this are set to it before they become whole steps; no bound is as large.
FAR = 9e15


def rows_of(
    table: ir.Table,
    schema: CubeSchema,
    person: str,
    columns: Mapping[str, str] | None = None,
    source: str = "one",
    order: str | None = None,
) -> ir.Table:
    """Map a table to the columns that `privacy.measure` reads.

    A value outside a dimension's domain goes to its "other", and where it has none the row is
    left out; so is a row without a person, a value or a number.

    Parameters
    ----------
    table : ibis Table
        Such as `backend.read_parquet(path)`.
    schema : CubeSchema
    person : str
        The column that tells people apart.
    columns : mapping of schema name to column name, optional
        For those that differ.
    source : str
        Whose rows they are, where several tables are measured together.
    order : str, optional
        A column whose order decides which row is the last, for measures of that rule; the
        order in which the engine reads the table by default.

    Returns
    -------
    ibis Table
        `source`, `person` (text), `ordinal` (int64), dimensions (text), measures (int64, in
        steps of their resolution).
    """
    names = dict(columns or {})
    numbered = table.mutate(
        **{"ordinal ": ibis.row_number().over(order_by=[table[order]] if order else None)}
    )
    picked = {
        "source": ibis.literal(source),
        "person": numbered[person].cast("string"),
        "ordinal": numbered["ordinal "].cast("int64"),
    }
    for dimension in schema.dimensions:
        column = numbered[names.get(dimension.name, dimension.name)]
        picked[dimension.name] = _within(column.cast("string"), dimension)
    for measure in schema.measures:
        column = numbered[names.get(measure.name, measure.name)]
        picked[measure.name] = _steps(column.cast("float64"), measure)
    mapped = numbered.select(**picked)
    return mapped.filter([mapped[name].notnull() for name in ("person", *schema.axes)])


def _within(column: ir.StringColumn, dimension: Dimension) -> ir.StringColumn:
    other = ibis.null("string") if dimension.other is None else ibis.literal(dimension.other)
    found = ibis.ifelse(column.isin(dimension.domain), column, other)
    return ibis.ifelse(column.notnull(), found, ibis.null("string"))


def _steps(column: ir.FloatingColumn, measure: Measure) -> ir.IntegerColumn:
    # Engines may compute both sides of a choice, so even the side that is not taken must be
    # castable. NaN is found by its text: DuckDB trusts a file's statistics, which leave NaN out.
    given = column.notnull() & (column.cast("string").lower() != "nan")
    number = ibis.ifelse(given, column, 0.0) / float(measure.resolution)
    steps = ibis.least(ibis.greatest(number, -FAR), FAR).round().cast("int64")
    return ibis.ifelse(given, steps, ibis.null("int64"))
