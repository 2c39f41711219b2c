"""Giving money back in parts, late failures, and what the book makes of it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.products import ProductKey
from app.core.db import session
from app.core.permissions import SYSTEM, Actor, Role
from app.invoicing.models import BillingDocument
from app.ledger import queries as ledger
from app.orders import holdings, queries
from app.orders.errors import NothingToRefund, RefundUnderWay
from app.orders.models import Refund, SaleEdition
from app.payments.gateway import GatewayRefused, GatewayUnavailable
from app.refunds import disputes as disputing
from app.refunds import service as refunding
from app.releases import queries as releases
from app.users import service as users
from pricing.split import part_taken
from stripe_stand_in.store import Store
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.controls import Controls
from tests.support.trading import Trade, published


@pytest.fixture
def keys(trade: Trade, made: factories.Published) -> list[ProductKey]:
    return trade.keys(made, "gold")


def part(trade: Trade, order_id: str, cents: int | None, gateway: Any = None) -> None:
    with trade.db.unit_of_work():
        refunding.refund(SYSTEM, gateway or trade.gateway, order_id, cents, "because")


def controls(trade: Trade) -> Controls:
    return Controls(trade.stand_in_url)


def total(trade: Trade, order_id: str) -> int:
    with trade.db.unit_of_work(write=False):
        return queries.order(SYSTEM, order_id).total_cents


def book(trade: Trade) -> dict[str, int]:
    with trade.db.unit_of_work(write=False):
        found = {kind: m.micros for kind, m in ledger.trial_balance("EUR").items()}
    return {kind: micros for kind, micros in found.items() if micros}


def credited(trade: Trade) -> list[tuple[str, int]]:
    with trade.db.unit_of_work(write=False) as s:
        rows = s.query(BillingDocument).order_by(BillingDocument.issued_at)
        return [(row.series, row.gross_cents) for row in rows]


def test_a_part_is_given_back_and_the_tables_stay(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    whole = total(trade, order_id)
    part(trade, order_id, 40)
    assert trade.state(order_id) == "paid"
    with trade.db.unit_of_work(write=False) as s:
        assert holdings.owned(buyer.user_id) == frozenset(keys)
        (only,) = queries.refunds(order_id)
        assert (only.amount.micros, only.state, only.reason) == (400_000, "succeeded", "because")
        for each in s.query(SaleEdition):
            assert each.taken_micros == part_taken(each.per_share_micros, 40, whole)
            assert 0 < each.taken_micros < each.per_share_micros
    trade.check_agreement()
    part(trade, order_id, None)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()
    assert credited(trade) == [("invoice", whole), ("credit-note", 40), ("credit-note", whole - 40)]


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_parts_come_to_the_same_as_the_whole(
    trade: Trade, buyer: Actor, keys: list[ProductKey], steps: int
) -> None:
    order_id = trade.bought(buyer, keys)
    with trade.db.unit_of_work(write=False):
        fee = queries.order(SYSTEM, order_id).fee_cents
    for _ in range(steps - 1):
        part(trade, order_id, 7)
    part(trade, order_id, None)
    # Nothing is left but the fee, which the market bears.
    assert book(trade) == {"platform": fee * 10_000, "provider": -fee * 10_000}
    with pytest.raises(Exception, match="cannot be done"):
        part(trade, order_id, 1)


def test_more_than_is_left_is_not_given_back(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    for cents in (0, -5, total(trade, order_id) + 1):
        with pytest.raises(NothingToRefund):
            part(trade, order_id, cents)
    part(trade, order_id, 30)
    with pytest.raises(NothingToRefund):
        part(trade, order_id, total(trade, order_id) - 29)
    assert queries_of(trade, order_id) == ["succeeded"]


def queries_of(trade: Trade, order_id: str) -> list[str]:
    with trade.db.unit_of_work(write=False):
        return [str(one.state) for one in queries.refunds(order_id)]


@pytest.mark.both_databases
def test_one_refund_at_a_time(trade: Trade, buyer: Actor, keys: list[ProductKey]) -> None:
    order_id = trade.bought(buyer, keys)
    with pytest.raises(GatewayUnavailable):
        part(trade, order_id, 20, Broken(trade.gateway, "refund", after=True))
    with pytest.raises(RefundUnderWay):
        part(trade, order_id, 20)
    assert queries_of(trade, order_id) == ["intended"]
    # The provider had carried it out: the same key finds it.
    with trade.db.unit_of_work():
        refunding.send_refund(trade.gateway, order_id)
    assert queries_of(trade, order_id) == ["succeeded"]
    assert len(list(trade.gateway.refunds_of(payment(trade, order_id)))) == 1
    trade.check_agreement()


def payment(trade: Trade, order_id: str) -> str:
    with trade.db.unit_of_work(write=False):
        return queries.order(SYSTEM, order_id).payment_intent or ""


def test_an_old_refund_without_an_answer_is_looked_for_before_it_is_sent(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    with pytest.raises(GatewayUnavailable):
        part(trade, order_id, 20, Broken(trade.gateway, "refund", after=True))
    controls(trade).advance(2 * 86_400)
    with trade.db.unit_of_work():
        row = session().query(Refund).one()
        row.at = row.at.replace(year=row.at.year - 1)
    asked = Broken(trade.gateway)
    with trade.db.unit_of_work():
        refunding.send_refund(asked, order_id)  # type: ignore[arg-type]
    assert "refund" not in [name for name, _ in asked.asked]
    assert queries_of(trade, order_id) == ["succeeded"]
    trade.check_agreement()


@pytest.mark.parametrize("cents", [None, 25])
def test_a_refund_that_fails_days_later_leaves_everything_as_before(
    trade: Trade, buyer: Actor, keys: list[ProductKey], cents: int | None
) -> None:
    order_id = trade.bought(buyer, keys)
    before = book(trade)
    part(trade, order_id, cents)
    assert book(trade) != before
    (given_back,) = list(trade.gateway.refunds_of(payment(trade, order_id)))
    controls(trade).end_refund(given_back.id, "failed")
    trade.deliver()
    assert trade.state(order_id) == "paid"
    assert queries_of(trade, order_id) == ["failed"]
    assert book(trade) == before
    with trade.db.unit_of_work(write=False):
        assert holdings.owned(buyer.user_id) == frozenset(keys)
    trade.check_agreement()
    # It may be given back in another way.
    part(trade, order_id, None)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()


def test_a_refund_that_takes_days_ends_either_way(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    controls(trade).refunds("pend")
    for outcome, state in (("succeeded", "refunded"), ("failed", "paid")):
        order_id = trade.bought(factories.account(trade.app, Role.BUYER), keys)
        part(trade, order_id, None)
        assert trade.state(order_id) == "refunded"
        assert queries_of(trade, order_id) == ["pending"]
        trade.check_agreement()
        (given_back,) = list(trade.gateway.refunds_of(payment(trade, order_id)))
        controls(trade).end_refund(given_back.id, outcome)
        trade.deliver()
        assert (trade.state(order_id), queries_of(trade, order_id)) == (state, [outcome])
        trade.check_agreement()


def test_a_part_given_back_in_the_providers_pages_is_taken_over(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    trade.gateway.refund(payment(trade, order_id), 15, "by hand")
    trade.deliver()
    with trade.db.unit_of_work(write=False):
        (found,) = queries.refunds(order_id)
        assert found.amount.micros == 150_000
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


def test_one_whose_message_never_came_is_found_within_the_hour(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    given_back = trade.gateway.refund(payment(trade, order_id), None, "by hand")
    for seen in (given_back, given_back):
        with trade.db.unit_of_work():
            assert refunding.apply(seen)
    assert trade.state(order_id) == "refunded"
    trade.check_agreement()


@pytest.mark.parametrize("ours", [True, False])
def test_a_refund_that_failed_before_it_was_seen_is_booked_there_and_back(
    trade: Trade, buyer: Actor, keys: list[ProductKey], ours: bool
) -> None:
    order_id = trade.bought(buyer, keys)
    before = book(trade)
    if ours:
        lost = Broken(trade.gateway, "refund", after=True)
        with pytest.raises(GatewayUnavailable):
            part(trade, order_id, None, lost)
    else:
        trade.gateway.refund(payment(trade, order_id), 15, "by hand")
    (given_back,) = list(trade.gateway.refunds_of(payment(trade, order_id)))
    controls(trade).end_refund(given_back.id, "failed")
    trade.deliver()
    assert trade.state(order_id) == "paid"
    assert queries_of(trade, order_id) == ["failed"]
    assert book(trade) == before
    trade.check_agreement()


def test_one_that_failed_is_booked_though_all_was_given_back_since(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    failed = trade.gateway.refund(payment(trade, order_id), 15, "by hand")
    controls(trade).end_refund(failed.id, "failed")
    part(trade, order_id, None)
    assert trade.state(order_id) == "refunded"
    trade.deliver()
    assert trade.state(order_id) == "refunded"
    assert total(trade, order_id) * 10_000 == taken(trade, order_id)
    trade.check_agreement()


def taken(trade: Trade, order_id: str) -> int:
    with trade.db.unit_of_work(write=False):
        return queries.order(SYSTEM, order_id).taken.micros


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_part_given_back_by_hand_is_taken_over_after_the_dispute_that_came_later(
    trade: Trade, buyer: Actor, keys: list[ProductKey], outcome: str
) -> None:
    order_id = trade.bought(buyer, keys)
    given_back = trade.gateway.refund(payment(trade, order_id), 15, "by hand")
    opened = controls(trade).dispute(given_back.charge or "")
    controls(trade).decide(opened["id"], outcome)
    with trade.db.unit_of_work():
        disputing.look(trade.gateway, opened["id"])
    trade.deliver()
    whole = total(trade, order_id)
    assert taken(trade, order_id) == (15 if outcome == "won" else whole) * 10_000
    trade.check_agreement()


def test_a_dispute_after_a_part_was_given_back_takes_the_rest(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    part(trade, order_id, 30)
    after_part = book(trade)
    with Store(trade.config.state).transaction() as tx:
        (charge,) = [each["id"] for each in tx.all("charge")]
    dispute = controls(trade).dispute(charge)
    trade.deliver()
    assert trade.state(order_id) == "disputed"
    trade.check_agreement()
    controls(trade).decide(dispute["id"], "won")
    trade.deliver()
    assert trade.state(order_id) == "paid"
    now = book(trade)
    # All but the bank's fee, which the market bears, is as before.
    assert now["platform"] - after_part["platform"] == after_part["provider"] - now["provider"]
    assert {k: v for k, v in now.items() if k not in ("platform", "provider")} == {
        k: v for k, v in after_part.items() if k not in ("platform", "provider")
    }
    trade.check_agreement()


def test_a_dispute_of_a_part_that_is_lost_leaves_the_tables(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    made = published(trade.app)
    order_id = trade.bought(buyer, trade.keys(made, "gold"))
    with Store(trade.config.state).transaction() as tx:
        (charge,) = [each["id"] for each in tx.all("charge")]
    dispute = controls(trade).dispute(charge, amount=60)
    trade.deliver()
    assert trade.state(order_id) == "disputed"
    controls(trade).decide(dispute["id"], "lost")
    trade.deliver()
    assert trade.state(order_id) == "paid"
    assert ("credit-note", 60) in credited(trade)
    trade.check_agreement()


@settings(deadline=None)
@given(
    st.integers(-(10**12), 10**12), st.integers(1, 10**6).flatmap(
        lambda whole: st.tuples(st.just(whole), st.integers(0, whole), st.integers(0, whole))
    )
)  # fmt: skip
def test_what_is_taken_grows_with_the_cents_and_ends_with_all(
    micros: int, sizes: tuple[int, int, int]
) -> None:
    whole, one, other = sizes
    few, many = sorted((one, other))
    assert (
        abs(part_taken(micros, few, whole)) <= abs(part_taken(micros, many, whole)) <= abs(micros)
    )
    assert part_taken(micros, whole, whole) == micros
    assert part_taken(micros, 0, whole) == 0
    assert part_taken(-micros, few, whole) == -part_taken(micros, few, whole)


@pytest.mark.both_databases
def test_a_form_that_is_sent_twice_gives_back_once(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    for _ in range(2):
        with trade.db.unit_of_work():
            refunding.refund(SYSTEM, trade.gateway, order_id, 20, "", "a" * 32)
    part(trade, order_id, 20)
    assert queries_of(trade, order_id) == ["succeeded", "succeeded"]
    trade.check_agreement()


@pytest.mark.both_databases
def test_the_same_form_after_a_refusal_is_another_wish(
    trade: Trade, buyer: Actor, keys: list[ProductKey]
) -> None:
    order_id = trade.bought(buyer, keys)
    no = Broken(trade.gateway, "refund", error=GatewayRefused("no", "charge_disputed"))
    with pytest.raises(GatewayRefused), trade.db.unit_of_work():
        refunding.refund(SYSTEM, no, order_id, 20, "", "b" * 32)  # type: ignore[arg-type]
    with trade.db.unit_of_work():
        refunding.refund(SYSTEM, trade.gateway, order_id, 20, "", "b" * 32)
    assert queries_of(trade, order_id) == ["refused", "succeeded"]
    trade.check_agreement()


@pytest.mark.both_databases
def test_an_edition_whose_only_sale_is_given_back_whole_makes_nothing_less_rare(
    trade: Trade, made: factories.Published, buyer: Actor, keys: list[ProductKey]
) -> None:
    with trade.db.unit_of_work():
        users.mark_identified(made.producer.user_id)
    order_id = trade.bought(buyer, keys)
    part(trade, order_id, 100)
    assert counted(trade) == [(2, None)]
    part(trade, order_id, None)
    assert counted(trade) == [(2, 2)]


@pytest.mark.both_databases
def test_an_edition_that_is_sold_again_after_a_refund_counts_again_and_the_past_stays(
    trade: Trade, made: factories.Published, buyer: Actor, keys: list[ProductKey]
) -> None:
    with trade.db.unit_of_work():
        users.mark_identified(made.producer.user_id)
    order_id = trade.bought(buyer, keys)
    published(trade.app)
    part(trade, order_id, None)
    published(trade.app)
    trade.bought(buyer, keys)
    with trade.db.unit_of_work(write=False):
        (entry,) = (e for e in releases.catalogue() if e.edition_id == made.edition_id)
        assert [entry.counts_in(number) for number in range(1, 6)] == [
            False,
            True,
            False,
            True,
            True,
        ]


def counted(trade: Trade) -> list[tuple[int | None, int | None]]:
    """Return from when to when each edition counts towards rarity."""
    with trade.db.unit_of_work(write=False):
        return [(entry.counts_from, entry.counts_to) for entry in releases.catalogue()]
