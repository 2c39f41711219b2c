"""PipelineDP on its local backend, with public partitions and its naive accountant.

Its PLD accountant says of itself that the engine does not work with it yet. A table of two keys
is a partition for each pair. Where a mean is asked for, the library computes it itself.

- laplace, gaussian: its two kinds of noise.
"""

import time
from operator import itemgetter

import numpy as np
import pipeline_dp
from job import Estimates, Job, Rows, cells, main, read, wanted, width

Metrics = pipeline_dp.Metrics
EXTRACTORS = pipeline_dp.DataExtractors(
    privacy_id_extractor=itemgetter(0),
    partition_extractor=itemgetter(1),
    value_extractor=itemgetter(2),
)
NOISES = {
    "laplace": pipeline_dp.NoiseKind.LAPLACE,
    "gaussian": pipeline_dp.NoiseKind.GAUSSIAN,
}


def parameters(job: Job, noise: str, metrics: list, measure: str | None) -> object:
    """Declare the bounds of one aggregation; each metric weighs the same."""
    if job["rows_per_cell"] == 1:
        bounds = {
            "max_partitions_contributed": job["bound"],
            "max_contributions_per_partition": 1,
        }
    else:
        bounds = {"max_contributions": job["bound"]}
    if measure is not None:
        bounds |= {"min_value": 0, "max_value": job["measures"][measure]}
    return pipeline_dp.AggregateParams(
        metrics=metrics, noise_kind=NOISES[noise], budget_weight=len(metrics), **bounds
    )


def aggregations(job: Job, means: bool) -> list[tuple[str | None, list]]:
    """List the aggregations of a table: the count goes with the first measure."""
    first = [Metrics.COUNT]
    if not job["measures"]:
        return [(None, first)]
    asked: list[tuple[str | None, list]] = []
    for measure in job["measures"]:
        metrics = [*first, Metrics.SUM, *([Metrics.MEAN] if means else [])]
        asked.append((measure, metrics))
        first = []
    return asked


def inputs(job: Job, rows: Rows) -> dict[tuple[int, str | None], list[tuple[int, int, int]]]:
    """Lay rows out as the extractors want them, once for all runs."""
    laid = {}
    for position, table in enumerate(job["tables"]):
        cell = cells(table, rows).tolist()
        for measure in [None, *job["measures"]]:
            values = rows[measure] if measure else np.zeros(len(cell), dtype=np.int64)
            laid[position, measure] = list(
                zip(rows["person"].tolist(), cell, values.tolist(), strict=True)
            )
    return laid


def one_run(job: Job, laid: dict, noise: str, means: bool) -> dict[str, np.ndarray]:
    """Ask for everything under one budget."""
    accountant = pipeline_dp.NaiveBudgetAccountant(job["epsilon"], job["delta"])
    engine = pipeline_dp.DPEngine(accountant, pipeline_dp.LocalBackend())
    results = []
    for position, table in enumerate(job["tables"]):
        for measure, metrics in aggregations(job, means):
            lazy = engine.aggregate(
                laid[position, measure],
                parameters(job, noise, metrics, measure),
                EXTRACTORS,
                public_partitions=list(range(width(table))),
            )
            results.append((width(table), measure, lazy))
    accountant.compute_budgets()
    parts: dict[str, list[np.ndarray]] = {}
    for size, measure, lazy in results:
        found = dict(lazy)
        for field in found[0]._fields:
            name = field if field == "count" else f"{field}:{measure}"
            values = np.array([getattr(found[cell], field) for cell in range(size)], float)
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(part) for name, part in parts.items()}


def answer(job: Job, rows: Rows) -> Estimates:
    """Answer a job with each noise."""
    laid = inputs(job, rows)
    means = len(job["tables"]) == 1 and bool(job["measures"])
    runs: dict[str, list[np.ndarray]] = {}
    for noise in NOISES:
        if not wanted(job, noise):
            continue
        for _ in range(job["runs"]):
            for name, values in one_run(job, laid, noise, means).items():
                runs.setdefault(f"{noise}/{name}", []).append(values)
    return {name: np.array(values) for name, values in runs.items()}


def clock(job: Job) -> float:
    """Time one count and sum by one key, from file to figures."""
    started = time.perf_counter()
    one_run(job, inputs(job, read(job)), "laplace", False)
    return time.perf_counter() - started


if __name__ == "__main__":
    main(answer, clock)
