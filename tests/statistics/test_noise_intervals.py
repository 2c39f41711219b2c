"""The truth lies in the noise interval as often as claimed: file in, figures out."""

import io
from decimal import Decimal

import numpy as np
import pytest

from app.datasets.ingest.conforming import conform
from app.datasets.ingest.mapping import ColumnMapping, DimensionFeed
from app.datasets.ingest.reading import Limits, read_csv
from app.datasets.ingest.transforms.bins import Bins
from app.engine.duckdb import DuckDBEngine
from app.engine.measuring import measure_edition, row_schema
from app.releases.members import SourceFile
from app.vault.local import LocalVault
from privacy.plan.planning import plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER, Mixed
from privacy.plan.workload import default_workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from tests.support.keys import Keys

SCHEMA = CubeSchema(
    (
        Dimension("day", ("Mon", "Tue", "Wed")),
        Dimension("age", ("under 30", "30 to under 60", "60 and over")),
    ),
    (Measure("spent", "EUR", Decimal(0), Decimal(50), Decimal("0.01"), MeasureRule.SUM),),
    3,
)
MAPPING = ColumnMapping(
    "who",
    {
        "day": DimensionFeed("day"),
        "age": DimensionFeed("age", Bins((Decimal(30), Decimal(60)))),
    },
    {"spent": "spent"},
)
PEOPLE = 4000
#: Bronze, with finer margins.
MIXED = Mixed("bronze", 16, ((("day",), GOLD), (("age", "spent"), SILVER), ((), GOLD)))


def file_of(rng):
    lines = ["who,day,age,spent"]
    for person in range(PEOPLE):
        age = rng.integers(18, 90)
        for day in rng.choice(["Mon", "Tue", "Wed"], size=rng.integers(1, 4), replace=False):
            lines.append(f"p{person},{day},{age},{rng.integers(0, 6000) / 100}")
    return "\n".join(lines).encode()


def truth_of(content):
    """Straight from the file: no bounding is needed, for nobody is over the bound."""
    counts, sums = {}, {}
    for line in content.decode().splitlines()[1:]:
        _, day, age, spent = line.split(",")
        years = int(age)
        label = "under 30" if years < 30 else "30 to under 60" if years < 60 else "60 and over"
        for cell in [(), (("day", day),), (("age", label),), (("day", day), ("age", label))]:
            counts[cell] = counts.get(cell, 0) + 1
            sums[cell] = sums.get(cell, 0.0) + min(float(spent), 50.0)
    return counts, sums


@pytest.mark.statistics
def test_truth_lies_in_the_interval_as_often_as_claimed(tmp_path):
    """40 releases of one file, all figures of all tables at three tiers and one made of them.

    The share of figures held is averaged per release; its spread over the 40 releases gives the
    standard error, and 5 of them are allowed: a false alarm in about 10^5 runs.
    """
    content = file_of(np.random.default_rng(7))
    counts, sums = truth_of(content)
    vault = LocalVault(tmp_path, bytes(32), Keys())
    with vault.write("0123456789", row_schema(SCHEMA)) as writer:
        for batch in conform(read_csv(io.BytesIO(content), Limits()), SCHEMA, MAPPING):
            writer.write_batch(batch)
    plan = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6)
    shares = []
    for round_number in range(40):
        with DuckDBEngine(threads=1) as engine:
            release = measure_edition(
                engine,
                vault,
                {"s": (SourceFile("0123456789"),)},
                SCHEMA,
                plan,
                f"{round_number}",
                lambda _: None,
            )
        shares.append(share_held(release, counts, sums))
    held = np.array(shares)
    error = held.std(axis=0, ddof=1) / len(held) ** 0.5
    assert (np.abs(held.mean(axis=0) - 0.95) < 5 * error + 0.005).all(), held.mean(axis=0)


def share_held(release, counts, sums):
    """Share of contributions, sums and means held, over all tables and tiers, and mixed ones."""
    held = {"contributions": [], "sum": [], "mean": []}
    held |= {f"{name} mixed": [] for name in held}
    for marginal in [("spent",), ("day", "spent"), ("age", "spent"), ("day", "age", "spent")]:
        for tier in (GOLD, SILVER, BRONZE, MIXED):
            for figure in release.table(marginal, tier).estimates():
                n, total = counts[figure.coordinates], sums[figure.coordinates]
                truth = {"contributions": n, "sum": total, "mean": total / n}[figure.statistic]
                kind = f"{figure.statistic} mixed" if tier is MIXED else figure.statistic
                held[kind].append(figure.low <= truth <= figure.high)
    return [np.mean(values) for values in held.values()]
