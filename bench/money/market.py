"""A whole market for measurements: a durable PostgreSQL, the stand-in, web and job workers."""

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from flask import Flask

from app import create_app
from app.cli import migrations_config
from app.core.db import Database
from app.market import market_of
from bench.money.figures import BenchError
from bench.money.parts import BenchProcess, answering, cpu_seconds, free_port, until
from stripe_stand_in import StandInConfig
from stripe_stand_in.store import Store

SECRET = "whsec_of_the_benchmark"  # noqa: S105 (of a market that is thrown away)
STARTING = 60.0


@dataclass
class Market:
    """One market with its processes; those that were started are ended with it."""

    app: Flask
    folder: Path
    environment: dict[str, str]
    config: StandInConfig
    url: str
    parts: dict[str, BenchProcess] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        """Return its database."""
        found: Database = market_of(self.app).db
        return found

    @property
    def store(self) -> Store:
        """Return the stand-in's state, opened a second time."""
        return Store(self.config.state)

    def trade(self) -> Any:
        """Return what people do on it, as the tests do it."""
        # The builders of the tests, which are not part of what mypy reads.
        trading = importlib.import_module("tests.support.trading")
        return trading.Trade(self.app, self.url, self.config.public_url, self.config)

    def start(self, name: str, *arguments: str) -> BenchProcess:
        """Start a part."""
        self.parts[name] = BenchProcess(name, arguments, self.folder, self.environment)
        return self.parts[name]

    def web(self, workers: int, threads: int) -> None:
        """Start the web server and wait for it."""
        port = self.url.rpartition(":")[2]
        arguments = f"--bind 127.0.0.1:{port} --workers {workers} --threads {threads}"
        self.start(
            "web",
            *("-m", "gunicorn", *arguments.split()),
            *("--keep-alive", "30", "--log-level", "warning", "app:create_app()"),
        )
        until(lambda: answering(int(port)), STARTING)

    def worker(self, name: str) -> BenchProcess:
        """Start a job worker and wait until it works."""
        part = self.start(name, "-m", "flask", "--app", "app.worker", "worker")
        until(lambda: part.said("worker ready"), STARTING)
        return part

    def processors(self) -> dict[str, float]:
        """Return the seconds that each part, and the database, has computed so far."""
        spent = {name: cpu_seconds(part.pid) for name, part in self.parts.items()}
        return {**spent, "database": cpu_seconds(_postmaster(self.environment))}

    def stop(self, *names: str) -> None:
        """End some parts; all if none is named."""
        for name in names or tuple(self.parts):
            self.parts.pop(name).stop()


def _postmaster(environment: dict[str, str]) -> int:
    with psycopg.connect(environment["MOISSON_DATABASE_URL"]) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        if row is None:
            raise BenchError("the database does not say who it is")
        return int(Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def open_market() -> Iterator[Market]:
    """Yield a new market whose stand-in runs; everything is ended and removed afterwards."""
    postgres = importlib.import_module("tests.support.postgres")
    with (
        tempfile.TemporaryDirectory(prefix="moisson-bench-") as name,
        postgres.server(durable=True) as server,
    ):
        database = f"bench_{free_port()}"
        postgres.execute(server, f"CREATE DATABASE {database}")
        try:
            with _market(Path(name), str(postgres.with_database(server, database))) as made:
                yield made
        finally:
            postgres.execute(server, f"DROP DATABASE {database} WITH (FORCE)")


@contextmanager
def _market(folder: Path, database_url: str) -> Iterator[Market]:
    command.upgrade(migrations_config(database_url), "head")
    port, provider = free_port(), free_port()
    url, stand_in = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{provider}"
    environment = {
        "MOISSON_ENV": "development",
        "MOISSON_INSTANCE": str(folder / "instance"),
        "MOISSON_DATABASE_URL": database_url,
        "MOISSON_BASE_URL": url,
        "MOISSON_LOG_FORMAT": "json",
        "MOISSON_STRIPE_KEY": "standin_sk_benchmark",
        "MOISSON_STRIPE_API_BASE": stand_in,
        "MOISSON_STRIPE_WEBHOOK_SECRET": SECRET,
        "MOISSON_REFUND_DAYS": "0",
        "MOISSON_REVIEW_DAYS": "0",
        "MOISSON_PAYOUT_MINIMUM_CENTS": "100",
    }
    config = StandInConfig(
        state=folder / "stand_in.db",
        public_url=stand_in,
        webhook_url=f"{url}/webhooks/stripe",
        webhook_secret=SECRET,
    )
    app = create_app(environment)
    with app.app_context():
        made = Market(app, folder, environment, config, url)
        try:
            made.start(
                "stand-in",
                *("-m", "stripe_stand_in", "--port", str(provider), "--state", str(config.state)),
            )
            until(lambda: answering(provider), STARTING)
            yield made
        finally:
            made.stop()
            made.db.dispose()
