"""Any Ibis backend as an engine: rows go in batch by batch, and the counts are the same."""

import ibis
import pyarrow as pa
import pytest

from app.engine.duckdb import DuckDBEngine
from privacy.cube.backend import IbisEngine
from privacy.measure import count
from privacy.plan.planning import plan_release
from privacy.plan.workload import default_workload
from tests.privacy.cubes import measure_of, rows_of, schema_of

# Ibis' own backends still ask DuckDB and pandas for things by their old names.
pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]

SCHEMA = schema_of((3, 2), (measure_of(),), bound=2)
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6)
ROWS = rows_of(
    SCHEMA,
    [
        ("one", f"p{person}", f"v{day}", f"v{person % 2}", 3 * person - day)
        for person in range(40)
        for day in range(3)
    ],
)
PAIRS = pa.schema([("name", pa.string()), ("n", pa.int64())])


@pytest.fixture(params=["duckdb", "sqlite"])
def backend(request):
    return getattr(ibis, request.param).connect()


@pytest.fixture
def engine(backend):
    return IbisEngine(backend)


def test_streamed_rows_are_those_that_came(engine):
    batches = [pa.record_batch([["a", None], [n, -n]], schema=PAIRS) for n in (1, 2)]
    table = engine.stream(PAIRS, batches)
    assert engine.run(table.order_by("n")).to_pylist() == [
        {"name": None, "n": -2},
        {"name": None, "n": -1},
        {"name": "a", "n": 1},
        {"name": "a", "n": 2},
    ]
    assert engine.run(engine.stream(PAIRS, [])).num_rows == 0, "another table, and an empty one"


def test_batches_are_not_collected_first(backend, engine, monkeypatch):
    happened = []
    insert = backend.insert

    def told(*given):
        happened.append("put in")
        insert(*given)

    def batches():
        for n in range(3):
            happened.append("asked for")
            yield pa.record_batch([["a"], [n]], schema=PAIRS)

    monkeypatch.setattr(backend, "insert", told)
    engine.stream(PAIRS, batches())
    assert happened == ["asked for", "put in"] * 3


def test_counts_as_the_locked_engine_does():
    batches = ROWS.to_batches(max_chunksize=7)
    with DuckDBEngine(threads=1) as locked:
        wanted = count(locked, [locked.stream(ROWS.schema, batches)], PLAN, "secret")
    open_engine = IbisEngine(ibis.duckdb.connect())
    found = count(open_engine, [open_engine.stream(ROWS.schema, batches)], PLAN, "secret")
    assert found[1:] == wanted[1:]
    assert found[0].keys() == wanted[0].keys()
    assert all((found[0][table] == wanted[0][table]).all() for table in wanted[0])
