import io
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask

from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Role
from app.datasets import queries, receiving, service
from app.datasets.errors import BadFile, NoRoom
from app.datasets.ingest import messages
from app.datasets.ingest.encodings import Opened
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.reading import Limits, read_csv
from app.datasets.ingest.tables import read_table
from app.datasets.queries import DatasetView
from app.datasets.service import Checking, checking
from app.datasets.states import DatasetState
from app.jobs.runner import Handlers
from app.market import market_of
from app.users import service as users
from tests.support import factories
from tests.support.browser import Browser

HEADER = b"who,day,place,spend\n"
ROW = b"p1,Mon,north,1.25\n"
#: Rows that make a file a large one.
MANY = receiving.SMALL // len(ROW) + 100


@pytest.fixture
def producer(app: Flask) -> Actor:
    return factories.account(app, Role.PRODUCER)


def upload(app: Flask, who: Actor, content: bytes, doors: Checking | None = None) -> str:
    with market_of(app).db.unit_of_work():
        taken = doors or checking(market_of(app))
        return service.upload(who, taken, io.BytesIO(content), "rows")


def seen(app: Flask, who: Actor, dataset_id: str) -> DatasetView:
    with market_of(app).db.unit_of_work(write=False):
        return queries.dataset(who, dataset_id)


@pytest.mark.both_databases
def test_a_large_file_is_read_by_the_worker(app: Flask, producer: Actor) -> None:
    browser = Browser(app, producer)
    dataset_id = upload(app, producer, HEADER + ROW * MANY)
    assert seen(app, producer, dataset_id).state is DatasetState.READING
    assert "Reading your file" in browser.get(f"/datasets/{dataset_id}").text
    assert browser.get(f"/datasets/{dataset_id}/columns").status_code == 302
    factories.run_jobs(app)
    view = seen(app, producer, dataset_id)
    assert (view.state, view.row_count) == (DatasetState.UPLOADED, MANY)
    assert browser.get(f"/datasets/{dataset_id}/columns").status_code == 200


def test_of_two_large_files_sent_at_once_one_is_taken(app: Flask, producer: Actor) -> None:
    """The second had passed the question before the first was written down."""
    sealing, late = receiving.seal, []

    def meanwhile(*arguments: Any) -> int:
        size = sealing(*arguments)
        if not late:
            late.append("")
            late.append(upload(app, producer, HEADER + ROW * MANY))
        return size

    with patch.object(receiving, "seal", meanwhile), pytest.raises(NoRoom):
        upload(app, producer, HEADER + ROW * MANY)
    assert seen(app, producer, late[1]).state is DatasetState.READING


def test_no_request_reads_more_than_the_beginning(app: Flask, producer: Actor) -> None:
    """Fifty megabytes of empty lines took the web process 238 s once."""
    read: list[int] = []

    def watched(opened: Opened, limits: Limits, chosen: int | None = None) -> object:
        with opened() as stream:
            read.append(len(stream.read()))
        return read_table(opened, limits, chosen)

    with (
        patch.object(service, "read_table", watched),
        patch.object(receiving, "read_table", watched),
    ):
        upload(app, producer, HEADER + ROW * MANY * 4)
    assert sum(read) <= receiving.SMALL + 1


def test_a_small_file_is_read_at_once(app: Flask, producer: Actor) -> None:
    dataset_id = upload(app, producer, HEADER + ROW * 10)
    assert seen(app, producer, dataset_id).state is DatasetState.UPLOADED


@pytest.mark.both_databases
def test_what_is_wrong_with_a_later_row_is_said_on_the_page_and_nothing_is_kept(
    app: Flask, producer: Actor
) -> None:
    dataset_id = upload(app, producer, HEADER + ROW * MANY + b"one,two\n")
    factories.run_jobs(app)
    assert seen(app, producer, dataset_id).state is DatasetState.UNREADABLE
    page = Browser(app, producer).get(f"/datasets/{dataset_id}").text
    assert f"Row {MANY + 2}" in page
    assert "Nothing of it was kept" in page
    assert list((market_of(app).settings.instance / "vault").iterdir()) == []


def test_what_is_wrong_with_the_beginning_is_said_at_once(app: Flask, producer: Actor) -> None:
    with pytest.raises(BadFile, match="Row 3"):
        upload(app, producer, HEADER + ROW + b"one,two\n" + ROW * MANY)
    assert list((market_of(app).settings.instance / "vault").iterdir()) == []


def test_a_cell_that_goes_on_beyond_the_beginning_is_no_mistake(
    app: Flask, producer: Actor
) -> None:
    over_the_edge = b'p1,Mon,north,"' + b"\n" * 9_000 + b'"\n'
    before = (receiving.SMALL - 4_000) // len(ROW)
    content = HEADER + ROW * before + over_the_edge + ROW * 1_000
    dataset_id = upload(app, producer, content)
    factories.run_jobs(app)
    assert seen(app, producer, dataset_id).state is DatasetState.UPLOADED


@pytest.mark.both_databases
def test_one_large_file_of_an_account_is_read_at_a_time(app: Flask, producer: Actor) -> None:
    upload(app, producer, HEADER + ROW * MANY)
    with pytest.raises(Conflict, match="still being read"):
        upload(app, producer, HEADER + ROW)
    upload(app, factories.account(app, Role.PRODUCER), HEADER + ROW * MANY)
    factories.run_jobs(app)
    upload(app, producer, HEADER + ROW)


def test_an_account_has_so_much_room_until_it_erases_something(app: Flask, producer: Actor) -> None:
    doors = replace(checking(market_of(app)), account_bytes=1000)
    first = upload(app, producer, HEADER + ROW * 100, doors)
    with pytest.raises(Conflict, match="all the room"):
        upload(app, producer, HEADER + ROW, doors)
    with market_of(app).db.unit_of_work():
        service.erase(producer, doors, first)
    upload(app, producer, HEADER + ROW, doors)


@pytest.mark.both_databases
def test_a_file_erased_while_it_is_read_leaves_nothing(app: Flask, producer: Actor) -> None:
    doors = checking(market_of(app))
    dataset_id = upload(app, producer, HEADER + ROW * MANY)
    taking = service._read

    def meanwhile(*arguments: object) -> object:
        taken = taking(*arguments)  # type: ignore[arg-type]
        with market_of(app).db.unit_of_work():
            service.erase(producer, doors, dataset_id)
        return taken

    with patch.object(service, "_read", meanwhile):
        service.read(doors, dataset_id)
    assert seen(app, producer, dataset_id).state is DatasetState.ERASED
    assert list((market_of(app).settings.instance / "vault").iterdir()) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("rows", [1, MANY], ids=["small", "large"])
def test_of_an_account_closed_while_its_file_comes_in_nothing_is_kept(
    app: Flask, producer: Actor, rows: int
) -> None:
    taking = service._take

    def meanwhile(*arguments: Any) -> object:
        taken = taking(*arguments)
        with market_of(app).db.unit_of_work():
            users.close(producer)
        return taken

    with patch.object(service, "_take", meanwhile), pytest.raises(NotFound):
        upload(app, producer, HEADER + ROW * rows)
    with market_of(app).db.unit_of_work(write=False):
        assert queries.of_producer(producer.user_id) == ()
    assert list((market_of(app).settings.instance / "vault").iterdir()) == []


def test_a_file_larger_than_the_limit_is_refused_and_not_kept(app: Flask, producer: Actor) -> None:
    doors = replace(checking(market_of(app)), limits=Limits(size=receiving.SMALL + 1000))
    with pytest.raises(BadFile, match="larger than"):
        upload(app, producer, HEADER + ROW * MANY * 2, doors)
    assert list((market_of(app).settings.instance / "vault").iterdir()) == []


def test_reading_ends_when_it_takes_too_long() -> None:
    with pytest.raises(UploadError) as caught:
        list(read_csv(io.BytesIO(HEADER + ROW), Limits(seconds=-1.0)))
    assert caught.value.template == messages.TOO_SLOW.template


def test_so_many_characters_are_held_at_a_time() -> None:
    wide = b"p1,Mon,north," + b"9" * 1000 + b"\n"
    sizes = [b.num_rows for b in read_csv(io.BytesIO(HEADER + wide * 100), Limits(held=10_000))]
    assert max(sizes) == 10
    assert sum(sizes) == 100


def test_the_worker_knows_how_to_read(app: Flask) -> None:
    handlers = Handlers()
    service.install_worker(handlers, checking(market_of(app)))
    assert service.READ in handlers.by_kind
