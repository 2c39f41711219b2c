"""OpenDP through its Context API over Polars.

Rows are bounded by hand before OpenDP sees them and the bound is declared to it, because
`truncate_num_groups(k)` keeps one group less than it charges for; keys are declared public.
Each measurement is resolved once and called anew for each run. On the clock OpenDP bounds rows
itself, by `truncate_per_group(k)` over a person's rows, which keeps the k it charges for.

- laplace: pure epsilon.
- gaussian: rho, from the same conversion that every library is given.
"""

import time
import warnings

import numpy as np
import opendp.prelude as dp
import polars as pl
from job import Estimates, Job, Rows, bounded, main, over_bound, statistics, wanted, width

dp.enable_features("contrib", "honest-but-curious")
warnings.filterwarnings("ignore", category=FutureWarning)


def figures(job: Job) -> list[pl.Expr]:
    """List what is asked of each group."""
    sums = [
        pl.col(measure).fill_null(0).dp.sum((0, top)).alias(f"sum:{measure}")
        for measure, top in job["measures"].items()
    ]
    return [dp.len(signed=True).alias("count"), *sums]


def context(job: Job, frame: pl.LazyFrame, loss: tuple) -> dp.Context:
    """Declare bound, budget and public keys."""
    if job["rows_per_cell"] == 1:
        keys = job["tables"][0]["keys"]
        bound = [dp.polars.Bound(by=keys, per_group=1, num_groups=job["bound"])]
    else:
        bound = job["bound"]
    return dp.Context.compositor(
        data=frame,
        privacy_unit=dp.unit_of(contributions=bound),
        privacy_loss=loss,
        split_evenly_over=len(job["tables"]),
        margins=[
            dp.polars.Margin(by=table["keys"], max_length=10**6, invariant="keys")
            if table["keys"]
            else dp.polars.Margin(by=[], max_length=10**6)
            for table in job["tables"]
        ],
    )


def measurements(job: Job, frame: pl.LazyFrame, loss: tuple) -> list[dp.Measurement]:
    """Resolve one query for each table."""
    session = context(job, frame, loss)
    found = []
    for table in job["tables"]:
        query = session.query()
        query = query.group_by(table["keys"]).agg if table["keys"] else query.select
        found.append(query(figures(job)).resolve())
    return found


def laid_out(job: Job, table: dict, out: pl.DataFrame) -> dict[str, np.ndarray]:
    """Put the groups in order; every group of the data has rows, so none is missing."""
    cell = np.zeros(len(out), dtype=np.int64)
    for key, size in zip(table["keys"], table["sizes"], strict=True):
        cell = cell * size + out[key].to_numpy()
    laid = {}
    for name in statistics(job):
        laid[name] = np.full(width(table), np.nan)
        laid[name][cell] = out[name].to_numpy()
    return laid


def answer(job: Job, rows: Rows) -> Estimates:
    """Answer a job with each noise."""
    rng = np.random.default_rng(12)
    over = over_bound(job, rows)
    losses = {"laplace": {"epsilon": job["epsilon"]}, "gaussian": {"rho": job["rho"]}}
    runs: dict[str, list[np.ndarray]] = {}
    for way, loss in losses.items():
        if not wanted(job, way):
            continue
        frame = pl.LazyFrame(bounded(job, rows, rng))
        asked = measurements(job, frame, dp.loss_of(**loss))
        for _ in range(job["runs"]):
            if over:
                frame = pl.LazyFrame(bounded(job, rows, rng))
            parts = [
                laid_out(job, table, query(frame).collect())
                for table, query in zip(job["tables"], asked, strict=True)
            ]
            for name in statistics(job):
                values = np.concatenate([part[name] for part in parts])
                runs.setdefault(f"{way}/{name}", []).append(values)
    return {name: np.array(values) for name, values in runs.items()}


def clock(job: Job) -> float:
    """Time one count and sum by one key, from file to figures, bounded by OpenDP."""
    started = time.perf_counter()
    (table,) = job["tables"]
    (key,), (size,) = table["keys"], table["sizes"]
    session = dp.Context.compositor(
        data=pl.scan_parquet(job["file"]),
        privacy_unit=dp.unit_of(contributions=1, identifier="person"),
        privacy_loss=dp.loss_of(epsilon=job["epsilon"]),
        split_evenly_over=1,
        margins=[dp.polars.Margin(by=[key], max_length=10**8)],
    )
    query = (
        session.query()
        .truncate_per_group(job["bound"])
        .group_by(key)
        .agg(figures(job))
        .with_keys(pl.LazyFrame({key: list(range(size))}))
    )
    if len(query.release().collect()) != size:
        raise ValueError("A group is missing")
    return time.perf_counter() - started


if __name__ == "__main__":
    main(answer, clock)
