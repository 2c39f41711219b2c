import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from app.engine.duckdb import DuckDBEngine
from app.engine.linking import hashed, one_source_each
from app.engine.measuring import count_edition, measure_edition, row_schema
from app.releases.members import SourceFile
from app.vault.local import LocalVault
from privacy.plan.counting import plan_count
from privacy.plan.planning import plan_release
from privacy.plan.tiers import GOLD
from privacy.plan.workload import default_workload
from tests.privacy.cubes import measure_of, rows_of, schema_of
from tests.support.keys import Keys

SCHEMA = schema_of((3,), (measure_of(),), bound=2)
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 5.0, 1e-6, sources=2)
IDS = {"alpha": "aaaaaaaa-1", "beta": "bbbbbbbb-1"}
SECRET = "of the edition"
Row = tuple[str, str, str, int]


def vault_of(folder: Path, rows: Sequence[Row]) -> LocalVault:
    vault = LocalVault(folder, bytes(32), Keys())
    for source, object_id in IDS.items():
        mine = rows_of(SCHEMA, [row for row in rows if row[0] == source])
        with vault.write(object_id, row_schema(SCHEMA)) as writer:
            for batch in mine.drop_columns(["source"]).to_batches():
                writer.write_batch(batch)
    return vault


def sources() -> dict[str, tuple[SourceFile, ...]]:
    return {source: (SourceFile(object_id),) for source, object_id in IDS.items()}


def everybody(source: str, count: int, *, spelt: str = "p%d@x.example") -> list[Row]:
    return [(source, spelt % n, f"v{n % 3}", 5) for n in range(count)]


def test_somebody_in_two_producers_files_is_one_person(tmp_path: Path) -> None:
    """Both files moved the same tables once: up to four times the rho that was charged."""
    shouted = "  P%d@X.EXAMPLE "
    vault = vault_of(tmp_path, everybody("alpha", 3000) + everybody("beta", 3000, spelt=shouted))
    count = plan_count(5.0, 1e-6)
    sd = float(count.variance) ** 0.5
    with DuckDBEngine(threads=1) as engine:
        apart = count_edition(engine, vault, sources(), count)
    with DuckDBEngine(threads=1) as engine:
        together = count_edition(engine, vault, sources(), count, link=SECRET)
    assert abs(apart - 6000) < 8 * sd
    assert abs(together - 3000) < 8 * sd
    with DuckDBEngine(threads=1) as engine:
        release = measure_edition(
            engine, vault, sources(), SCHEMA, PLAN, SECRET, lambda _: None, linked=True
        )
    assert abs(release.people(GOLD).value - 3000) < 8 * PLAN.people_sd(GOLD)
    # Each is paid for once, by the draw of a hash: about half at either.
    for source in IDS:
        assert abs(release.shares[source] - 1500) < 8 * PLAN.share_sd() + 200


def table_of(rows: Sequence[Row], without: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Which rows stand in which source once everybody is in one."""
    with DuckDBEngine(threads=1) as engine:
        arrow = rows_of(SCHEMA, list(rows))
        arrow = arrow.filter(pc.not_equal(arrow["person"], without))
        made = one_source_each(engine, engine.stream(arrow.schema, arrow.to_batches()), SECRET)
        found: dict[str, list[tuple[Any, ...]]] = {}
        for row in engine.run(made).to_pylist():
            found.setdefault(row["person"], []).append((row["source"], row["ordinal"]))
    return found


def test_each_person_is_in_one_source_and_keeps_all_rows() -> None:
    rows = everybody("alpha", 50) + everybody("beta", 80)
    found = table_of(rows)
    assert len(found) == 80
    assert all(len({source for source, _ in mine}) == 1 for mine in found.values())
    assert sum(map(len, found.values())) == 130
    assert {source for mine in found.values() for source, _ in mine} == set(IDS)


@pytest.mark.parametrize("gone", ["p0@x.example", "p79@x.example"])
def test_one_person_more_or_less_changes_nothing_for_anybody_else(gone: str) -> None:
    rows = everybody("alpha", 50) + everybody("beta", 80)
    before, after = table_of(rows), table_of(rows, without=gone)
    before.pop(gone)
    assert after == before


def test_a_hash_depends_on_the_secret_and_not_on_spelling() -> None:
    people = pa.array(["Ana@x.example", " ana@x.example", "ben@x.example", "Ana@x.example"])
    accents = [unicodedata.normalize(form, "Zoé") for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({*hashed(pa.array(accents), "one").to_pylist()}) == 1
    first = hashed(people, "one").to_pylist()
    assert first[0] == first[1] == first[3] != first[2]
    assert set(first).isdisjoint(hashed(people, "two").to_pylist())
    assert not any("ana" in each for each in first)
