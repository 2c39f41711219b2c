"""Whatever is sold, refunded, settled and sent, and however the provider answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.clock import fixed_at, now
from app.core.db import Database, new_id
from app.earnings import queries as earnings
from app.ledger import accounts
from app.ledger import queries as ledger
from app.payments.gateway import ConnectedAccount, GatewayRefused, GatewayUnavailable, Transfer
from app.payouts import queries, sending
from app.payouts.queries import PayoutTerms
from tests.support.lengths import examples
from tests.support.worlds import World, world

pytestmark = pytest.mark.both_databases

TERMS = PayoutTerms(refund_days=2, minimum_cents=50)
ANSWERS = ("yes", "lost before", "lost after", "no")


@dataclass
class Provider:
    """Keeps what it was asked, by key, and answers as it is told."""

    answer: str = "yes"
    sent: dict[str, Transfer] = field(default_factory=dict)

    def connected_account(self, account_id: str) -> ConnectedAccount:
        return ConnectedAccount(account_id, "active", closed=False)

    def banks_of(self, account_id: str) -> frozenset[str]:
        return frozenset({account_id})

    def available_balance(self, _currency: str) -> int:
        return 10**12

    def transfers_in_group(self, group: str) -> Any:
        return (each for each in self.sent.values() if each.group == group)

    def transfer(
        self, account: str, cents: int, currency: str, group: str, key: str, _: Mapping[str, str]
    ) -> Transfer:
        if key not in self.sent:
            if self.answer == "no":
                raise GatewayRefused("no", "no")
            if self.answer == "lost before":
                raise GatewayUnavailable
            name = f"tr_{new_id()}"
            self.sent[key] = Transfer(name, account, cents, 0, currency, group)
            if self.answer == "lost after":
                raise GatewayUnavailable
        return self.sent[key]

    def cents_to(self, account: str) -> int:
        return sum(each.amount_cents for each in self.sent.values() if each.account_id == account)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 1), st.integers(0, 400_000)),
        st.tuples(st.just("refund"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("settle"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("settle all"), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(("give", "keep")), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("pay"), st.sampled_from(range(4)), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 60), st.just(0)),
    ),
    min_size=1,
    max_size=14,
)


@settings(
    max_examples=examples(25, 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(shares=st.lists(st.integers(1, 40), min_size=4, max_size=4), steps=STEPS)
def test_nobody_is_ever_sent_more_than_they_earned(
    app: Flask, db: Database, shares: list[int], steps: list[tuple[str, int, int]]
) -> None:
    here, provider = world(app, shares), Provider()
    clock = now()
    paying = sending.Paying(db, provider, TERMS)  # type: ignore[arg-type]
    givers: set[str] = set()
    for verb, number, amount in steps:
        ways = {user: _two_ways(db, user) for user in here.users}
        with fixed_at(clock):
            if verb == "pay":
                provider.answer = ANSWERS[number]
                before = {user: _mature(db, user) for user in here.users}
                earlier = {user: provider.cents_to(f"acct_{user}") for user in here.users}
                sending.run(paying, again=True)
                for user in here.users:
                    sent = provider.cents_to(f"acct_{user}")
                    # A payout of an earlier day may be finished after a refund.
                    assert sent == earlier[user] or sent * 10_000 <= max(
                        before[user], here.most.get(user, 0)
                    )
            elif verb == "wait":
                clock += timedelta(hours=number)
            else:
                here.do(verb, number, amount, clock)
            for user in here.users:
                here.most[user] = max(here.most.get(user, 0), _mature(db, user))
                # Whoever gives gets nothing, for whoever does not nothing is given away.
                which = 0 if user in givers else 1
                assert _two_ways(db, user)[which] <= ways[user][which]
            _check(db, here, provider)
        if verb in ("give", "keep"):
            (givers.add if verb == "give" else givers.discard)(here.users[number])


def _two_ways(db: Database, user_id: str) -> tuple[int, int]:
    """What was settled for a contributor's own account, and what was given away."""
    with db.unit_of_work(write=False):
        parts = earnings.parts(user_id).values()
        return sum(p.settled - p.donated for p in parts), sum(p.donated for p in parts)


def _mature(db: Database, user_id: str) -> int:
    with db.unit_of_work(write=False):
        until = now() - timedelta(days=TERMS.refund_days)
        return sum(earnings.earned(user_id, until).values())


def _check(db: Database, here: World, provider: Provider) -> None:
    own = {user: _two_ways(db, user)[0] for user in here.users}
    with db.unit_of_work(write=False):
        assert sum(m.micros for m in ledger.trial_balance("EUR").values()) == 0
        for user_id in here.users:
            standing = queries.standing(user_id, TERMS)
            gone = standing.paid.micros + standing.under_way.micros
            left = standing.earned.micros - standing.given.micros
            assert standing.owed.micros == left - gone
            assert 0 <= standing.given.micros <= standing.earned.micros
            assert standing.paid.micros <= provider.cents_to(f"acct_{user_id}") * 10_000 <= gone
            booked = -ledger.balance(accounts.contributor(user_id), "EUR").micros
            assert booked == own[user_id] - gone
            assert all(p.cents >= TERMS.minimum_cents for p in queries.payouts_of(user_id))
