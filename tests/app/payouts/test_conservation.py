"""Whatever is sold, refunded, settled and sent, and however the provider answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.clock import fixed_at, now
from app.core.db import Database, new_id, session
from app.core.permissions import Role
from app.ledger import accounts
from app.ledger import queries as ledger
from app.ledger import service as book
from app.orders.models import Order, SaleEdition
from app.payments.gateway import ConnectedAccount, GatewayRefused, GatewayUnavailable, Transfer
from app.payouts import queries, sending, service
from app.payouts.models import ConnectedAccount as Connected
from app.payouts.queries import Terms
from app.releases.models import Edition, EditionDataset
from tests import factories
from tests.app.payouts.trading import published

TERMS = Terms(refund_days=2, minimum_cents=50)
ANSWERS = ("yes", "lost before", "lost after", "no")


@dataclass
class Provider:
    """Keeps what it was asked, by key, and answers as it is told."""

    answer: str = "yes"
    sent: dict[str, Transfer] = field(default_factory=dict)

    def connected_account(self, account_id: str) -> ConnectedAccount:
        return ConnectedAccount(account_id, "active", closed=False)

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


@dataclass
class World:
    """Two contributors with shares of two editions, and the sales so far."""

    db: Database
    users: list[str]
    editions: list[str]
    shares: dict[tuple[int, int], int]
    collection_id: str
    buyer_id: str
    orders: list[str] = field(default_factory=list)
    most: dict[str, int] = field(default_factory=dict)

    def sell(self, edition: int, per_share: int, at: datetime) -> None:
        order_id, edition_id = new_id(), self.editions[edition]
        whole = per_share * (sum(n for (_, e), n in self.shares.items() if e == edition) + 3)
        with self.db.unit_of_work():
            session().add(
                Order(
                    id=order_id,
                    buyer_id=self.buyer_id,
                    state="paid",
                    purpose="research",
                    total_cents=1,
                    currency="EUR",
                    book_version="1",
                    lines="[]",
                    expires_at=at,
                    paid_at=at,
                )
            )
            session().flush()
            session().add(
                SaleEdition(
                    order_id=order_id,
                    edition_id=edition_id,
                    collection_id=self.collection_id,
                    net_micros=whole,
                    per_share_micros=per_share,
                    sold_at=at,
                    reversed=False,
                )
            )
            lines = {accounts.PROVIDER: whole, accounts.pool(edition_id): -whole}
            book.post("sale", f"sale:{order_id}", "EUR", lines)
        self.orders.append(order_id)

    def refund(self, number: int) -> None:
        if not self.orders:
            return
        order_id = self.orders.pop(number % len(self.orders))
        with self.db.unit_of_work() as s:
            book.reverse(f"sale:{order_id}", "refund", f"refund:{order_id}")
            s.query(SaleEdition).filter_by(order_id=order_id).one().reversed = True


def world(app: Flask, shares: list[int]) -> World:
    made, second_dataset = _made(app)
    db: Database = app.extensions["db"]
    people = [factories.account(app, Role.PRODUCER, Role.BUYER).user_id for _ in range(2)]
    editions = [new_id(), new_id()]
    table = {(u, e): shares[2 * u + e] for u in range(2) for e in range(2)}
    with db.unit_of_work() as s:
        for edition_id in editions:
            number = s.query(Edition).count() + 1
            s.add(
                Edition(
                    id=edition_id,
                    collection_id=made.collection_id,
                    number=number,
                    purposes="research",
                    state="published",
                )
            )
            s.flush()
        # One dataset a person: a row is named by its edition and its dataset.
        datasets = [made.dataset_id, second_dataset]
        for (user, edition), count in table.items():
            s.add(
                EditionDataset(
                    edition_id=editions[edition],
                    dataset_id=datasets[user],
                    producer_id=people[user],
                    rows_object="x",
                    everyone_is_me=False,
                    shares=count,
                )
            )
        for user_id in people:
            s.add(
                Connected(
                    user_id=user_id,
                    account_id=f"acct_{user_id}",
                    country="FR",
                    status="active",
                    payable=True,
                )
            )
    return World(db, people, editions, table, made.collection_id, people[0])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 1), st.integers(0, 400_000)),
        st.tuples(st.just("refund"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("settle"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("pay"), st.sampled_from(range(4)), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 60), st.just(0)),
    ),
    min_size=1,
    max_size=14,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shares=st.lists(st.integers(1, 40), min_size=4, max_size=4), steps=STEPS)
def test_nobody_is_ever_sent_more_than_they_earned(
    app: Flask, db: Database, shares: list[int], steps: list[tuple[str, int, int]]
) -> None:
    here, provider = world(app, shares), Provider()
    clock = now()
    paying = sending.Paying(db, provider, TERMS)  # type: ignore[arg-type]
    for verb, number, amount in steps:
        with fixed_at(clock):
            if verb == "sell":
                here.sell(number, amount, clock)
            elif verb == "refund":
                here.refund(number)
            elif verb == "settle":
                with db.unit_of_work():
                    service.settle(here.users[number])
            elif verb == "pay":
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
            else:
                clock += timedelta(hours=number)
            for user in here.users:
                here.most[user] = max(here.most.get(user, 0), _mature(db, user))
            _check(db, here, provider)


def _made(app: Flask) -> tuple[factories.Published, str]:
    """An edition, and a dataset of somebody else; made once for all examples."""
    known: tuple[factories.Published, str] | None = app.extensions.get("made")
    if known is None:
        made = published(app)
        other = factories.account(app, Role.PRODUCER)
        known = made, factories.listed(app, other, made.collection_id)[0]
        app.extensions["made"] = known
    return known


def _mature(db: Database, user_id: str) -> int:
    with db.unit_of_work(write=False):
        until = now() - timedelta(days=TERMS.refund_days)
        return sum(queries.earned(user_id, until).values())


def _check(db: Database, here: World, provider: Provider) -> None:
    with db.unit_of_work(write=False):
        assert sum(m.micros for m in ledger.trial_balance("EUR").values()) == 0
        for user_id in here.users:
            standing = queries.standing(user_id, TERMS)
            gone = standing.paid.micros + standing.under_way.micros
            assert standing.owed.micros == standing.earned.micros - gone
            assert standing.paid.micros <= provider.cents_to(f"acct_{user_id}") * 10_000 <= gone
            booked = -ledger.balance(accounts.contributor(user_id), "EUR").micros
            assert booked == sum(queries.settled(user_id).values()) - gone
            assert all(p.cents >= TERMS.minimum_cents for p in queries.payouts_of(user_id))
