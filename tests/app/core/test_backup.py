"""A copy of a market: whole at one moment, without its secrets, and never kept too long."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.backup import ROWS, back_up
from app.core.clock import fixed_at, now
from app.core.db import Database
from app.core.errors import Invalid


@pytest.fixture
def live(tmp_path: Path) -> Database:
    db = Database(f"sqlite:///{tmp_path / 'live.db'}")
    with db.unit_of_work() as session:
        session.execute(text("CREATE TABLE a (b)"))
        session.execute(text("INSERT INTO a VALUES (1)"))
    return db


def stored(vault: Path, name: str) -> None:
    (vault / name).mkdir(parents=True)
    (vault / name / "rows.parquet").write_bytes(b"sealed")


def rows(copy: Path) -> int:
    with closing(sqlite3.connect(copy)) as connection:
        return int(connection.execute("SELECT count(*) FROM a").fetchone()[0])


def test_a_copy_is_of_one_moment_while_others_write(live: Database, tmp_path: Path) -> None:
    with live.unit_of_work() as session:
        session.execute(text("INSERT INTO a VALUES (2)"))
        done = back_up(live, tmp_path / "vault", tmp_path / "copies", 14)
    assert rows(done.database) == 1
    assert [path.name for path in (tmp_path / "copies").iterdir() if path.is_file()] == [
        done.database.name
    ]


def test_rows_are_copied_once_and_go_with_those_that_were_erased(
    live: Database, tmp_path: Path
) -> None:
    vault, copies = tmp_path / "vault", tmp_path / "copies"
    for name in ("a1", "b2", ".writing-c3"):
        stored(vault, name)
    assert back_up(live, vault, copies, 14).new == 2
    (vault / "a1" / "rows.parquet").unlink()
    (vault / "a1").rmdir()
    stored(vault, "d4")
    with fixed_at(now() + timedelta(minutes=1)):
        done = back_up(live, vault, copies, 14)
    assert (done.new, done.gone) == (1, 1)
    assert sorted(path.name for path in (copies / ROWS).iterdir()) == ["b2", "d4"]


def test_copies_are_not_kept_longer_than_was_said(live: Database, tmp_path: Path) -> None:
    first = back_up(live, tmp_path / "vault", tmp_path / "copies", 14)
    with fixed_at(now() + timedelta(days=13)):
        assert back_up(live, tmp_path / "vault", tmp_path / "copies", 14).old == 0
    with fixed_at(now() + timedelta(days=15)):
        assert back_up(live, tmp_path / "vault", tmp_path / "copies", 14).old == 1
    assert not first.database.exists()


def test_postgresql_is_sent_to_its_own_ways(postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        back_up(Database(postgres_url), tmp_path, tmp_path / "copies", 14)
    assert not (tmp_path / "copies").exists()
