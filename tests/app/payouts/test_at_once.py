"""Several contributors paid at a time: each once, within the balance, and resumable."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.db import session
from app.payouts import sending
from app.payouts.models import ConnectedAccount, Payout
from stripe_stand_in import accounts, balance
from stripe_stand_in.call import Call
from stripe_stand_in.store import Store
from tests.support.trading import Trade
from tests.support.worlds import world

pytestmark = pytest.mark.both_databases

PEOPLE, AT_ONCE = 10, 4
#: What everybody is owed: a share of one sale.
CENTS = 700
LAST_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = {
    "configuration": {
        "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
    }
}


class Killed(BaseException):
    """The worker dies here."""


@dataclass
class Dying:
    """A way to the provider on which the worker dies once some transfers were done."""

    gateway: Any
    left: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)

    def transfer(self, *given: Any) -> Any:
        done = self.gateway.transfer(*given)
        self.left -= 1
        if self.left < 0:
            raise Killed
        return done


def owed(trade: Trade, available_cents: int) -> dict[str, str]:
    """People who are owed the same each, and so much at the provider; their accounts."""
    made = world(trade.app, [1] * PEOPLE, PEOPLE, 1)
    made.sell(0, CENTS * 10_000, LAST_YEAR)
    found = {}
    with Store(trade.config.state).transaction() as tx:
        call = Call(trade.config, tx, dict(ASKED))
        balance.move(call, "charge", available_cents, "eur", None)
        for user_id in made.users:
            opened = accounts.create_account(call)
            accounts.set_status(call, opened["id"], "active")
            found[user_id] = opened["id"]
    with trade.db.unit_of_work():
        for user_id, account_id in found.items():
            session().get_one(ConnectedAccount, user_id).account_id = account_id
    return found


def transfers(trade: Trade) -> Counter[str]:
    """How many transfers each account got; each of what was owed."""
    with Store(trade.config.state).reading() as tx:
        found = list(tx.all("transfer"))
    assert {one["amount"] for one in found} <= {CENTS}
    return Counter(one["destination"] for one in found)


def run(trade: Trade, gateway: Any = None, **more: Any) -> sending.Tally:
    return sending.run(trade.paying(gateway), at_once=AT_ONCE, **more)


def test_everybody_is_paid_once(trade: Trade) -> None:
    people = owed(trade, PEOPLE * CENTS)
    told: list[int] = []
    tally = sending.run(trade.paying(), told.append, at_once=AT_ONCE)
    assert tally == sending.Tally(sent=PEOPLE)
    assert told == [100]
    assert transfers(trade) == dict.fromkeys(people.values(), 1)
    assert run(trade) == sending.Tally()
    assert transfers(trade) == dict.fromkeys(people.values(), 1)


@pytest.mark.parametrize("covered", [0, 1, 7])
def test_no_more_is_sent_than_the_balance_covers_and_nobody_is_refused(
    trade: Trade, covered: int
) -> None:
    owed(trade, covered * CENTS + CENTS - 1)
    assert run(trade) == sending.Tally(sent=covered)
    with trade.db.unit_of_work(write=False):
        waiting = select(func.count()).where(ConnectedAccount.waits_since.is_not(None))
        assert session().scalar(waiting) == PEOPLE - covered


@pytest.mark.parametrize("after", [0, 3, 8])
def test_a_run_that_dies_goes_on_and_pays_everybody_once(trade: Trade, after: int) -> None:
    people = owed(trade, PEOPLE * CENTS)
    with pytest.raises(Killed):
        run(trade, Dying(trade.gateway, after), name="run")
    assert 0 < sum(transfers(trade).values()) <= PEOPLE
    run(trade, name="run")
    assert transfers(trade) == dict.fromkeys(people.values(), 1)
    with trade.db.unit_of_work(write=False):
        states = session().execute(select(Payout.state, func.count()).group_by(Payout.state))
        assert dict(map(tuple, states)) == {"sent": PEOPLE}
