"""A unit of work on a database, and what it reads once."""

from pathlib import Path

from app.core.db import Database, read_once


def test_a_unit_that_reads_reads_once_and_one_that_writes_reads_anew(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'once.sqlite3'}")
    read: list[str] = []

    def look() -> int:
        read.append("looked")
        return len(read)

    with db.unit_of_work(write=False):
        assert (read_once("here", look), read_once("here", look)) == (1, 1)
        assert read_once("there", look) == 2
    with db.unit_of_work(write=False):
        assert read_once("here", look) == 3
    with db.unit_of_work():
        assert (read_once("here", look), read_once("here", look)) == (4, 5)
    assert read_once("here", look) == 6
