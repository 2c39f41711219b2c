import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from app import create_app
from app.cli import migrations_config
from app.core.db import Database
from app.market import market_of
from app.payments.mode import STAND_IN_KEY
from tests.support import factories, lengths, postgres, selection
from tests.support.compiled import compile_addresses_once, compile_once, compile_statements_once
from tests.support.memory import in_memory
from tests.support.stock import Copies, Edition, Stock, share_secrets

ENGINES = ("sqlite", "postgresql")
#: How many tests were left to `make test-all`.
LEFT_OUT = pytest.StashKey[int]()

# Where pytest makes its temporary folders.
if folder := in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--everything",
        action="store_true",
        help="run each test on each engine, and the tests that test the tests (make test-all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make markets fast; let random tests go to full length where everything is asked for."""
    compile_addresses_once()
    compile_statements_once()
    everything = config.getoption("--everything")
    settings.load_profile(lengths.EVERYTHING if everything else lengths.USUAL)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `make test-all` alone runs, and say so; begin with what takes longest."""
    items.sort(key=selection.place)
    if config.getoption("--everything"):
        return
    if left_out := [item for item in items if selection.left_out(item)]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not selection.left_out(item)]
        config.stash[LEFT_OUT] = len(left_out)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let libraries clean up after themselves; say how many tests were left out."""
    gc.unfreeze()
    # A process of pytest-xdist tells the one that prints.
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if output := getattr(node, "workeroutput", None):
        node.config.stash[LEFT_OUT] = output.get("left_out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"make test-all (--everything) runs {count} tests more")


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the settings of a test's own market; its secrets are this process's."""
    share_secrets(folder)
    return {
        "MOISSON_ENV": "test",
        "MOISSON_INSTANCE": str(folder),
        "MOISSON_DATABASE_URL": url,
        "MOISSON_STRIPE_KEY": STAND_IN_KEY,
        "MOISSON_RATE_LIMITS": "off",
        "MOISSON_PAGE_CACHE_MEGABYTES": "0",
        "MOISSON_SECURITY_CONTACT": "mailto:security@example.org",
        # Tests of reviews set it; the others pay at once.
        "MOISSON_REVIEW_DAYS": "0",
    }


def migrate(url: str) -> None:
    command.upgrade(migrations_config(url), "head")


@pytest.fixture(scope="session")
def everything(request: pytest.FixtureRequest) -> bool:
    """Whether a test goes to its full length (make test-all)."""
    return bool(request.config.getoption("--everything"))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database that tests copy; another one, with an edition, is kept beside it."""
    name, stocked = "moisson_template", "moisson_stocked"
    for each in (stocked, name):
        postgres.execute(postgres_url, f"DROP DATABASE IF EXISTS {each}")
    postgres.execute(postgres_url, f"CREATE DATABASE {name}")
    migrate(postgres.with_database(postgres_url, name))
    postgres.execute(postgres_url, f"CREATE DATABASE {stocked} TEMPLATE {name}")

    def copy(url: str) -> None:
        own = postgres.name_of(url)
        postgres.execute(postgres_url, f"DROP DATABASE {own} WITH (FORCE)")
        postgres.execute(postgres_url, f"CREATE DATABASE {own} TEMPLATE {stocked}")

    folder = tmp_path_factory.mktemp("template") / "instance"
    _keep(postgres.with_database(postgres_url, stocked), folder, copy)
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that tests copy; another one, with an edition, is kept beside it."""
    folder = tmp_path_factory.mktemp("template")
    path, stocked = folder / "moisson.db", folder / "stocked.db"
    migrate(f"sqlite:///{path}")
    shutil.copy(path, stocked)

    def copy(url: str) -> None:
        own = Path(url.removeprefix("sqlite:///"))
        for suffix in ("-wal", "-shm"):
            own.with_name(own.name + suffix).unlink(missing_ok=True)
        shutil.copy(stocked, own)

    _keep(f"sqlite:///{stocked}", folder / "instance", copy)
    return path


def _keep(url: str, folder: Path, copy: Copies) -> None:
    """Publish an edition for real, and keep the market it is in."""
    with market(url, folder) as app:
        made = factories.published(app)
        engine = market_of(app).db.engine.dialect.name
    edition = Edition(made.edition_id, made.collection_id, made.dataset_id, made.producer)
    Stock.kept[engine] = Stock(edition, folder, copy)


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
    """A migrated database: on each engine, where a test needs both (see support/selection.py)."""
    return new_database(request.param)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The market, on the engines that a test needs."""
    with market(database_url, tmp_path / "instance") as app:
        yield app


@pytest.fixture
def lite_app(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Flask]:
    """The market on SQLite alone: for what does not depend on the database."""
    with market(new_database("sqlite"), tmp_path / "instance") as app:
        yield app


@contextmanager
def market(url: str, folder: Path) -> Iterator[Flask]:
    """Run the market on a migrated database."""
    app = compile_once(create_app(environment(folder, url)))
    with app.app_context():
        yield app
    market_of(app).db.dispose()


@pytest.fixture
def db(app: Flask) -> Database:
    database: Database = market_of(app).db
    return database


@pytest.fixture
def client(lite_app: Flask) -> FlaskClient:
    return lite_app.test_client()
