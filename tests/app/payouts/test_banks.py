from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.permissions import SYSTEM, Actor, Role
from app.payouts import in_kind, queries, service
from app.payouts.holds import Held
from app.payouts.queries import PayoutTerms
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, trading

TERMS = PayoutTerms(refund_days=0, minimum_cents=1)
OTHER_IBAN = "FR76 3000 6000 0112 3456 7890 190"
IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.fixture
def trade(new_database, tmp_path: Path) -> Iterator[Trade]:
    with trading(new_database("sqlite"), tmp_path) as running:
        yield running


def earned(trade: Trade, *roles: Role) -> Actor:
    """Somebody who earned something, of an edition of their own."""
    made = factories.published(trade.app, factories.account(trade.app, Role.PRODUCER, *roles))
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(factories.account(trade.app, Role.BUYER), keys)
    return made.producer


def held(trade: Trade, who: Actor) -> Held:
    return trade.standing(who, TERMS).held


def test_one_bank_account_is_one_contributor(trade: Trade) -> None:
    """Whoever opens a second account is paid there too, until somebody looks, only once."""
    first, second, third = (earned(trade) for _ in range(3))
    trade.onboard(first, bank=IBAN)
    trade.onboard(second, bank=IBAN.replace(" ", "").lower())
    trade.onboard(third)
    assert [held(trade, who) for who in (first, second, third)] == [
        Held.READY,
        Held.SAME_BANK,
        Held.READY,
    ]
    page = Browser(trade.app, second).get("/income").text
    assert "another contributor is paid to the same bank account" in page
    with trade.db.unit_of_work():
        assert [who for who, _ in queries.looked_at_first(TERMS)] == [second.user_id]
        service.clear(SYSTEM, second.user_id, "a couple with one account")
    assert held(trade, second) is Held.READY


def test_a_bank_account_left_for_another_stays_named(trade: Trade) -> None:
    first, second = (earned(trade) for _ in range(2))
    trade.onboard(first, bank=IBAN)
    trade.onboard(first, bank=OTHER_IBAN)
    trade.onboard(second, bank=IBAN)
    assert held(trade, second) is Held.SAME_BANK


def test_what_was_cleared_before_is_not_cleared_for_a_bank_account_named_later(
    trade: Trade,
) -> None:
    first, second = (earned(trade) for _ in range(2))
    trade.onboard(first, bank=IBAN)
    trade.onboard(second)
    with trade.db.unit_of_work():
        service.clear(SYSTEM, second.user_id, "seen, with a bank account of their own")
    trade.onboard(second, bank=IBAN)
    assert held(trade, second) is Held.SAME_BANK


def test_whoever_is_held_or_shares_a_bank_account_spends_nothing(trade: Trade) -> None:
    first, second, third = (earned(trade) for _ in range(3))
    trade.onboard(first, bank=IBAN)
    trade.onboard(second, bank=IBAN)
    with trade.db.unit_of_work():
        service.hold(SYSTEM, third.user_id, "asked by a bank")
        free = [in_kind.spendable_cents(who.user_id, TERMS) for who in (first, second, third)]
    assert free[0] > 0
    assert free[1:] == [0, 0]


def test_earnings_are_spent_only_by_somebody_whom_the_provider_knows(trade: Trade) -> None:
    both = earned(trade, Role.BUYER)
    other = factories.published(trade.app, factories.account(trade.app, Role.PRODUCER))
    with trade.db.unit_of_work(write=False):
        keys = other.keys("silver")[:1]
    order_id = trade.place(both, keys)
    browser = Browser(trade.app, both)
    address = f"/income/spend/{order_id}"
    assert browser.post(address, {}).headers["Location"] == address
    assert "Add your bank account first" in browser.get(address).text
    assert trade.state(order_id) == "quoted"
