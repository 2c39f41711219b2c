"""The library by itself: on any Parquet file, as its page shows it."""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import privacy
from privacy import (
    CubeSchema,
    Dimension,
    IbisEngine,
    Measure,
    MeasureRule,
    default_workload,
    measure_release,
    plan_release,
    rows_of,
)
from privacy.measure import count

# Ibis' own DuckDB backend still asks DuckDB for tables by the old name.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "privacy.md"
SCHEMA = CubeSchema(
    (Dimension("day", ("Fri", "Sat"), other="other"), Dimension("hour", ("noon", "night"))),
    (Measure("paid", "EUR", Decimal(0), Decimal(60), Decimal("0.01"), MeasureRule.LAST),),
    2,
)
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6)


def counted(folder, content, **more):
    backend = ibis.duckdb.connect()
    pq.write_table(pa.table(content), folder / "visits.parquet")
    table = backend.read_parquet(folder / "visits.parquet")
    rows = rows_of(table, SCHEMA, person="guest", **more)
    return count(IbisEngine(backend), [rows], PLAN, "secret")


def test_the_example_of_the_page_runs_as_it_stands(tmp_path):
    rng = np.random.default_rng(3)
    pq.write_table(
        pa.table(
            {
                "guest": rng.integers(0, 500, 2000),
                "day": rng.choice(["Fri", "Sat", "Sun", "Mon"], 2000),
                "paid": rng.random(2000) * 80,
            }
        ),
        tmp_path / "visits.parquet",
    )
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PAGE.parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4 * 4, "four days, each a count, a sum, a mean and a share"
    assert "(('day', 'Fri'),) contributions" in lines[0]


def test_rows_outside_the_domain_go_to_other_or_are_left_out(tmp_path):
    counts, people, kept, _ = counted(
        tmp_path,
        {
            "guest": [1, 2, 3, None, 5, 6],
            "day": ["Fri", "Mon", "Sat", "Sat", None, "Sat"],
            "hour": ["noon", "night", "dawn", "noon", "noon", "noon"],
            "paid": [1.0, 70.0, 2.0, 2.0, 2.0, float("nan")],
        },
    )
    assert counts["day", "hour"].tolist() == [[1, 0], [0, 0], [0, 1]]
    assert people == kept == {"one": 2}
    assert counts[("paid",)].tolist() == [6000 - 100, 100 + 6000], "70 is held at 60"


def test_the_last_row_is_the_last_by_the_order_asked_for(tmp_path):
    columns = {
        "guest": ["a", "a"],
        "day": ["Fri", "Fri"],
        "hour": ["noon", "noon"],
        "paid": [10.0, 20.0],
        "at": [2, 1],
    }
    assert counted(tmp_path, columns, order="at")[0][("paid",)].tolist() == [5000, 1000]
    assert counted(tmp_path, columns)[0][("paid",)].tolist() == [4000, 2000]


def test_columns_may_have_other_names(tmp_path):
    columns = {"guest": ["a"], "jour": ["Fri"], "hour": ["noon"], "paid": [1.0]}
    assert counted(tmp_path, columns, columns={"day": "jour"})[0][("day",)].tolist() == [1, 0, 0]


def test_a_release_comes_out(tmp_path):
    columns = {"guest": ["a"], "day": ["Fri"], "hour": ["noon"], "paid": [1.0]}
    pq.write_table(pa.table(columns), tmp_path / "one.parquet")
    backend = ibis.duckdb.connect()
    rows = rows_of(backend.read_parquet(tmp_path / "one.parquet"), SCHEMA, "guest")
    release = measure_release(IbisEngine(backend), [rows], PLAN, "secret", ("one",))
    assert len(release.table(("day",), PLAN.tiers[0]).estimates()) == 3


def test_what_reads_releases_loads_no_noise():
    code = (
        "import sys; from privacy import Release, plan_release; "
        "assert 'diffprivlib' not in sys.modules and 'duckdb' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PAGE.parent.parent)}, check=True
    )


def test_offers_what_it_lists_and_nothing_else():
    assert all(getattr(privacy, name) is not None for name in privacy.__all__)
    with pytest.raises(AttributeError):
        privacy.nothing_like_that  # noqa: B018 (it is the attribute that must be missing)
