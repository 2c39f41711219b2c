from datetime import UTC, datetime

import pytest

from app.core.errors import Forbidden
from app.core.permissions import Role
from app.ledger import service as ledger
from app.payments.gateway import BalanceTransaction
from app.payouts import queries, reconciliation
from app.payouts.differences import BookLine, Kind, match
from tests import factories
from tests.app.payouts.trading import Trade, published

AT = datetime(2026, 1, 1, tzinfo=UTC)


def line(key: str, source: str | None, cents: int, kind: str = "sale") -> BookLine:
    return BookLine(key, kind, source, cents * 10_000, AT)


def moved(source: str, cents: int, kind: str = "charge", fee: int = 0) -> BalanceTransaction:
    return BalanceTransaction(
        f"txn_{source}_{cents}", kind, cents + fee, fee, cents, "EUR", source, AT, True
    )


def test_lines_are_paired_by_the_names_of_the_provider() -> None:
    book = [line("sale:a", "ch_a", 900), line("sale:b", "ch_b", 900)]
    assert match(book, [moved("ch_b", 900, fee=40), moved("ch_a", 900, fee=40)], "EUR") == (2, ())


def test_a_line_without_a_name_is_paired_by_kind_and_amount() -> None:
    book = [line("refund:a", None, -940, "refund"), line("refund:b", None, -10, "refund")]
    matched, differences = match(book, [moved("re_a", -940, "refund"), moved("re_c", -10)], "EUR")
    assert matched == 1
    assert [(d.kind, d.key) for d in differences] == [
        (Kind.ONLY_IN_BOOK, "refund:b"),
        (Kind.ONLY_AT_PROVIDER, ""),
    ]


def test_another_amount_is_told_with_both_amounts() -> None:
    matched, (difference,) = match([line("sale:a", "ch_a", 900)], [moved("ch_a", 899)], "EUR")
    assert matched == 0
    assert difference.kind is Kind.OTHER_AMOUNT
    assert (difference.book_micros, difference.provider_micros) == (9_000_000, 8_990_000)


def test_two_lines_are_never_paired_with_one_movement() -> None:
    matched, (difference,) = match(
        [line("sale:a", "ch_a", 900), line("sale:b", "ch_a", 900)], [moved("ch_a", 900)], "EUR"
    )
    assert (matched, difference.key) == (1, "sale:b")


def test_kinds_of_movement_we_do_not_know_are_reported() -> None:
    _, (difference,) = match([], [moved("adj_1", -1_500, "adjustment")], "EUR")
    assert (difference.what, difference.source_id) == ("adjustment", "adj_1")


def test_what_is_compared_is_kept_and_nothing_is_repaired(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()[:1]
    trade.bought(buyer, keys)
    trade.check_agreement()
    with trade.db.unit_of_work():
        ledger.post("sale", "sale:invented", "EUR", {"provider": 50_000, "platform": -50_000})
    view = trade.compare()
    assert not view.agrees
    (difference,) = view.differences
    assert (difference.kind, difference.key) == (Kind.ONLY_IN_BOOK, "sale:invented")
    with trade.db.unit_of_work(write=False):
        assert queries.latest_reconciliation() == view
    assert trade.balance("provider") - view.provider.micros == 50_000


def test_only_the_operator_compares(trade: Trade) -> None:
    for role in (Role.PRODUCER, Role.BUYER):
        with pytest.raises(Forbidden), trade.db.unit_of_work():
            reconciliation.compare(factories.account(trade.app, role), trade.gateway)
