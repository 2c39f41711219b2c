"""What was erased is listed before it is gone, and only if it went."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.clock import fixed_at
from app.core.db import Database, checkpoint
from app.core.erased import ErasedList, Erasure

TODAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEGINNING = date(2000, 1, 1)


@pytest.fixture
def erased(tmp_path: Path) -> ErasedList:
    return ErasedList(tmp_path / "erased")


@pytest.fixture
def own(tmp_path: Path) -> Database:
    db = Database(f"sqlite:///{tmp_path / 'own.db'}")
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return db


def listed(erased: ErasedList, since: date = BEGINNING) -> set[str]:
    return {one for some in erased.since(since).values() for one in some}


def test_what_is_committed_is_listed_for_others_to_see(erased: ErasedList, own: Database) -> None:
    with own.unit_of_work():
        erased.note(Erasure.OBJECT, "a1")
        erased.note(Erasure.ACCOUNT, "b2")
        assert listed(erased) == set()
    assert erased.since(BEGINNING) == {Erasure.OBJECT: {"a1"}, Erasure.ACCOUNT: {"b2"}}


def test_a_change_that_fails_lists_nothing(erased: ErasedList, own: Database) -> None:
    def fails() -> None:
        with own.unit_of_work():
            erased.note(Erasure.OBJECT, "a1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert listed(erased) == set()


def test_the_line_is_on_the_disk_before_the_commit_and_taken_back_where_that_fails(
    erased: ErasedList, own: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    def full(_connection: object) -> None:
        seen.append(listed(erased))
        raise OSError("the disk is full")

    def fails() -> None:
        with own.unit_of_work() as session:
            session.execute(text("CREATE TABLE a (b)"))
            erased.note(Erasure.OBJECT, "a1")
            monkeypatch.setattr(own.engine.dialect, "do_commit", full)

    with pytest.raises(OSError, match="full"):
        fails()
    assert seen == [{"a1"}]
    assert listed(erased) == set()


def test_each_part_of_a_unit_of_work_is_listed_with_its_own_commit(
    erased: ErasedList, own: Database
) -> None:
    def fails() -> None:
        with own.unit_of_work():
            erased.note(Erasure.OBJECT, "a1")
            checkpoint()
            erased.note(Erasure.OBJECT, "a2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert listed(erased) == {"a1"}


def test_what_is_written_again_under_its_name_is_not_erased(
    erased: ErasedList, own: Database
) -> None:
    with own.unit_of_work():
        erased.note(Erasure.OBJECT, "a1")
    erased.written_again("a1")
    erased.written_again("never-erased-here")
    assert listed(erased) == set()


def test_days_are_asked_for_and_forgotten_by_their_dates(erased: ErasedList, own: Database) -> None:
    for days, name in ((0, "old"), (1, "new")):
        with fixed_at(TODAY + timedelta(days=days)), own.unit_of_work():
            erased.note(Erasure.OBJECT, name)
    tomorrow = (TODAY + timedelta(days=1)).date()
    assert listed(erased, tomorrow) == {"new"}
    erased.forget_before(tomorrow)
    assert listed(erased) == {"new"}


def test_a_line_that_a_crash_cut_off_says_nothing(erased: ErasedList, tmp_path: Path) -> None:
    folder = tmp_path / "erased"
    folder.mkdir()
    (folder / "2026-03-02.txt").write_text("erased object a1\nerased obj")
    assert listed(erased) == {"a1"}
