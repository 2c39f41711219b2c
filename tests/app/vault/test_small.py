import pyarrow as pa
import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import session
from app.market import market_of
from app.vault.errors import ObjectExists, ObjectMissing, ObjectUnreadable
from app.vault.interface import Vault
from app.vault.models import SmallObject, VaultKey
from app.vault.opening import open_vault
from app.vault.small import PADDED

ID = "0a1b2c3d-0000-4000-8000-000000000000"
OTHER = "0a1b2c3d-0000-4000-8000-000000000001"
SCHEMA = pa.schema([("person", pa.string()), ("minutes", pa.int64())])


def batch(rows: int = 16, name: str = "somebody") -> pa.RecordBatch:
    return pa.record_batch([[name] * rows, list(range(rows))], schema=SCHEMA)


def vault_of(app: Flask) -> Vault:
    market = market_of(app)
    return open_vault(market.settings, market.db)


@pytest.mark.both_databases
def test_gives_back_what_was_written_and_forgets_what_was_erased(app: Flask) -> None:
    vault = vault_of(app)
    vault.write_small(ID, batch())
    assert vault.exists(ID)
    assert [b.to_pydict() for b in vault.batches(ID)] == [batch().to_pydict()]
    with pytest.raises(ObjectExists):
        vault.write_small(ID, batch())
    vault.erase(ID)
    vault.erase(ID)
    assert not vault.exists(ID)
    with pytest.raises(ObjectMissing):
        next(vault.batches(ID))
    with market_of(app).db.unit_of_work(write=False) as s:
        assert s.scalars(select(VaultKey)).all() == s.scalars(select(SmallObject)).all() == []


@pytest.mark.both_databases
def test_it_is_written_and_erased_with_the_change_it_belongs_to(app: Flask) -> None:
    vault, db = vault_of(app), market_of(app).db
    vault.write_small(OTHER, batch())

    def fails() -> None:
        with db.unit_of_work():
            session().scalars(select(VaultKey)).all()
            vault.write_small(ID, batch())
            vault.erase(OTHER)
            assert vault.exists(ID)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert not vault.exists(ID)
    assert vault.exists(OTHER)


def test_nothing_of_it_is_readable_without_its_key_and_its_length_tells_little(
    app: Flask,
) -> None:
    vault = vault_of(app)
    vault.write_small(ID, batch(1))
    vault.write_small(OTHER, batch(16))
    with market_of(app).db.unit_of_work(write=False) as s:
        frames = [row.frame for row in s.scalars(select(SmallObject))]
    assert {len(frame) for frame in frames} == {12 + PADDED + 16}
    assert not any(b"somebody" in frame or b"person" in frame for frame in frames)


def test_a_frame_under_another_name_or_changed_does_not_open(app: Flask) -> None:
    vault, db = vault_of(app), market_of(app).db
    vault.write_small(ID, batch())
    vault.write_small(OTHER, batch())
    with db.unit_of_work() as s:
        mine, other = s.get_one(SmallObject, ID), s.get_one(SmallObject, OTHER)
        mine.frame = other.frame
    with pytest.raises(ObjectUnreadable):
        next(vault.batches(ID))


def test_a_person_s_month_takes_less_than_a_kilobyte(app: Flask) -> None:
    vault_of(app).write_small(ID, batch(48))
    with market_of(app).db.unit_of_work(write=False) as s:
        assert len(s.scalars(select(SmallObject)).one().frame) < 1_000
