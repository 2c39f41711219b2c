from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Forbidden
from app.core.permissions import SYSTEM, Role
from app.ledger import service as ledger
from app.payments.gateway import Balance, BalanceTransaction
from app.reconciliation import queries as reconciliations
from app.reconciliation import service as reconciliation
from app.reconciliation.differences import (
    BookLine,
    Difference,
    Kind,
    Remedy,
    match,
)
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.trading import Trade, published

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


def test_what_is_there_twice_is_told_apart_from_what_is_unknown() -> None:
    sent = [moved("tr_a", -500, "transfer"), replace(moved("tr_a", -500, "transfer"), id="txn_2")]
    matched, (difference,) = match([line("transfer:a", "tr_a", -500, "transfer")], sent, "EUR")
    assert matched == 1
    assert difference.kind is Kind.TWICE_AT_PROVIDER
    assert difference.remedy is Remedy.REVERSE_ONE
    paid = [moved("ch_a", 900), replace(moved("ch_a", 900), id="txn_2")]
    _, (difference,) = match([line("sale:a", "ch_a", 900)], paid, "EUR")
    assert difference.remedy is Remedy.GIVE_BACK


def test_another_currency_is_told_and_never_added() -> None:
    other = replace(moved("ch_a", 900), currency="USD")
    matched, differences = match([line("sale:a", "ch_a", 900)], [other], "EUR")
    assert matched == 0
    assert {each.kind for each in differences} == {Kind.OTHER_CURRENCY, Kind.ONLY_IN_BOOK}
    told = next(each for each in differences if each.kind is Kind.OTHER_CURRENCY)
    assert told.remedy is Remedy.SET_CURRENCY


def test_a_net_that_is_not_amount_less_fee_is_told() -> None:
    wrong = replace(moved("ch_a", 900, fee=40), amount_cents=941)
    matched, (difference,) = match([line("sale:a", "ch_a", 900)], [wrong], "EUR")
    assert (matched, difference.kind) == (1, Kind.WRONG_NET)
    assert difference.remedy is Remedy.ASK_PROVIDER


def test_a_refund_and_its_return_are_two_movements_of_one_thing() -> None:
    book = [
        line("refund:a", "re_a", -900, "refund"),
        line("refund-failed:a", "re_a", 900, "refund-failed"),
    ]
    back = replace(moved("re_a", 900, "refund_failure"), id="txn_back")
    assert match(book, [back, moved("re_a", -900, "refund")], "EUR") == (2, ())


def test_a_correction_is_paired_with_its_own_movement() -> None:
    fee = moved("fee", -200, "stripe_fee")
    booked = replace(line("correction:x", None, -200, "correction"), movement_id=fee.id)
    assert match([booked], [fee], "EUR") == (1, ())


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(-50, 50)), max_size=12), st.randoms())
def test_every_line_and_every_movement_is_accounted_for_once(
    pairs: list[tuple[int, int]], random: Random
) -> None:
    """Agreeing pairs, and each other line or movement in exactly one difference."""
    book = [line(f"sale:{n}", f"ch_{name}", cents) for n, (name, cents) in enumerate(pairs)]
    found = [replace(moved(f"ch_{name}", cents), id=f"txn_{n}")
             for n, (name, cents) in enumerate(pairs)]  # fmt: skip
    random.shuffle(found)
    assert match(book, found, "EUR") == (len(pairs), ())
    dropped = random.randrange(len(pairs) + 1)
    matched, differences = match(book[dropped:], found, "EUR")
    paired = matched + sum(each.kind is Kind.OTHER_AMOUNT for each in differences)
    alone = [each for each in differences if each.kind is not Kind.OTHER_AMOUNT]
    only_book = sum(each.kind is Kind.ONLY_IN_BOOK for each in alone)
    assert paired + only_book == len(book[dropped:])
    assert paired + len(alone) - only_book == len(found)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("what", ["charge", "transfer", "payout", "topup", "balance"])
def test_every_difference_has_a_remedy(kind: Kind, what: str) -> None:
    assert Difference(kind, what, "", "", 0, 0, "2026-01-01").remedy in Remedy


def test_a_balance_that_is_not_the_sum_of_its_movements_is_told(trade: Trade) -> None:
    made = published(trade.app)
    trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))

    class Odd(Broken):
        def balance(self, _code: str) -> Balance:
            return Balance(1, 2)

    with trade.db.unit_of_work():
        view = reconciliation.compare(SYSTEM, Odd(trade.gateway))  # type: ignore[arg-type]
    (difference,) = view.differences
    assert difference.kind == Kind.OTHER_BALANCE
    assert difference.provider_micros == 30_000
    assert not view.agrees


def test_kinds_of_movement_we_do_not_know_are_reported() -> None:
    _, (difference,) = match([], [moved("adj_1", -1_500, "adjustment")], "EUR")
    assert (difference.what, difference.source_id) == ("adjustment", "adj_1")


@pytest.mark.both_databases
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
        assert reconciliations.latest_reconciliation() == view
    assert trade.balance("provider") - view.provider.micros == 50_000


def test_only_the_operator_compares(trade: Trade) -> None:
    for role in (Role.PRODUCER, Role.BUYER):
        with pytest.raises(Forbidden), trade.db.unit_of_work():
            reconciliation.compare(factories.account(trade.app, role), trade.gateway)
