import io
from datetime import timedelta

import pyarrow as pa
import pytest
from flask import Flask

from app import worker
from app.core.clock import now
from app.core.db import new_id
from app.core.permissions import Role
from app.datasets import service
from app.datasets.service import checking
from app.market import market_of
from app.rights import exports
from app.vault.models import VaultKey
from tests.support import factories

ONE = pa.record_batch([pa.array([b"rows"])], names=["part"])


@pytest.mark.both_databases
def test_an_upload_whose_process_was_killed_before_it_was_named_is_erased_a_day_later(
    app: Flask,
) -> None:
    vault, killed = checking(market_of(app)).vault, new_id()
    with vault.write(killed, ONE.schema) as writer:
        writer.write_batch(ONE)
    erase(app)
    assert vault.exists(killed)
    grow_older(app)
    erase(app)
    assert not vault.exists(killed)


@pytest.mark.both_databases
def test_what_a_dataset_an_edition_or_an_export_names_stays(app: Flask) -> None:
    db, doors = market_of(app).db, checking(market_of(app))
    factories.published(app)
    other = factories.account(app, Role.PRODUCER)
    with db.unit_of_work():
        rows = io.BytesIO(b"who,day\np1,Mon\n")
        service.upload(other, doors, rows, "rows")
        exports.ask(other, doors)
    factories.run_jobs(app)
    grow_older(app)
    with db.unit_of_work(write=False) as session:
        before = {key.object_id for key in session.query(VaultKey)}
    erase(app)
    assert len(before) >= 3
    assert all(doors.vault.exists(each) for each in before)


def grow_older(app: Flask) -> None:
    with market_of(app).db.unit_of_work() as session:
        session.query(VaultKey).update({"kept_at": now() - timedelta(days=1, hours=1)})


def erase(app: Flask) -> None:
    worker.erase_what_nothing_names(market_of(app))


@pytest.mark.both_databases
def test_small_objects_such_as_a_persons_own_months_and_diaries_stay(app: Flask) -> None:
    """Their keys lie beside those of large ones; they are written with the row that names them."""
    doors, small = checking(market_of(app)), [new_id() for _ in range(3)]
    with market_of(app).db.unit_of_work():
        for object_id in small:
            doors.vault.write_small(object_id, pa.record_batch([["mine"]], names=["cells"]))
    grow_older(app)
    erase(app)
    assert all(doors.vault.exists(each) for each in small)
