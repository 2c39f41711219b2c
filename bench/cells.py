"""Cost of noise, tables and intervals by the number of cells, and the gain of adjusted numbers.

Run as `python -m bench.cells`. Each measurement runs in a process of its own.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from decimal import Decimal

import numpy as np

from privacy.measure import add_noise
from privacy.plan.mechanism import Counts
from privacy.plan.planning import NoisePlan, plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER
from privacy.plan.workload import Workload, cells, default_workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from privacy.tables import adjusted

ROUNDS = 3
GAIN_RUNS = 100
SPARSE = 900


def schema_of(sizes: tuple[int, ...], measures: int = 0, bound: int = 3) -> CubeSchema:
    """Make a schema of so many values by dimension, and measures from 0 to 60 in hundredths."""
    return CubeSchema(
        tuple(
            Dimension(f"d{i}", tuple(f"v{j}" for j in range(size))) for i, size in enumerate(sizes)
        ),
        tuple(
            Measure(f"m{i}", "EUR", Decimal(0), Decimal(60), Decimal("0.01"), MeasureRule.SUM)
            for i in range(measures)
        ),
        bound,
    )


def even_counts(plan: NoisePlan) -> Counts:
    """Return a mass of ten in each cell: noise and tables cost the same whatever it is."""
    return {
        subset: np.full(tuple(plan.schema.size(a) for a in subset), 10, dtype=object)
        for subset in plan.counted
    }


def hundred_thousand() -> dict[str, float]:
    """Draw the noise of three tiers and rebuild all tables with their intervals, at the finest."""
    schema = schema_of((40,) * 5 + (10,) * 2, 2)
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    counts = even_counts(plan)
    started = time.perf_counter()
    release = add_noise(plan, counts, 10, {"one": 10})
    drawn = time.perf_counter()
    figures = sum(len(release.table(m, GOLD).estimates()) for m in plan.workload.marginals)
    done = time.perf_counter()
    return {
        "cells": sum(cells(schema, subset) for subset in plan.closure),
        "figures": figures,
        "noise": drawn - started,
        "tables": done - drawn,
        "seconds": done - started,
    }


def million() -> dict[str, float]:
    """Plan, draw and rebuild three-way tables of 12 dimensions with a million cells in all."""
    schema = schema_of((16,) * 11 + (19,))
    started = time.perf_counter()
    plan = plan_release(schema, default_workload(schema, 3), 1.0, 1e-6)
    release = add_noise(plan, even_counts(plan), 10, {"one": 10})
    for marginal in plan.workload.marginals:
        release.table(marginal, GOLD).estimates()
    return {
        "cells": sum(cells(schema, subset) for subset in plan.closure),
        "seconds": time.perf_counter() - started,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def gain() -> dict[str, float]:
    """Return the error of adjusted contributions over that of the unbiased ones, by tier.

    A table of 30 by 30, nine in ten cells empty, 50 contributions in each of the others.
    """
    schema = schema_of((30, 30), bound=1)
    plan = plan_release(schema, Workload((("d0", "d1"),), (1.0,)), 1.0, 1e-6)
    exact = np.zeros(SPARSE, dtype=object)
    exact[::10] = 50
    square = exact.reshape(30, 30)
    counts = {
        subset: np.asarray(
            square.sum(axis=tuple(i for i, a in enumerate(schema.axes) if a not in subset)),
            dtype=object,
        )
        for subset in plan.counted
    }
    ratios = {}
    for tier in (GOLD, SILVER, BRONZE):
        plain = better = 0.0
        for _ in range(GAIN_RUNS):
            table = add_noise(plan, counts, 4500, {"one": 4500}).table(("d0", "d1"), tier)
            truth = square.astype(float)
            plain += float(((table.contributions() - truth) ** 2).sum())
            better += float(((adjusted.contributions(table) - truth) ** 2).sum())
        ratios[tier.name] = (better / plain) ** 0.5
    return ratios


PARTS = {"hundred_thousand": hundred_thousand, "million": million, "gain": gain}


def figures(quick: bool = False) -> list[dict[str, str | float]]:
    """Measure everything: rows of name, value, unit, how."""
    rounds = 1 if quick else ROUNDS
    many = [_apart("hundred_thousand") for _ in range(rounds)]
    most = _apart("million")
    better = _apart("gain")
    seconds = statistics.median(run["seconds"] for run in many)
    noise = statistics.median(run["noise"] for run in many)
    size = f"{many[0]['cells']:,.0f} cells, {many[0]['figures']:,.0f} figures"
    found: list[tuple[str, float, str, str]] = [
        (
            "seconds_100k_cells",
            seconds,
            "s",
            f"noise of three tiers by exact sampling, all tables of the finest rebuilt, every "
            f"figure with its interval: {size}; median of {rounds}, wall time, one thread",
        ),
        ("seconds_100k_cells_noise", noise, "s", "the noise of three tiers alone"),
        (
            "seconds_1m_cells",
            most["seconds"],
            "s",
            f"all tables of up to three of 12 dimensions, {most['cells']:,.0f} cells: plan, noise "
            "of three tiers, tables and intervals",
        ),
        ("memory_1m_cells", most["memory"], "MiB", "peak of that process"),
        *(
            (
                f"adjusted_error_{tier}",
                ratio,
                "ratio",
                "RMSE of adjusted over unbiased contributions; 900 cells, nine in ten empty; "
                f"{GAIN_RUNS} releases",
            )
            for tier, ratio in better.items()
        ),
    ]
    return [
        {"name": name, "value": round(value, 3), "unit": unit, "how": how}
        for name, value, unit, how in found
    ]


def _apart(part: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.cells", part], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure one part where one is named, else all."""
    if len(sys.argv) > 1:
        print(json.dumps(PARTS[sys.argv[1]]()))
        return
    print(json.dumps(figures(), indent=2))


if __name__ == "__main__":
    main()
