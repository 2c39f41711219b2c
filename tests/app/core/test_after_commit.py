import pytest
from flask import Flask
from sqlalchemy import text

from app.core.db import Database, checkpoint, session
from app.market import market_of


@pytest.fixture
def database(app: Flask) -> Database:
    return market_of(app).db


@pytest.mark.both_databases
def test_a_step_is_done_once_its_change_is_committed(database: Database) -> None:
    done: list[int] = []
    with database.unit_of_work():
        session().execute(text("SELECT 1"))
        database.after_commit(lambda: done.append(1))
        assert done == []
        checkpoint()
        assert done == [1]
    assert done == [1]


@pytest.mark.both_databases
def test_a_step_of_a_change_that_is_rolled_back_is_never_done(database: Database) -> None:
    done: list[int] = []

    def fails() -> None:
        with database.unit_of_work():
            session().execute(text("SELECT 1"))
            database.after_commit(lambda: done.append(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    with database.unit_of_work():
        session().execute(text("SELECT 1"))
    assert done == []


def test_without_a_change_under_way_it_is_done_at_once(lite_app: Flask) -> None:
    done: list[int] = []
    market_of(lite_app).db.after_commit(lambda: done.append(1))
    with market_of(lite_app).db.unit_of_work(write=False):
        session().execute(text("SELECT 1"))
        market_of(lite_app).db.after_commit(lambda: done.append(2))
    assert done == [1, 2]
