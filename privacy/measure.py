"""Measure an edition: rows go in, a release with noise comes out.

Loads the noise samplers, so that only a worker imports this.

The charge for `plan.rho` must be committed before `measure` is called.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from privacy.cube import bounding, masses
from privacy.cube.engine import Engine
from privacy.drawing import noise_of
from privacy.plan.mechanism import Counts
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.residual import Exact, plus
from privacy.plan.workload import Marginal
from privacy.release import Release
from privacy.schema import CubeSchema

if TYPE_CHECKING:
    import ibis.expr.types as ir


def measure(
    engine: Engine,
    tables: Iterable["ir.Table"],
    plan: NoisePlan,
    secret: str,
    sources: tuple[str, ...],
    before_noise: Callable[[], None] = lambda: None,
) -> Release:
    """Measure an edition once, at all tiers.

    Parameters
    ----------
    engine : Engine
    tables : iterable of ibis Table
        Rows as `privacy.cube.bounding` says; each is read once, before the next is asked for. All
        rows of a source stand in one of them.
    plan : NoisePlan
        Checked again before any noise is drawn.
    secret : str
        Keys the choice of which records are kept; of the edition, never published.
    sources : tuple of str
        All sources of the edition, public; as many as the plan says.
    before_noise : callable
        Called once when all is counted and no noise is drawn yet: where a caller commits that
        this charge is used. What it raises ends the measurement without any noise.

    Raises
    ------
    PlanError
        For a plan that costs more than it says, or other sources than it was made for.
    """
    plan.check()
    counts, people, kept, brought = count(engine, tables, plan, secret)
    before_noise()
    every = {source: kept.get(source, 0) for source in sources}
    return add_noise(plan, counts, sum(people.values()), every, brought)


def count(
    engine: Engine, tables: Iterable["ir.Table"], plan: NoisePlan, secret: str
) -> tuple[Counts, dict[str, int], dict[str, int], int]:
    """Compute the exact bounded cube: private, to be given to `add_noise` alone.

    Returns
    -------
    tuple of (Counts, dict, dict, int)
        Masses of the tables in `plan.counted` in multiples of 1/q; people and kept records by
        source; records before bounding, at most `plan.most_brought` of each person,
        where they are counted.
    """
    schema = plan.schema
    parts = [engine.keep(_occupied(table, plan, secret, engine.own_hash)) for table in tables]
    occupied = reduce(lambda one, other: one.union(other), parts)
    by_source = engine.run(bounding.by_source(occupied)).to_pylist()
    counts: dict[Marginal, Exact] = {}
    for hard in masses.largest_hard_parts(schema, plan.counted):
        summed = engine.run(masses.roll_up(occupied, schema, hard))
        counts |= _tables(summed, schema, hard, plan.counted)
    people = {row["source"]: int(row["people"]) for row in by_source}
    kept = {row["source"]: int(row["kept"]) for row in by_source}
    return counts, people, kept, sum(int(row.get("brought", 0)) for row in by_source)


def add_noise(
    plan: NoisePlan, counts: Counts, people: int, kept: dict[str, int], brought: int = 0
) -> Release:
    """Add noise to exact counts, at every tier: each coarser tier adds to the one before.

    Parameters
    ----------
    plan : NoisePlan
    counts : Counts
        The exact masses of the tables in `plan.counted`.
    people : int
    kept : dict of str to int
        Kept records by source, all sources included.
    brought : int
        Records before bounding, at most `plan.most_brought` of each person.

    Raises
    ------
    PlanError
        For other sources than the plan was made for.
    """
    plan.check_sources(tuple(kept))
    noise = noise_of(plan)
    steps = np.diff([0, *(tier.variance_factor for tier in plan.tiers)]).tolist()
    residuals = [noise.residuals(counts, steps[0])]
    totals = [people + noise.people(steps[0])] if plan.measures_people else []
    for step in steps[1:]:
        more = noise.residuals(None, step)
        residuals.append({a: plus(residuals[-1][a], more[a]) for a in plan.parts})
        if totals:
            totals.append(totals[-1] + noise.people(step))
    noisy_shares = {s: n + noise.share() for s, n in kept.items()} if plan.sources > 1 else {}
    before = brought + noise.brought() if plan.brought_rho.micro else None
    return Release.of(plan, tuple(residuals), tuple(totals), noisy_shares, tuple(kept), before)


def _occupied(table: "ir.Table", plan: NoisePlan, secret: str, own_hash: bool) -> "ir.Table":
    """Bound the rows of some whole sources and sum them by cell, reading them once.

    The result grows with the number of cells, not of rows.
    """
    schema = plan.schema
    records = bounding.ranked(table, schema, secret, own_hash)
    keys = tuple(key.name for key in bounding.keys(schema))
    most = plan.most_brought if plan.brought_rho.micro else 0
    totals = bounding.totals(records, schema, most)
    kept = bounding.is_kept(records, schema)
    summed = masses.cells(records, schema, plan.counted, keys, totals, kept)
    return bounding.decoded(summed, schema)


def _tables(
    summed: pa.Table, schema: CubeSchema, hard: Marginal, closure: tuple[Marginal, ...]
) -> dict[Marginal, Exact]:
    inside = {*hard, *schema.soft}
    return {
        subset: masses.dense(summed, schema, subset) for subset in closure if set(subset) <= inside
    }
