"""Compare synthetic rows with the tables of the release they were made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privacy.plan.workload import Marginal
from privacy.synthetic.synthesis import SyntheticRows
from privacy.tables import adjusted
from privacy.tables.table import CONTRIBUTIONS, MEAN, NEAR, SUM, Estimate, Table

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """One kind of figure of one table: synthetic against released.

    Parameters
    ----------
    marginal : Marginal
    tier : str
    fitted : bool
        Whether the rows were fitted to this table or to one that holds it.
    statistic : str
        "contributions", "sum", "mean" or "contributions_near".
    measure : str or None
    unit : str
        Of `difference`; "" for contributions.
    cells : int
        Figures compared; means of cells without synthetic rows are not.
    inside : int
        How many synthetic figures lie within the released noise interval (95 %).
    difference : float
        Root mean squared difference.
    noise : float
        Root mean squared noise standard deviation of the released figures, to hold it against.
    distance : float or None
        Of contributions: half the sum of absolute differences of shares, in [0, 1]; the released
        ones made whole and non-negative before.
    """

    marginal: Marginal
    tier: str
    fitted: bool
    statistic: str
    measure: str | None
    unit: str
    cells: int
    inside: int
    difference: float
    noise: float
    distance: float | None


def compare(rows: SyntheticRows, tables: Sequence[Table]) -> tuple[Likeness, ...]:
    """Compare rows with tables, figure by figure.

    Parameters
    ----------
    rows : SyntheticRows
    tables : sequence of Table
        All of whose columns the rows have.
    """
    return tuple(likeness for table in tables for likeness in _of_table(rows, table))


def _of_table(rows: SyntheticRows, table: Table) -> list[Likeness]:
    masses = rows.masses(table.marginal)
    released: dict[tuple[str, str | None], list[Estimate]] = {}
    for estimate in table.estimates():
        released.setdefault((estimate.statistic, estimate.measure), []).append(estimate)
    return [_likeness(rows, table, masses, kind, estimates) for kind, estimates in released.items()]


def _likeness(
    rows: SyntheticRows,
    table: Table,
    masses: Floats,
    kind: tuple[str, str | None],
    estimates: Sequence[Estimate],
) -> Likeness:
    statistic, measure = kind
    made = _figures(table, masses, statistic, measure)
    known = np.isfinite(made)
    value, low, high, sd = (
        np.array([getattr(e, name) for e in estimates])[known]
        for name in ("value", "low", "high", "sd")
    )
    made = made[known]
    # More than the rounding error of a sum of many thousand floats.
    slack = 1e-9 * (1 + np.abs(made))
    inside = (low - slack <= made) & (made <= high + slack)
    return Likeness(
        table.marginal,
        table.tier.name,
        any(set(table.marginal) <= set(marginal) for marginal, _ in rows.fitted),
        statistic,
        measure,
        estimates[0].unit,
        len(made),
        int(inside.sum()),
        _root_mean_square(made - value),
        _root_mean_square(sd),
        _distance(table, made) if statistic == CONTRIBUTIONS else None,
    )


def _figures(table: Table, masses: Floats, statistic: str, measure: str | None) -> Floats:
    """Work out one kind of figure from masses, in the order of `Table.estimates`."""
    soft = tuple(i for i, axis in enumerate(table.marginal) if axis in table.soft)
    counts = np.asarray(masses.sum(axis=soft)).ravel()
    if statistic == CONTRIBUTIONS or measure is None:
        return counts
    if statistic == NEAR:
        return masses.ravel()
    axis = table.marginal.index(measure)
    knots = np.array([float(knot) for knot in table.plan.schema.measure(measure).knots])
    shape = [1] * masses.ndim
    shape[axis] = -1
    sums = np.asarray((masses * knots.reshape(shape)).sum(axis=soft)).ravel()
    if statistic == SUM:
        return sums
    if statistic != MEAN:
        return np.full(len(sums), np.nan)
    means = np.full(len(sums), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _root_mean_square(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else 0.0


def _distance(table: Table, made: Floats) -> float:
    released = adjusted.contributions(table).ravel()
    if not (released.sum() and made.sum()):
        return 0.0 if released.sum() == made.sum() else 1.0
    return float(np.abs(released / released.sum() - made / made.sum()).sum() / 2)
