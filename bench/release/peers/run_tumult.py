"""Tumult Analytics on Spark, one local thread.

All runs of a query are evaluated together: the rows stand once for each run, under people of
its own, and cells are grouped by run as well. Each run then has noise of its own, of the size
the library would give it alone, and Spark starts once instead of hundreds of times.

- laplace: pure epsilon, its geometric noise, split evenly over all statistics.
- gaussian: rho, from the same conversion that every library is given.
"""

import os
import sys
import tempfile
import time

os.environ["PYSPARK_PYTHON"] = sys.executable

import numpy as np
import pandas as pd
from job import Estimates, Job, Rows, cells, main, wanted, width
from pyspark.sql import SparkSession
from tmlt.analytics import (
    AddRowsWithID,
    KeySet,
    MaxGroupsPerID,
    MaxRowsPerGroupPerID,
    MaxRowsPerID,
    PureDPBudget,
    QueryBuilder,
    RhoZCDPBudget,
    Session,
)

FOLDER = tempfile.mkdtemp()
MOST_ROWS = 400_000


def spark() -> SparkSession:
    """Start Spark, or return the one running."""
    built = SparkSession.builder.master("local[1]")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.driver.memory": "3g",
        "spark.sql.warehouse.dir": FOLDER,
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        built = built.config(name, value)
    return built.getOrCreate()


def repeated(job: Job, rows: Rows, runs: int) -> pd.DataFrame:
    """Lay the rows out once for each run."""
    size, people = len(rows["person"]), int(rows["person"].max()) + 1
    run = np.repeat(np.arange(runs), size)
    frame = {"person": np.tile(rows["person"], runs) + run * people}
    for position, table in enumerate(job["tables"]):
        frame[f"cell{position}"] = np.tile(cells(table, rows), runs) + run * width(table)
    for measure in job["measures"]:
        frame[measure] = np.tile(rows[measure], runs)
    return pd.DataFrame(frame)


def evaluate(job: Job, frame: pd.DataFrame, runs: int, way: str) -> dict[str, np.ndarray]:
    """Ask one session for every statistic of every table."""
    budget, whole = (
        (PureDPBudget, job["epsilon"]) if way == "laplace" else (RhoZCDPBudget, job["rho"])
    )
    share = budget(whole / (len(job["tables"]) * (1 + len(job["measures"]))))
    session = Session.from_dataframe(
        budget(float("inf")), "rows", spark().createDataFrame(frame), AddRowsWithID("person")
    )
    view = QueryBuilder("rows")
    if job["rows_per_cell"] == 1:
        view = view.enforce(MaxGroupsPerID("cell0", job["bound"]))
        view = view.enforce(MaxRowsPerGroupPerID("cell0", 1))
    else:
        view = view.enforce(MaxRowsPerID(job["bound"]))
    session.create_view(view, "bounded", cache=True)
    parts: dict[str, list[np.ndarray]] = {}
    for position, table in enumerate(job["tables"]):
        key = f"cell{position}"
        keys = KeySet.from_dict({key: list(range(runs * width(table)))})
        grouped = QueryBuilder("bounded").groupby(keys)
        queries = {"count": grouped.count(name="value")}
        for measure, top in job["measures"].items():
            queries[f"sum:{measure}"] = grouped.sum(measure, 0, top, name="value")
        for name, query in queries.items():
            found = session.evaluate(query, share).toPandas().sort_values(key)
            values = found["value"].to_numpy(dtype=float).reshape(runs, width(table))
            parts.setdefault(name, []).append(values)
    session.stop()
    return {name: np.concatenate(part, axis=1) for name, part in parts.items()}


def answer(job: Job, rows: Rows) -> Estimates:
    """Answer a job with each noise, as many runs at once as memory likes."""
    at_once = max(1, min(job["runs"], MOST_ROWS // len(rows["person"])))
    runs: dict[str, list[np.ndarray]] = {}
    for way in ("laplace", "gaussian"):
        done = 0
        while wanted(job, way) and done < job["runs"]:
            step = min(at_once, job["runs"] - done)
            found = evaluate(job, repeated(job, rows, step), step, way)
            for name, values in found.items():
                runs.setdefault(f"{way}/{name}", []).append(values)
            done += step
    return {name: np.concatenate(values) for name, values in runs.items()}


def clock(job: Job) -> float:
    """Time one count and sum by one key, from file to figures; Spark already runs."""
    session_of = spark()
    started = time.perf_counter()
    (table,) = job["tables"]
    (key,), (size,) = table["keys"], table["sizes"]
    session = Session.from_dataframe(
        PureDPBudget(job["epsilon"]),
        "rows",
        session_of.read.parquet(job["file"]),
        AddRowsWithID("person"),
    )
    view = QueryBuilder("rows").enforce(MaxGroupsPerID(key, job["bound"]))
    session.create_view(view.enforce(MaxRowsPerGroupPerID(key, 1)), "bounded", cache=True)
    grouped = QueryBuilder("bounded").groupby(KeySet.from_dict({key: list(range(size))}))
    half = PureDPBudget(job["epsilon"] / 2)
    session.evaluate(grouped.count(), half).toPandas()
    for measure, top in job["measures"].items():
        session.evaluate(grouped.sum(measure, 0, top), half).toPandas()
    seconds = time.perf_counter() - started
    session.stop()
    return seconds


if __name__ == "__main__":
    main(answer, clock)
