"""Transactions whose lines a query gives: what holds for others holds for them."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import BigInteger, Select, column, literal, select, text, union_all, values
from sqlalchemy import String as Text
from sqlalchemy.exc import DatabaseError

from app.core.db import Database, new_id, session
from app.ledger import bulk, queries, service
from app.ledger.errors import KeyReused, TooLarge
from app.ledger.models import LedgerEntry, LedgerTransaction

pytestmark = pytest.mark.both_databases


def lines(**parts: int) -> Select[str, int]:
    each = [
        select(literal(f"contributor:{who}").label("a"), literal(micros, BigInteger).label("m"))
        for who, micros in parts.items()
    ]
    given = union_all(*each).subquery()
    return select(given.c.a, given.c.m).where(given.c.m != 0)


def test_the_lines_and_one_against_them_are_written_and_sealed(db: Database) -> None:
    with db.unit_of_work():
        posted = bulk.post_selected("settlement", "k", "EUR", lines(a=-5, b=2), "pool:e")
        assert posted is not None
        assert (posted.lines, posted.micros) == (2, -3)
        view = queries.by_key("k")
        assert view is not None
        booked = {line.account: line.amount.micros for line in view.lines}
        assert booked == {"contributor:a": -5, "contributor:b": 2, "pool:e": 3}
        assert session().get_one(LedgerTransaction, posted.id).sealed
        ids = session().scalars(select(LedgerEntry.id)).all()
        assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)
        assert len(set(ids)) == 3
        assert queries.trial_balance("EUR") == {
            "contributor": queries.Money(-3, "EUR"),
            "pool": queries.Money(3, "EUR"),
        }


def test_lines_that_cancel_need_none_against_them(db: Database) -> None:
    with db.unit_of_work():
        posted = bulk.post_selected("settlement", "k", "EUR", lines(a=-5, b=5), "pool:e")
        assert posted is not None
        assert queries.balance("pool:e", "EUR").micros == 0
        assert queries.balance("contributor:a", "EUR").micros == -5


def test_no_lines_leave_no_transaction(db: Database) -> None:
    with db.unit_of_work():
        service.post("sale", "before", "EUR", {"provider": 1, "platform": -1})
        assert bulk.post_selected("settlement", "k", "EUR", lines(a=0), "pool:e") is None
    with db.unit_of_work(write=False):
        assert queries.by_key("k") is None
        assert queries.by_key("before") is not None


def test_a_key_is_used_once(db: Database) -> None:
    with db.unit_of_work():
        bulk.post_selected("settlement", "k", "EUR", lines(a=-5), "pool:e")
        with pytest.raises(KeyReused):
            bulk.post_selected("settlement", "k", "EUR", lines(a=-5), "pool:e")


@pytest.mark.parametrize("share", [2**62, 2**63 - 1])
def test_a_sum_that_leaves_64_bits_is_refused(db: Database, share: int) -> None:
    with pytest.raises((TooLarge, DatabaseError)), db.unit_of_work():
        bulk.post_selected("settlement", "k", "EUR", lines(a=share, b=share), "pool:e")
    with db.unit_of_work(write=False):
        assert queries.by_key("k") is None


def test_a_product_that_leaves_64_bits_is_refused(db: Database) -> None:
    rows = values(column("a", Text), column("n", BigInteger), name="t").data([("x", 2**40)])
    product = select(rows.c.a, rows.c.n * literal(2**40, BigInteger))
    with pytest.raises((TooLarge, DatabaseError)), db.unit_of_work():
        bulk.post_selected("settlement", "k", "EUR", product, "pool:e")
    with db.unit_of_work(write=False):
        assert queries.by_key("k") is None


def test_of_very_many_lines_a_page_shows_the_largest(db: Database) -> None:
    with db.unit_of_work():
        many = {f"u{n}": -n - 1 for n in range(queries.MOST_LINES + 40)}
        bulk.post_selected("settlement", "k", "EUR", lines(**many), "pool:e")
        view = queries.by_key("k")
        assert view is not None
        assert (len(view.lines), view.more) == (queries.MOST_LINES, 41)
        assert view.lines[0].account == "pool:e"
        assert view.lines[-1].amount.micros == -len(many)


ENTRY = "INSERT INTO ledger_entry (id, transaction_id, account, micros) VALUES (:i, :t, 'p', 5)"


def test_a_line_needs_its_transaction(db: Database) -> None:
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(ENTRY), {"i": new_id(), "t": "unknown"})


def test_one_statement_cannot_hide_a_line_of_a_sealed_transaction(db: Database) -> None:
    with db.unit_of_work():
        sealed = service.post("sale", "k", "EUR", {"provider": 5, "platform": -5})
        session().add(LedgerTransaction(id="open", kind="x", key="o", currency="EUR"))
    both = (
        "INSERT INTO ledger_entry (id, transaction_id, account, micros) "
        "VALUES ('e1', 'open', 'p', 5), ('e2', :t, 'p', 5)"
    )
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(both), {"t": sealed})
    with db.unit_of_work(write=False):
        assert session().get(LedgerEntry, "e1") is None


def test_whoever_seals_waits_for_whoever_writes_a_line(
    new_database: Callable[[str], str],
) -> None:
    db = Database(new_database("postgresql"))
    with db.unit_of_work():
        session().add(LedgerTransaction(id="t", kind="x", key="t", currency="EUR"))
    refused: list[bool] = []

    def seal() -> None:
        try:
            with db.unit_of_work():
                session().execute(text("UPDATE ledger_transaction SET sealed = true"))
        except DatabaseError:
            refused.append(True)

    sealer = threading.Thread(target=seal)
    with db.unit_of_work():
        session().execute(text(ENTRY), {"i": "e", "t": "t"})
        sealer.start()
        sealer.join(0.3)
        assert sealer.is_alive()
    sealer.join(20)
    # The line alone does not sum to zero: seen, once it was committed.
    assert refused == [True]
    db.dispose()
