import ibis
import pyarrow as pa
import pytest

from app.engine.duckdb import DuckDBEngine, EngineError
from privacy.cube import bounding
from tests.privacy.cubes import rows_of, schema_of

TABLE = pa.table({"name": ["a", "b", "a"], "n": [1, 2, 3]})


@pytest.fixture
def engine():
    with DuckDBEngine(memory_limit="200MB", threads=1) as engine:
        yield engine


def test_runs_and_keeps_expressions(engine):
    rows = engine.stream(TABLE.schema, TABLE.to_batches())
    kept = engine.keep(rows.group_by("name").agg(total=rows.n.sum()))
    again = engine.run(kept.order_by("name"))
    assert again.to_pydict() == {"name": ["a", "b"], "total": [4, 2]}
    assert engine.run(kept.agg(all=kept.total.sum())).to_pydict() == {"all": [6]}
    assert again.schema.field("total").type == pa.int64()


def test_reads_no_file(engine, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n")
    outside = ibis.table({"a": "string"}, name=str(path))
    with pytest.raises(EngineError):
        engine.run(outside)


@pytest.mark.parametrize(
    "command",
    [
        "SET enable_external_access = true",
        "SET temp_directory = '/tmp'",
        "INSTALL httpfs",
        "COPY (SELECT 1) TO '/tmp/moisson-escaped'",
        "SELECT * FROM read_text('/etc/hostname')",
    ],
)
def test_is_locked(engine, command):
    with pytest.raises(Exception, match="(?i)locked|disabled|permission"):
        engine._connection.execute(command)


def test_sees_no_variables_of_the_program(engine):
    TABLE_IN_REACH = TABLE  # noqa: F841, N806 (a name DuckDB's replacement scan would find)
    with pytest.raises(EngineError):
        engine.run(ibis.table({"n": "int64"}, name="TABLE_IN_REACH"))


def test_errors_never_repeat_the_secret(engine):
    schema = schema_of((9,), bound=1)
    table = rows_of(schema, [("a", "ann", "v0"), ("a", "ann", "v1")])
    rows = engine.stream(table.schema, table.to_batches())
    broken = ibis.table({"source": "string", "person": "string", "d0": "string"}, name="gone")
    with pytest.raises(EngineError) as caught:
        engine.run(bounding.ranked(broken, schema, "the secret"))
    assert "the secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert rows is not None


def test_refuses_what_does_not_fit_rather_than_spill():
    with DuckDBEngine(memory_limit="20MB", threads=1) as engine:
        batches = (
            pa.record_batch({"s": [f"{i}-{j}" * 20 for j in range(10_000)]}) for i in range(60)
        )
        rows = engine.stream(pa.schema([("s", pa.string())]), batches)
        with pytest.raises(EngineError):
            engine.keep(rows)
