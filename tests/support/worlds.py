"""A small market written straight into the tables: contributors, editions, sales, refunds."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from flask import Flask

from app.core.db import Database, new_id, session
from app.core.permissions import Actor, Role
from app.datasets.models import Dataset
from app.earnings import giving, settlement
from app.earnings.models import EarningPosition
from app.ledger import accounts
from app.ledger import queries as ledger
from app.ledger import service as book
from app.market import market_of
from app.orders.models import Order, SaleEdition
from app.payouts.models import ConnectedAccount
from app.releases.models import Edition, EditionDataset
from tests.support import factories
from tests.support.trading import published


@dataclass
class World:
    """Contributors with shares of editions, and the sales so far."""

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
                    licence="moisson-research-1",
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
                )
            )
            lines = {accounts.PROVIDER: whole, accounts.pool(edition_id): -whole}
            book.post("sale", f"sale:{order_id}", "EUR", lines)
        self.orders.append(order_id)

    def oversell(self, edition: int, per_share: int) -> None:
        """Claim that the latest sale earned each share so much, whatever was booked."""
        with self.db.unit_of_work() as s:
            found = s.query(SaleEdition).filter_by(order_id=self.orders[-1])
            found.filter_by(edition_id=self.editions[edition]).one().per_share_micros = per_share

    def refund(self, number: int) -> None:
        if not self.orders:
            return
        order_id = self.orders.pop(number % len(self.orders))
        with self.db.unit_of_work() as s:
            book.reverse(f"sale:{order_id}", "refund", f"refund:{order_id}")
            part = s.query(SaleEdition).filter_by(order_id=order_id).one()
            part.taken_micros = part.per_share_micros

    def balances(self) -> dict[str, int]:
        """Every account of the contributors and pools; inside a unit of work."""
        names = [accounts.contributor(user) for user in self.users]
        names += [accounts.pool(edition) for edition in self.editions]
        return {n: ledger.balance(n, "EUR").micros for n in [*names, accounts.DONATIONS]}

    def positions(self) -> dict[tuple[str, str], tuple[int, int]]:
        """What was moved and given away of each part; inside a unit of work."""
        rows = session().query(EarningPosition).filter(EarningPosition.user_id.in_(self.users))
        return {
            (row.user_id, row.edition_id): (row.settled_micros, row.donated_micros)
            for row in rows.populate_existing()
            if row.settled_micros or row.donated_micros
        }

    def switch(self, number: int, *, on: bool) -> None:
        """Let a contributor give away what they earn, or keep it again."""
        actor = Actor(self.users[number], frozenset({Role.PRODUCER}))
        with self.db.unit_of_work():
            (giving.give if on else giving.keep)(actor)

    def do(self, verb: str, number: int, amount: int, at: datetime) -> None:
        """One step of a random history."""
        if verb == "sell":
            self.sell(number, amount, at)
        elif verb == "refund":
            self.refund(number)
        elif verb == "settle all":
            settlement.settle_all(self.db)
        elif verb in ("give", "keep"):
            self.switch(number, on=verb == "give")
        else:
            with self.db.unit_of_work():
                settlement.settle(self.users[number])

    def given(self) -> dict[str, int]:
        """What each contributor has given away; inside a unit of work."""
        totals = dict.fromkeys(self.users, 0)
        for (user, _), (_, donated) in self.positions().items():
            totals[user] += donated
        return totals

    def earned(self) -> dict[str, int]:
        """What each contributor earned, added up from the sales one by one in Python."""
        each = dict.fromkeys(self.editions, 0)
        for sale in session().query(SaleEdition).filter(SaleEdition.order_id.in_(self.orders)):
            each[sale.edition_id] += sale.per_share_micros
        return {
            user: sum(self.shares[u, e] * each[edition] for e, edition in enumerate(self.editions))
            for u, user in enumerate(self.users)
        }


def world(app: Flask, shares: list[int], people: int = 2, editions: int = 2) -> World:
    """So many people with shares of so many editions, each split between two datasets."""
    db: Database = market_of(app).db
    collection_id = _collection(app)
    users = [factories.account(app, Role.PRODUCER, Role.BUYER).user_id for _ in range(people)]
    names = [new_id() for _ in range(editions)]
    pairs = list(product(range(people), range(editions)))
    table = dict(zip(pairs, shares, strict=True))
    with db.unit_of_work() as s:
        number = s.query(Edition).count() + 1
        for place, edition_id in enumerate(names):
            s.add(
                Edition(
                    id=edition_id,
                    collection_id=collection_id,
                    number=number + place,
                    purposes="research",
                    state="published",
                )
            )
        s.flush()
        for u, e in pairs:
            _contribute(names[e], users[u], table[u, e])
        for user_id in users:
            s.add(
                ConnectedAccount(
                    user_id=user_id,
                    account_id=f"acct_{user_id}",
                    country="FR",
                    status="active",
                    payable=True,
                )
            )
    return World(db, users, names, table, collection_id, users[0])


def _contribute(edition_id: str, user_id: str, shares: int) -> None:
    for count in (shares // 2, shares - shares // 2, None):
        dataset = Dataset(id=new_id(), producer_id=user_id, title="rows", state="listed")
        session().add(dataset)
        session().flush()
        session().add(
            EditionDataset(
                edition_id=edition_id,
                dataset_id=dataset.id,
                producer_id=user_id,
                rows_object="x",
                everyone_is_me=False,
                shares=count,
            )
        )


def _collection(app: Flask) -> str:
    """A collection; made once for all examples."""
    known: str | None = app.config.get("MADE_COLLECTION")
    if known is None:
        known = published(app).collection_id
        app.config["MADE_COLLECTION"] = known
    return known
