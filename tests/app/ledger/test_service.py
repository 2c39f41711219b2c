import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.core.db import Database, new_id, session
from app.ledger import queries, service
from app.ledger.errors import KeyReused, Unbalanced

pytestmark = pytest.mark.both_databases


def test_refuses_unbalanced_transaction(db: Database) -> None:
    with db.unit_of_work(), pytest.raises(Unbalanced):
        service.post("sale", "k", "EUR", {"provider": 5, "platform": -4})


def test_the_same_key_writes_once(db: Database) -> None:
    with db.unit_of_work():
        first = service.post("sale", "k", "EUR", {"provider": 5, "platform": -5})
        assert service.post("sale", "k", "EUR", {"platform": -5, "provider": 5}) == first
        assert queries.balance("provider", "EUR").micros == 5


def test_the_same_key_with_other_lines_is_refused(db: Database) -> None:
    with db.unit_of_work():
        service.post("sale", "k", "EUR", {"provider": 5, "platform": -5})
        with pytest.raises(KeyReused):
            service.post("sale", "k", "EUR", {"provider": 6, "platform": -6})


def test_reversing_restores_every_balance(db: Database) -> None:
    with db.unit_of_work():
        service.post("sale", "a", "EUR", {"provider": 900, "platform": -100, "pool:e": -800})
        service.reverse("a", "refund", "b", {"provider": -30, "platform": 30})
        assert queries.trial_balance("EUR") == {
            k: queries.Money(v, "EUR")
            for k, v in {"platform": 30, "pool": 0, "provider": -30}.items()
        }


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=6))
def test_the_book_always_sums_to_zero(db: Database, parts: list[int]) -> None:
    lines = {f"pool:{i}": part for i, part in enumerate(parts)}
    with db.unit_of_work():
        service.post("sale", f"x:{new_id()}", "EUR", {**lines, "provider": -sum(parts)})
        assert sum(m.micros for m in queries.trial_balance("EUR").values()) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET micros = micros + 1",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_transaction",
        "UPDATE ledger_transaction SET kind = 'other'",
        "INSERT INTO ledger_entry SELECT 'x', transaction_id, account, 1 FROM ledger_entry LIMIT 1",
    ],
)
def test_the_database_refuses_to_change_what_was_booked(db: Database, statement: str) -> None:
    with db.unit_of_work():
        service.post("sale", "k", "EUR", {"provider": 5, "platform": -5})
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(statement))


def test_the_database_refuses_to_seal_what_does_not_balance(db: Database) -> None:
    make = (
        "INSERT INTO ledger_transaction (id, kind, key, currency, sealed, at) "
        "VALUES ('t', 'sale', 't', 'EUR', false, CURRENT_TIMESTAMP)"
    )
    line = (
        "INSERT INTO ledger_entry (id, transaction_id, account, micros) VALUES ('e', 't', 'p', 5)"
    )
    with db.unit_of_work():
        session().execute(text(make))
        session().execute(text(line))
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text("UPDATE ledger_transaction SET sealed = true"))


def test_money_of_a_unit_that_fails_is_not_booked(app: Flask, db: Database) -> None:

    def fails() -> None:
        with db.unit_of_work():
            service.post("sale", "k", "EUR", {"provider": 5, "platform": -5})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with db.unit_of_work():
        assert queries.by_key("k") is None
