from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core import audit
from app.core.db import Database, session

pytestmark = pytest.mark.both_databases

CHANGES = {
    "changed": "UPDATE audit_entry SET actor_id = 'somebody' WHERE sequence = 2",
    "details": "UPDATE audit_entry SET details = '{}' WHERE sequence = 2",
    "removed": "DELETE FROM audit_entry WHERE sequence = 2",
    "cut off": "DELETE FROM audit_entry WHERE sequence = 4",
    "swapped": "UPDATE audit_entry SET action = 'c' WHERE sequence = 2",
}


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    with database.unit_of_work():
        for n, action in enumerate("abcd"):
            audit.record("me", action, "thing", f"{n}", n=n)
    yield database
    database.dispose()


def unguard(db: Database) -> None:
    """Take the triggers away, as somebody with the database's password could."""
    with db.unit_of_work() as s:
        if db.engine.dialect.name == "sqlite":
            found = s.execute(
                text(
                    "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit_entry'"
                )
            )
            for (name,) in found.all():
                s.execute(text(f"DROP TRIGGER {name}"))
        else:
            s.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))


def test_the_chain_holds(db: Database) -> None:
    with db.unit_of_work(write=False):
        assert audit.broken_at() is None
        assert [line.action for line in audit.lines_about("me")] == list("dcba")


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_the_database_refuses_to_change_an_entry(db: Database, statement: str) -> None:
    with pytest.raises(Exception, match="written once"), db.unit_of_work():
        session().execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_a_change_behind_the_database_is_found(db: Database, statement: str) -> None:
    unguard(db)
    with db.unit_of_work():
        session().execute(text(statement))
    with db.unit_of_work(write=False):
        assert audit.broken_at() in (2, 3, 4, 5)


def test_an_abandoned_unit_leaves_no_entry(db: Database) -> None:
    def abandon() -> None:
        with db.unit_of_work():
            audit.record("me", "e", "thing", "5")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        abandon()
    with db.unit_of_work():
        assert audit.broken_at() is None
        audit.record("me", "e", "thing", "5")
        assert audit.broken_at() is None
