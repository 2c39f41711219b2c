"""A small market that is built once and copied for each example: app, stand-in, database.

The app works in the thread of the test, on the test's clock; the stand-in is behind a port, on
a clock of its own that is moved together with the app's. Messages are kept back and collected,
so that a test is the network: it delivers them in any order, twice or never.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import psycopg
from flask import Flask
from stripe._http_client import HTTPClient

from app import create_app
from app.catalog.products import ProductKey
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.market import market_of
from app.payouts import service as payouts
from app.releases import service as releases
from stripe_stand_in import StandInConfig, create_stand_in
from stripe_stand_in.delivery import sign
from stripe_stand_in.outbox import HELD
from stripe_stand_in.store import Store
from tests.conftest import environment, migrate
from tests.support import factories, postgres
from tests.support.compiled import compile_once
from tests.support.controls import Controls
from tests.support.provider import SECRET, served
from tests.support.trading import Trade, post

#: Nobody listens there: messages are collected, not sent.
NOWHERE = "http://127.0.0.1:9"
#: The name of the market as it was built.
START = "start"


@dataclass(frozen=True)
class People:
    """Who takes part, and what there is to buy."""

    producers: tuple[Actor, Actor]
    buyers: tuple[Actor, ...]
    operator: Actor
    keys: tuple[ProductKey, ...]
    #: Of somebody else's edition, for the contributors: nobody buys what they have a part in.
    others: tuple[ProductKey, ...]

    def for_sale(self, buyer: Actor) -> tuple[ProductKey, ...]:
        """What somebody may buy."""
        return self.others if buyer in self.producers else self.keys

    @property
    def everybody(self) -> tuple[Actor, ...]:
        """All who buy: the contributors do, too."""
        return (*self.buyers, *self.producers)


class Kept(Protocol):
    """A database that can be put back to what it was at some time, by name."""

    url: str

    def keep(self, name: str) -> None:
        """Remember what it holds; nobody is connected."""

    def put_back(self, name: str) -> None:
        """Make it hold that again."""


class Lite:
    """A file, put back by copying."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "market.db"
        self.url = f"sqlite:///{self._file}"
        migrate(self.url)

    def _kept(self, name: str) -> Path:
        return self._file.with_name(f"market-{name}.db")

    def keep(self, name: str) -> None:
        copy_file(self._file, self._kept(name))

    def put_back(self, name: str) -> None:
        for suffix in ("-wal", "-shm", "-journal"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copy(self._kept(name), self._file)


class Served:
    """A database of a server, put back from a template."""

    def __init__(self, server: str, name: str) -> None:
        self._server, self._name = server, name
        self.url = postgres.with_database(server, name)
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        migrate(self.url)

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def keep(self, name: str) -> None:
        kept = f"{self._name}_{name}"
        self._run(
            f"DROP DATABASE IF EXISTS {kept}", f"CREATE DATABASE {kept} TEMPLATE {self._name}"
        )

    def put_back(self, name: str) -> None:
        self._run(
            f"DROP DATABASE {self._name} WITH (FORCE)",
            f"CREATE DATABASE {self._name} TEMPLATE {self._name}_{name} STRATEGY FILE_COPY",
        )


def copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite file as it is, others connected or not."""
    target.unlink(missing_ok=True)
    with closing_both(source, target) as (one, other):
        one.backup(other)


@contextmanager
def closing_both(
    source: Path, target: Path
) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    one, other = sqlite3.connect(source), sqlite3.connect(target)
    try:
        yield one, other
    finally:
        one.close()
        other.close()


@dataclass
class World:
    """One market on one database, put back to its beginning as often as a test wants."""

    engine: str
    folder: Path
    database: Kept
    door: Flask
    stand_in_url: str
    app: Flask = field(init=False)
    config: StandInConfig = field(init=False)
    people: People = field(init=False)
    #: What the clocks of app and stand-in are ahead of the real one.
    ahead: timedelta = timedelta()
    inbox: list[bytes] = field(default_factory=list)
    _copies: int = 0

    @property
    def settings(self) -> dict[str, str]:
        """The environment of the app."""
        return {
            **environment(self.folder / "instance", self.database.url),
            "MOISSON_BASE_URL": NOWHERE,
            "MOISSON_STRIPE_KEY": "standin_sk_tests",
            "MOISSON_STRIPE_API_BASE": self.stand_in_url,
            "MOISSON_STRIPE_WEBHOOK_SECRET": SECRET,
            "MOISSON_REFUND_DAYS": "0",
            "MOISSON_REVIEW_DAYS": "0",
            "MOISSON_PAYOUT_MINIMUM_CENTS": "50",
        }

    @property
    def trade(self) -> Trade:
        """What people do on the market."""
        return Trade(self.app, NOWHERE, self.stand_in_url, self.config)

    @property
    def controls(self) -> Controls:
        """What the provider, banks and networks do."""
        return Controls(self.stand_in_url)

    @property
    def provider(self) -> Store:
        """The stand-in's own file, read past its doors, so that no ordered fault is used up."""
        return Store(self.config.state, durable=False)

    def restart(self) -> None:
        """Let the app's process end, and another one begin."""
        if hasattr(self, "app"):
            market_of(self.app).db.dispose()
        self.app = started(self.settings)

    def close(self) -> None:
        """Leave the database, so that it can be copied."""
        market_of(self.app).db.dispose()

    def open_provider(self, kept: Path | None = None) -> None:
        """Put another stand-in behind the door, with the state of a file, or a new one."""
        self._copies += 1
        state = self.folder / f"stand-in-{self._copies}.db"
        if kept is not None:
            copy_file(kept, state)
        if self._copies > 1:
            for old in self.folder.glob(f"stand-in-{self._copies - 1}.db*"):
                old.unlink()
        self.config = StandInConfig(
            state=state,
            public_url=self.stand_in_url,
            webhook_url=f"{NOWHERE}/webhooks/stripe",
            webhook_secret=SECRET,
            durable=False,
        )
        self.door.wsgi_app = compile_once(create_stand_in(self.config)).wsgi_app  # type: ignore[method-assign]

    def keep(self, name: str = START) -> None:
        """Remember database and provider as they are."""
        self.close()
        self.database.keep(name)
        copy_file(self.config.state, self.folder / f"provider-{name}.db")

    def put_back(self, name: str = START) -> None:
        """Put everything back to what `keep` remembered; no app runs on it yet."""
        self.close()
        self.database.put_back(name)
        self.open_provider(self.folder / f"provider-{name}.db")
        self.ahead, self.inbox = timedelta(), []

    def reset(self, name: str = START) -> None:
        """Put everything back, with the app running."""
        self.put_back(name)

    @contextmanager
    def at(self) -> Iterator[None]:
        """Work inside the app at the present time of this world."""
        with self.app.app_context(), fixed_at(datetime.now(UTC) + self.ahead):
            yield

    def wait(self, span: timedelta) -> None:
        """Let time pass, here and at the provider."""
        self.ahead += span
        self.controls.advance(int(span.total_seconds()))

    def collect(self) -> None:
        """Take the messages that the provider wants to send into the test's own hands."""
        with self.provider.reading() as tx:
            rows = tx.sql.execute(
                "SELECT payload FROM outbox WHERE delivered = ? ORDER BY seq", (HELD,)
            ).fetchall()
        if rows:
            self.inbox += [payload.encode() for (payload,) in rows]
            self.controls.drop()

    def deliver(self, payload: bytes) -> None:
        """Let one message arrive at our address."""
        signature = sign(payload, SECRET, int(time.time()))
        answer = self.app.test_client().post(
            "/webhooks/stripe", data=payload, headers={"Stripe-Signature": signature}
        )
        assert answer.status_code == 200, answer.status_code


def started(settings: dict[str, str]) -> Flask:
    """Start the app; no refusal is slept on."""
    app = create_app(settings)
    market_of(app).gateway._sleep = lambda _: None
    return app


@contextmanager
def hasty() -> Iterator[None]:
    """Let the provider's library repeat at once what it else repeats after a second."""
    before = HTTPClient.INITIAL_DELAY, HTTPClient.MAX_DELAY
    HTTPClient.INITIAL_DELAY = HTTPClient.MAX_DELAY = 0
    try:
        yield
    finally:
        HTTPClient.INITIAL_DELAY, HTTPClient.MAX_DELAY = before


@contextmanager
def built(engine: str, folder: Path, server: str = "", name: str = "") -> Iterator[World]:
    """Build a market with two contributors and keep it.

    Parameters
    ----------
    engine : str
        "sqlite" or "postgresql".
    server, name : str
        Of PostgreSQL: its maintenance database, and what the market's own is called.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database: Kept = Lite(folder) if engine == "sqlite" else Served(server, name)
    door = Flask("provider door")
    with ExitStack() as stack:
        stack.enter_context(hasty())
        url = stack.enter_context(served(door))
        world = World(engine, folder, database, door, url)
        world.open_provider()
        world.restart()
        stack.callback(world.close)
        with world.at():
            world.people = _people(world.app)
            _onboard(world, world.people.producers[0])
        world.controls.deliveries("hold")
        world.keep()
        world.restart()
        yield world


def _people(app: Flask) -> People:
    roles = (Role.PRODUCER, Role.BUYER)
    one, other = (factories.account(app, *roles, name=f"maker{n}") for n in range(2))
    _, collection_id = factories.listed(app, one, content=factories.csv_rows(400))
    factories.listed(app, other, collection_id, content=factories.csv_rows(300))
    with market_of(app).db.unit_of_work():
        (edition_id,) = releases.close(one, collection_id)
    factories.run_jobs(app)
    made = factories.Published(edition_id, collection_id, "", one)
    with market_of(app).db.unit_of_work(write=False):
        keys = tuple(made.keys("bronze")[:3] + made.keys("gold")[:3])
    third = factories.published(app, factories.account(app, Role.PRODUCER))
    with market_of(app).db.unit_of_work(write=False):
        others = tuple(third.keys("bronze")[:3] + third.keys("gold")[:3])
    buyers = tuple(factories.account(app, Role.BUYER) for _ in range(2))
    operator = factories.account(app, Role.OPERATOR)
    return People((one, other), buyers, operator, keys, others)


def _onboard(world: World, producer: Actor) -> None:
    trade = world.trade
    with world.trade.db.unit_of_work():
        page = connected(trade, producer)
    assert post(page) == 303
    # Its messages stay where they are: the account is asked about before it is paid.


def connected(trade: Trade, producer: Actor) -> str:
    """Connect a contributor's payout account; return its onboarding page."""
    links = payouts.Links(f"{NOWHERE}/income/account/return", f"{NOWHERE}/income")
    return payouts.connect(producer, trade.gateway, "FR", links)
