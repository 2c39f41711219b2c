"""What was erased stays erased, also where an older copy of the database takes its place."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import pytest
from flask import Flask

from app import worker
from app.core.clock import fixed_at, now
from app.core.erased import ErasedList
from app.core.errors import UnsafeConfiguration
from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.market import market_of
from app.rights import restoring, service
from app.users import queries as users
from tests.conftest import environment
from tests.support import factories


@dataclass
class Place:
    """Where a market lies, and its copies."""

    folder: Path
    url: str
    copies: Path

    def app(self) -> Flask:
        return worker.create_app(environment(self.folder, self.url))

    def run(self, *words: str) -> str:
        app = self.app()
        done = app.test_cli_runner().invoke(args=words)
        market_of(app).db.dispose()
        assert done.exit_code == 0, (done.output, done.exception)
        return str(done.output)

    def restore(self, copy: Path) -> None:
        """Put a copy of the database in the place of a database that burnt, and rows beside it."""
        database = Path(self.url.removeprefix("sqlite:///"))
        for name in ("", "-wal", "-shm"):
            database.with_name(database.name + name).unlink(missing_ok=True)
        shutil.copy(copy, database)
        vault = self.folder / "vault"
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(self.copies / "vault", vault)


@dataclass
class Made:
    """Who gave what before the copy was made."""

    stays: tuple[Actor, str]
    erases: tuple[Actor, str]
    leaves: tuple[Actor, str]


@pytest.fixture
def place(new_database: Callable[[str], str], tmp_path: Path) -> Place:
    return Place(tmp_path / "instance", new_database("sqlite"), tmp_path / "copies")


def given(app: Flask) -> tuple[Actor, str]:
    actor = factories.account(app, Role.PRODUCER)
    return actor, factories.listed(app, actor)[0]


@pytest.fixture
def made(place: Place) -> tuple[Made, Path]:
    """Three give; a copy is made; then one erases a dataset and one closes the account."""
    app = place.app()
    with app.app_context():
        market = market_of(app)
        three = Made(given(app), given(app), given(app))
        place.run("backup", str(place.copies))
        (copy,) = place.copies.glob("*.db")
        doors = datasets_service.checking(market)
        with market.db.unit_of_work():
            datasets_service.erase(three.erases[0], doors, three.erases[1])
        with market.db.unit_of_work():
            service.erase_account(three.leaves[0], doors, market.settings.edition_secret, False)
        market.db.dispose()
    return three, copy


def readable(app: Flask, one: tuple[Actor, str]) -> bool:
    with market_of(app).db.unit_of_work(write=False):
        row = datasets.dataset(one[0], one[1])
        return row.state.value != "erased"


def test_a_market_that_was_not_restored_opens(place: Place, made: tuple[Made, Path]) -> None:
    assert "0 accounts, 0 objects" in place.run("apply-erased")
    market_of(place.app()).db.ask()


def test_a_restored_database_opens_nothing_until_what_was_erased_is_erased_again(
    place: Place, made: tuple[Made, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    three, copy = made
    monkeypatch.setattr(restoring, "MOMENT", 0.0)
    place.restore(copy)
    with pytest.raises(UnsafeConfiguration, match="1 accounts and"):
        place.app()
    said = CliRun(place).invoke("apply-erased")
    assert said.startswith("1 accounts, ")
    app = place.app()
    with app.app_context(), market_of(app).db.unit_of_work(write=False):
        assert users.user(three.leaves[0].user_id) is None
        stays = users.user(three.stays[0].user_id)
        assert stays is not None
        assert stays.email.endswith("@example.org")
    with app.app_context():
        assert readable(app, three.stays)
        assert not readable(app, three.erases)
    assert "0 cannot be read" in place.run("check-vault")
    assert "0 accounts, 0 objects" in place.run("apply-erased")
    market_of(app).db.dispose()


class CliRun:
    """Runs a command as from a shell, where the application is built by the command."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def invoke(self, *words: str) -> str:
        with click.Context(click.Command("flask")):
            app = self._place.app()
        done = app.test_cli_runner().invoke(args=words)
        market_of(app).db.dispose()
        assert done.exit_code == 0, (done.output, done.exception)
        return str(done.output)


def test_other_commands_on_a_restored_database_are_refused(
    place: Place, made: tuple[Made, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "MOMENT", 0.0)
    place.restore(made[1])
    with click.Context(click.Command("flask")):
        app = place.app()
    done = app.test_cli_runner().invoke(args=["list-editions"])
    assert isinstance(done.exception, UnsafeConfiguration)
    market_of(app).db.dispose()


def test_what_is_known_to_be_true_is_not_looked_at_again_but_a_copy_of_before_is(
    place: Place, made: tuple[Made, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "MOMENT", 0.0)
    app = place.app()
    market = market_of(app)
    erased = ErasedList.of(market.settings)
    with fixed_at(now() + timedelta(days=1)):
        restoring.tidy(market.db, erased, 14)
    with fixed_at(now() + timedelta(days=30)):
        assert erased.since(restoring.BEGINNING)[restoring.Erasure.ACCOUNT]
        restoring.tidy(market.db, erased, 40)
    market.db.dispose()
    place.restore(made[1])
    with pytest.raises(UnsafeConfiguration):
        place.app()


def test_what_no_copy_has_any_more_is_forgotten(place: Place, made: tuple[Made, Path]) -> None:
    app = place.app()
    market = market_of(app)
    erased = ErasedList.of(market.settings)
    with fixed_at(now() + timedelta(days=20)):
        restoring.tidy(market.db, erased, 14)
    assert erased.since(restoring.BEGINNING)[restoring.Erasure.ACCOUNT] == set()
    market.db.dispose()


def test_the_list_names_nobody(place: Place, made: tuple[Made, Path]) -> None:
    three, _ = made
    text = "".join(path.read_text() for path in (place.folder / "erased").glob("*.txt"))
    assert three.leaves[0].user_id in text
    assert "@" not in text
