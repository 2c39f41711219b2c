"""A whole market in one test: our real app and the stand-in, each behind its own port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.bundles import bundle, quotes
from app.catalog.products import ProductKey
from app.collections.rules import Purpose
from app.core.db import Database
from app.core.permissions import SYSTEM, Actor
from app.demo.acting import Stage
from app.ledger import queries as ledger
from app.market import market_of
from app.orders import holdings, queries
from app.payments.gateway import PaymentGateway
from app.payouts import queries as payouts
from app.payouts import sending
from app.payouts.queries import PayoutTerms
from app.reconciliation import service as reconciliation
from app.reconciliation.queries import ReconciliationView
from app.users import service as users
from app.users.models import User
from stripe_stand_in import StandInConfig, create_stand_in
from stripe_stand_in.delivery import deliver_due
from stripe_stand_in.store import Store
from tests.conftest import environment
from tests.support import factories
from tests.support.compiled import compile_once
from tests.support.provider import SECRET, served

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TERMS = PayoutTerms(refund_days=0, minimum_cents=100)


@dataclass
class Trade:
    """The market, the stand-in, and what people do on them."""

    app: Flask
    url: str
    stand_in_url: str
    config: StandInConfig

    @property
    def db(self) -> Database:
        database: Database = market_of(self.app).db
        return database

    @property
    def gateway(self) -> PaymentGateway:
        gateway: PaymentGateway = market_of(self.app).gateway
        return gateway

    def paying(self, gateway: Any = None, terms: PayoutTerms = TERMS) -> sending.Paying:
        return sending.Paying(self.db, gateway or self.gateway, terms)

    def keys(self, made: factories.Published, tier: str) -> list[ProductKey]:
        """Every product of an edition at a tier."""
        with self.db.unit_of_work(write=False):
            return made.keys(tier)

    @property
    def key(self) -> str:
        """What prices are signed with."""
        return market_of(self.app).settings.secret_key

    @property
    def stage(self) -> Stage:
        """What people do, as the demonstration does it; the clock is the test's."""
        return factories.stage(self.app)

    def place(self, buyer: Actor, keys: list[Any], purpose: Purpose = Purpose.RESEARCH) -> str:
        """Order just these tables at the price they have."""
        with self.db.unit_of_work():
            bundle.empty(buyer.user_id)
        return self.stage.order(buyer, keys, purpose)

    def shown(self, buyer: Actor, keys: list[Any]) -> str:
        """Compose a bundle and return the signed price; inside a unit of work."""
        bundle.replace(buyer, [str(key) for key in keys])
        return quotes.sign(self.key, buyer.user_id, holdings.bundle_of(buyer.user_id))

    def check_out(self, buyer: Actor, order_id: str) -> str:
        """Open the payment page; return its address."""
        return self.stage.check_out(buyer, order_id)

    def pay(self, page: str) -> None:
        """Pay on the stand-in's page, as a browser does."""
        assert post(page, card="good") == 303

    def deliver(self) -> int:
        """Let the stand-in deliver its messages to our real address, and do the jobs."""
        count = 0
        while taken := deliver_due(self.config, Store(self.config.state)):
            count += taken
        factories.run_jobs(self.app)
        return count

    def bought(self, buyer: Actor, keys: list[Any]) -> str:
        """A purchase from bundle to fulfilment."""
        order_id = self.place(buyer, keys)
        self.pay(self.check_out(buyer, order_id))
        self.deliver()
        assert self.state(order_id) == "paid"
        return order_id

    def state(self, order_id: str) -> str:
        with self.db.unit_of_work(write=False):
            return queries.order(SYSTEM, order_id).state.value

    def onboard(self, producer: Actor, bank: str = "") -> str:
        """Connect a payout account and complete it on the stand-in."""
        self.stage.onboard(producer, "FR", bank)
        self.deliver()
        with self.db.unit_of_work(write=False):
            account = payouts.account(producer.user_id)
            assert account is not None
            assert account.payable
            return account.account_id or ""

    def refund(self, order_id: str) -> None:
        self.stage.refund(SYSTEM, order_id)

    def standing(
        self, user: Actor, terms: PayoutTerms = TERMS, **more: bool
    ) -> payouts.PayoutStanding:
        with self.db.unit_of_work(write=False):
            return payouts.standing(user.user_id, terms, **more)

    def balance(self, account: str) -> int:
        with self.db.unit_of_work(write=False):
            return ledger.balance(account, "EUR").micros

    def compare(self) -> ReconciliationView:
        with self.db.unit_of_work():
            return reconciliation.compare(SYSTEM, self.gateway)

    def check_agreement(self) -> None:
        """The book sums to zero and equals the stand-in's list, line by line."""
        with self.db.unit_of_work(write=False):
            assert sum(m.micros for m in ledger.trial_balance("EUR").values()) == 0
        view = self.compare()
        assert view.differences == ()
        assert view.agrees
        net = sum(each.net_cents for each in self.gateway.balance_transactions(LONG_AGO))
        assert self.balance("provider") == net * 10_000


def published(app: Flask) -> factories.Published:
    """An edition of so many people that no noise brings it below the smallest number sold."""
    return factories.published(app)


def post(url: str, **fields: str) -> int:
    """Send a form; return the status, redirects not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=20)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("POST", path, body=urlencode(fields), headers=kind)
        return connection.getresponse().status
    finally:
        connection.close()


def send(url: str, payload: bytes, signature: str) -> int:
    """Send a message to our address for messages, as bytes."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
    try:
        connection.request(
            "POST", "/webhooks/stripe", body=payload, headers={"Stripe-Signature": signature}
        )
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def trading(database_url: str, folder: Path, settle: int = 0, **more: str) -> Iterator[Trade]:
    """Run our app and the stand-in; messages are delivered when a test says so."""
    market_door, provider_door = Flask("market door"), Flask("provider door")
    with served(market_door) as url, served(provider_door) as stand_in_url:
        config = StandInConfig(
            state=folder / "stand_in.db",
            public_url=stand_in_url,
            webhook_url=f"{url}/webhooks/stripe",
            webhook_secret=SECRET,
            settle_seconds=settle,
        )
        provider_door.wsgi_app = compile_once(create_stand_in(config)).wsgi_app  # type: ignore[method-assign]
        app = create_app(
            {
                **environment(folder / "instance", database_url),
                "MOISSON_BASE_URL": url,
                "MOISSON_STRIPE_KEY": "standin_sk_tests",
                "MOISSON_STRIPE_API_BASE": stand_in_url,
                "MOISSON_STRIPE_WEBHOOK_SECRET": SECRET,
                "MOISSON_REFUND_DAYS": "0",
                "MOISSON_REVIEW_DAYS": "0",
                "MOISSON_PAYOUT_MINIMUM_CENTS": "100",
                **more,
            }
        )
        compile_once(app)
        market_door.wsgi_app = app.wsgi_app  # type: ignore[method-assign]
        with app.app_context():
            yield Trade(app, url, stand_in_url, config)
        market_of(app).db.dispose()


class Browser:
    """A signed-in browser without scripts; nobody's when no account is given."""

    def __init__(self, app: Flask, user: Actor | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        if user is not None:
            with market_of(app).db.unit_of_work() as s:
                email = s.get_one(User, user.user_id).email
                session_id = users.sign_in(email, factories.PASSWORD, "test")
            with self.client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = session_id, True

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def token(self) -> str:
        """What a form of this browser must carry."""
        for place in ("/", "/login"):  # a visitor's first page has no form
            page = self.client.get(place).get_data(as_text=True)
            if found := re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page):
                return found[1]
        raise AssertionError("no form has a token")

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(), **fields})
