import shutil
import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest
from flask import Flask

from app.core.db import session
from app.market import market_of
from app.vault.database_keys import DatabaseKeys
from app.vault.models import VaultKey
from app.vault.opening import open_vault

ID = "0a1b2c3d-0000-4000-8000-000000000000"
SCHEMA = pa.schema([("person", pa.string())])


@pytest.mark.both_databases
def test_a_key_is_kept_once_found_and_forgotten(app: Flask) -> None:
    ring = DatabaseKeys(market_of(app).db)
    assert ring.find(ID) is None
    assert ring.keep(ID, b"first")
    assert not ring.keep(ID, b"second")
    assert ring.find(ID) == b"first"
    ring.forget(ID)
    ring.forget(ID)
    assert ring.find(ID) is None


@pytest.mark.both_databases
def test_a_key_follows_the_change_it_belongs_to(app: Flask) -> None:
    db = market_of(app).db
    ring = DatabaseKeys(db)
    ring.keep(ID, b"kept")

    def fails() -> None:
        with db.unit_of_work() as unit:
            unit.get(VaultKey, ID)  # the unit has begun
            ring.forget(ID)
            assert ring.find(ID) is None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert ring.find(ID) == b"kept"


@pytest.mark.both_databases
def test_a_unit_that_has_locked_nothing_goes_on_locking_nothing(app: Flask) -> None:
    db = market_of(app).db
    ring = DatabaseKeys(db)
    with db.unit_of_work():
        ring.keep(ID, b"kept")
        assert not session().in_transaction()
        with db.unit_of_work():
            # Another writer is not kept waiting.
            assert session().get(VaultKey, ID) is not None


@pytest.mark.both_databases
def test_a_unit_that_has_read_before_finds_what_was_kept_since(app: Flask) -> None:
    db = market_of(app).db
    ring = DatabaseKeys(db)
    with db.unit_of_work(write=False):
        assert ring.find(ID) is None
        ring.keep(ID, b"kept")
        assert ring.find(ID) == b"kept"


def test_after_an_erasure_an_earlier_copy_of_the_vault_opens_with_no_key_of_the_market(
    lite_app: Flask, tmp_path: Path
) -> None:
    """Erased rows were read back from such a copy with the master key once."""
    market = market_of(lite_app)
    vault = open_vault(market.settings, market.db)
    with vault.write(ID, SCHEMA) as writer:
        writer.write_batch(pa.record_batch([["somebody"]], schema=SCHEMA))
    wrapped = DatabaseKeys(market.db).find(ID)
    assert wrapped is not None
    folder = market.settings.instance / "vault"
    shutil.copytree(folder, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*"):
        assert not path.is_file() or wrapped not in path.read_bytes()
    vault.erase(ID)
    market.db.scrub()
    main = Path(market.db.engine.url.database or "")
    files = [*main.parent.glob(f"{main.name}*"), *folder.rglob("*.*")]
    assert main in files
    assert not any(wrapped in path.read_bytes() for path in files if path.is_file())


def test_scrubbing_leaves_the_database_as_it_was(lite_app: Flask) -> None:
    market = market_of(lite_app)
    market.db.scrub()
    assert market.db.engine.url.database is not None
    with sqlite3.connect(market.db.engine.url.database) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_rows_outlast_an_erasure_that_is_rolled_back(lite_app: Flask) -> None:
    """The key came back then, but the rows were gone."""
    market = market_of(lite_app)
    vault = open_vault(market.settings, market.db)
    with vault.write(ID, SCHEMA) as writer:
        writer.write_batch(pa.record_batch([["somebody"]], schema=SCHEMA))

    def fails() -> None:
        with market.db.unit_of_work() as unit:
            unit.get(VaultKey, ID)
            vault.erase(ID)
            assert not vault.exists(ID)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert vault.exists(ID)
    assert [batch.num_rows for batch in vault.batches(ID)] == [1]
    vault.erase(ID)
    assert not (market.settings.instance / "vault" / ID).exists()
