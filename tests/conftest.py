import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.cli import migrations_config
from app.core.db import Database
from app.payments.mode import STAND_IN_KEY
from tests import postgres

ENGINES = ("sqlite", "postgresql")


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the settings of a test's own market."""
    return {
        "MOISSON_ENV": "test",
        "MOISSON_INSTANCE": str(folder),
        "MOISSON_DATABASE_URL": url,
        "MOISSON_STRIPE_KEY": STAND_IN_KEY,
        "MOISSON_RATE_LIMITS": "off",
    }


def migrate(url: str) -> None:
    command.upgrade(migrations_config(url), "head")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """A migrated database that tests copy."""
    name = "moisson_template"
    postgres.execute(postgres_url, f"DROP DATABASE IF EXISTS {name}")
    postgres.execute(postgres_url, f"CREATE DATABASE {name}")
    migrate(postgres.with_database(postgres_url, name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "moisson.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a migrated database of a test's own on an engine; returns its URL."""
    made: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            path = tmp_path / f"moisson-{len(made)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            made.append("")
            return f"sqlite:///{path}"
        server = request.getfixturevalue("postgres_url")
        template = request.getfixturevalue("postgres_template")
        name = f"test_{abs(hash(tmp_path)):x}_{len(made)}"
        postgres.execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return postgres.with_database(server, name)

    yield make
    for name in filter(None, made):
        postgres.execute(
            request.getfixturevalue("postgres_url"), f"DROP DATABASE {name} WITH (FORCE)"
        )


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """A migrated database, once on each engine."""
    return new_database(request.param)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The market, once on each engine."""
    yield from _market(database_url, tmp_path)


@pytest.fixture
def lite_app(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Flask]:
    """The market on SQLite alone: for what does not depend on the database."""
    yield from _market(new_database("sqlite"), tmp_path)


def _market(url: str, folder: Path) -> Iterator[Flask]:
    market = create_app(environment(folder / "instance", url))
    with market.app_context():
        yield market
    market.extensions["db"].dispose()


@pytest.fixture
def db(app: Flask) -> Database:
    database: Database = app.extensions["db"]
    return database


@pytest.fixture
def client(lite_app: Flask) -> FlaskClient:
    return lite_app.test_client()
