from decimal import Decimal
from unittest.mock import patch

import pyarrow as pa
import pytest

from app.engine.duckdb import DuckDBEngine
from app.engine.measuring import count_edition, measure_edition, row_schema
from app.releases.members import SourceFile
from app.vault.local import LocalVault
from privacy import counting, measure
from privacy.errors import PlanError
from privacy.loss import Rho
from privacy.plan.counting import CountPlan
from privacy.plan.planning import plan_release
from privacy.plan.tiers import GOLD
from privacy.plan.workload import default_workload
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from tests.privacy.cubes import measure_of, rows_of, schema_of
from tests.support.keys import Keys

SCHEMA = schema_of((3,), (measure_of(),), bound=2)
IDS = {"alpha": "aaaaaaaa-1", "beta": "bbbbbbbb-1", "empty": "eeeeeeee-1"}
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 5.0, 1e-6, sources=3)


def store(vault, rows):
    for source, object_id in IDS.items():
        mine = rows_of(SCHEMA, [row for row in rows if row[0] == source])
        with vault.write(object_id, row_schema(SCHEMA)) as writer:
            for batch in mine.drop_columns(["source"]).to_batches():
                writer.write_batch(batch)


def files(*object_ids, person=""):
    return tuple(SourceFile(object_id, person) for object_id in object_ids)


def measured(vault, plan=PLAN, ids=IDS, schema=SCHEMA, told=None):
    with DuckDBEngine(threads=1) as engine:
        progress = told if told is not None else []
        sources = {source: files(object_id) for source, object_id in ids.items()}
        return measure_edition(engine, vault, sources, schema, plan, "secret", progress.append)


@pytest.fixture
def vault(tmp_path):
    vault = LocalVault(tmp_path, bytes(32), Keys())
    people = [("alpha", f"p{i}", f"v{i % 3}", 5) for i in range(3000)]
    store(vault, people + [("beta", f"p{i}", "v1", 9) for i in range(900)])
    return vault


def test_measures_all_datasets_as_one(vault):
    told = []
    release = measured(vault, told=told)
    assert abs(release.people(GOLD).value - 3900) < 8 * PLAN.people_sd(GOLD)
    for source, kept in {"alpha": 3000, "beta": 900, "empty": 0}.items():
        assert abs(release.shares[source] - kept) < 8 * PLAN.share_sd()
    assert told[0] == 0
    assert told[-1] == 100
    assert told == sorted(told)


def test_the_same_name_at_two_producers_is_two_people(vault):
    release = measured(vault)
    assert release.people(GOLD).value > 3000 + 300


def counted(vault, sources, schema=SCHEMA):
    """What is counted of some sources, before any noise: private, for these tests alone."""
    seen = {}

    def look(plan, counts, people, kept, _brought):
        seen.update(counts=counts, people=people, kept=kept)
        raise StopIteration

    with DuckDBEngine(threads=1) as engine, patch.object(measure, "add_noise", look):
        plan = plan_release(schema, default_workload(schema), 5.0, 1e-6, sources=len(sources))
        with pytest.raises(StopIteration):
            measure_edition(engine, vault, sources, schema, plan, "secret", lambda _: None)
    return seen["people"], seen["kept"], {k: v.tolist() for k, v in seen["counts"].items()}


def test_the_same_rows_in_many_files_of_a_producer_count_once(vault):
    alpha = IDS["alpha"]
    empty = files(IDS["empty"])
    once = counted(vault, {"alpha": files(alpha), "empty": empty})
    assert counted(vault, {"alpha": files(*[alpha] * 10), "empty": empty})[:2] == once[:2]
    assert once[1] == {"alpha": 3000, "empty": 0}


def test_accounts_that_are_one_person_each_are_one_source_of_as_many_people(vault):
    """All rows of an account are one person's, whatever they hold; another account is another."""
    alpha, beta = IDS["alpha"], IDS["beta"]
    mine = (*files(alpha, beta, person="me"), *files(alpha, person="you"))
    people, kept, _ = counted(vault, {"individuals": mine, "none": files(IDS["empty"])})
    assert people == 2
    assert kept == {"individuals": 4, "none": 0}, "at most 2 of each"


def test_people_are_counted_as_they_are_measured(vault):
    """The count that decides, and the number in the release, are of the same people."""
    alpha, beta = IDS["alpha"], IDS["beta"]
    individuals = (*files(alpha, person="me"), *files(beta, person="you"))
    sources = {"individuals": individuals, "shop": files(beta, beta), "none": ()}
    measured_people = counted(vault, sources)[0]
    plan = CountPlan(Rho(500_000))
    with DuckDBEngine(threads=1) as engine, patch.object(counting, "samplers") as noise:
        noise.rounded_gaussian.return_value = [0]
        assert count_edition(engine, vault, sources, plan) == measured_people == 902


def test_a_count_has_the_noise_it_is_charged_for(vault):
    """Off by 8 standard deviations once in 10^15 counts."""
    plan = CountPlan(Rho(20_000))
    with DuckDBEngine(threads=1) as engine:
        found = count_edition(engine, vault, {"alpha": files(IDS["alpha"])}, plan)
    assert plan.sd == 5
    assert abs(found - 3000) < 40


def test_a_count_that_may_not_draw_draws_nothing(vault):
    def refuse():
        raise RuntimeError("another worker draws")

    with DuckDBEngine(threads=1) as engine, patch.object(counting, "samplers") as noise:
        with pytest.raises(RuntimeError, match="another worker"):
            count_edition(engine, vault, {"a": files(IDS["alpha"])}, CountPlan(Rho(9)), refuse)
        noise.rounded_gaussian.assert_not_called()


def test_the_last_row_is_that_of_the_last_file(tmp_path):
    schema = CubeSchema(
        (Dimension("d0", ("v0", "v1")),),
        (Measure("m", "", Decimal(0), Decimal(10), Decimal(1), MeasureRule.LAST),),
        1,
    )
    vault = LocalVault(tmp_path, bytes(32), Keys())
    for object_id, values in {"aaaaaaaa": (1, 2, 3), "bbbbbbbb": (9,)}.items():
        rows = [("me", n, "v0", value) for n, value in enumerate(values)]
        with vault.write(object_id, row_schema(schema)) as writer:
            columns = [pa.array(list(column)) for column in zip(*rows, strict=True)]
            writer.write_batch(pa.record_batch(columns, schema=row_schema(schema)))
    _, _, tables = counted(vault, {"one": files("aaaaaaaa", "bbbbbbbb")}, schema)
    assert tables["m",] == [1, 9], "a mass of 1 at 9 of 10, in tenths"


def test_refuses_other_schema_or_sources_before_reading():
    class Untouchable:
        def batches(self, object_id):
            raise AssertionError(object_id)

    with pytest.raises(PlanError):
        measured(Untouchable(), ids={"alpha": "aaaaaaaa-1"})
    with pytest.raises(PlanError):
        measured(Untouchable(), schema=schema_of())


def test_asks_for_the_columns_of_the_schema():
    assert row_schema(SCHEMA).names == ["person", "ordinal", "d0", "m"]
    assert row_schema(SCHEMA).field("m").type == pa.int64()
