"""Looks are counted in memory, in sums, without anybody who looked; and written by all at once."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, inspect, select

from app.core.clock import fixed_at
from app.core.db import Database, session
from app.core.permissions import Role
from app.sellers import service
from app.sellers.counting import Counted, Tally, is_somebody
from app.sellers.models import LookCount
from app.sellers.views import TALLY
from app.web.looks import Look
from app.web.page_cache import NOTE, PageCache
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, published

OF = "c" * 32
ROOT = Path(__file__).parents[3]
LOOK = Look(OF)
PERSON = {"REQUEST_METHOD": "GET", "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}


def kept(db: Database) -> dict[tuple[str, str, str, str], int]:
    columns = LookCount.collection_id, LookCount.day, LookCount.edition_id, LookCount.kind
    with db.unit_of_work(write=False):
        return {
            tuple(row[:4]): row[4] for row in session().execute(select(*columns, LookCount.count))
        }


def total(db: Database) -> int:
    return sum(kept(db).values())


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return published(trade.app)


@pytest.fixture
def tally(trade: Trade) -> Tally:
    found: Tally = trade.app.extensions[TALLY]
    return found


def written(trade: Trade, tally: Tally) -> dict[tuple[str, str], int]:
    """What is kept of the pages of a market, by edition and kind."""
    tally.write()
    return {(edition, kind): count for (_, _, edition, kind), count in kept(trade.db).items()}


def test_pages_and_previews_are_counted_whether_made_anew_kept_or_unchanged(
    trade: Trade, made: factories.Published, tally: Tally
) -> None:
    visitor = Browser(trade.app)
    page = f"/catalogue/{made.edition_id}"
    first = visitor.get(page, headers={"Cookie": ""})
    for _ in range(2):
        visitor.get(page)
    unchanged = visitor.get(page, headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    visitor.get(f"/collections/{made.collection_id}")
    visitor.get(f"{page}?table=day")
    assert visitor.get("/catalogue/" + "0" * 32).status_code == 404
    visitor.get("/catalogue")
    found = written(trade, tally)
    assert found == {
        (made.edition_id, "page"): 4,
        (made.edition_id, "preview"): 1,
        ("", "page"): 1,
    }


def test_founders_operators_and_programs_are_not_counted_and_buyers_are(
    trade: Trade, made: factories.Published, tally: Tally
) -> None:
    page = f"/catalogue/{made.edition_id}"
    for who in (made.producer, factories.account(trade.app, Role.OPERATOR)):
        browser = Browser(trade.app, who)
        browser.get(page)
        browser.get(f"/collections/{made.collection_id}")
    visitor = Browser(trade.app)
    for agent in ("Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8.0", "ClaudeBot", ""):
        visitor.get(page, headers={"User-Agent": agent})
    visitor.get(page, headers={"Sec-Purpose": "prefetch;prerender"})
    visitor.open(page, "HEAD")
    assert written(trade, tally) == {}
    Browser(trade.app, factories.account(trade.app, Role.BUYER)).get(page)
    assert written(trade, tally) == {(made.edition_id, "page"): 1}


def test_a_page_that_its_founder_alone_sees_is_not_counted(
    trade: Trade, made: factories.Published, tally: Tally
) -> None:
    assert Browser(trade.app).get(f"/collections/{made.collection_id}/estimate").status_code == 200
    assert written(trade, tally) == {}


def test_no_request_writes_and_a_page_asks_for_no_more_than_before(
    trade: Trade, made: factories.Published, tally: Tally
) -> None:
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(trade.db.engine, "before_cursor_execute", note)
    try:
        for _ in range(5):
            Browser(trade.app).get(f"/catalogue/{made.edition_id}")
    finally:
        event.remove(trade.db.engine, "before_cursor_execute", note)
    assert not [
        one for one in asked if "look_count" in one or not one.startswith(("SELECT", "BEGIN"))
    ]
    assert len(tally) == 1


def test_nothing_of_a_visitor_has_a_column() -> None:
    names = {column.name for column in inspect(LookCount).columns}
    assert names == {"collection_id", "day", "edition_id", "kind", "count"}


def test_what_a_cache_hands_out_is_counted_as_what_is_made() -> None:
    seen: list[Look] = []

    class Listener(Tally):
        def __init__(self) -> None:
            pass

        def add(self, look: Look) -> None:
            seen.append(look)

    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        made.append(environ["PATH_INFO"])
        environ[NOTE] = LOOK
        start("200 OK", [("Cache-Control", "public, max-age=60"), ("Content-Length", "2")])
        return [b"ab"]

    made: list[str] = []
    counted = Counted(PageCache(page, 10_000), Listener())
    for _ in range(3):
        environ = {**PERSON, "PATH_INFO": "/c", "wsgi.url_scheme": "http"}
        assert b"".join(counted(environ, lambda *_: None)) == b"ab"
    assert (len(made), seen) == (1, [LOOK] * 3)


@pytest.mark.parametrize("status", ["404 NOT FOUND", "302 FOUND", "500 INTERNAL SERVER ERROR"])
def test_what_was_not_shown_is_not_counted(status: str) -> None:
    class Unused(Tally):
        def __init__(self) -> None:
            pass

        def add(self, look: Look) -> None:
            raise AssertionError(look)

    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        environ[NOTE] = LOOK
        start(status, [])
        return []

    assert list(Counted(page, Unused())({**PERSON}, lambda *_: None)) == []


def test_browsers_are_people_and_what_says_it_is_a_program_is_not() -> None:
    assert is_somebody(PERSON)
    for agent in (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0 Mobile Safari/537.36",
    ):
        assert is_somebody({**PERSON, "HTTP_USER_AGENT": agent})
    for agent in ("bingbot/2.0", "python-requests/2.32", "Wget/1.21", "facebookexternalhit/1.1"):
        assert not is_somebody({**PERSON, "HTTP_USER_AGENT": agent})


@pytest.mark.both_databases
def test_sums_of_several_threads_and_tallies_come_together(trade: Trade) -> None:
    """Two processes each have a tally; threads of each count, and all write at the same time."""
    tallies = [Tally(trade.db, None) for _ in range(2)]
    looks = [Look(f"{number:032d}", preview=bool(number % 2)) for number in range(7)]

    def work(mine: Tally, order: int) -> None:
        for _ in range(20):
            for look in looks if order else reversed(looks):
                mine.add(look)
            mine.write()

    threads = [
        threading.Thread(target=work, args=(mine, order))
        for order, mine in enumerate(tallies)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in tallies:
        mine.write()
    assert total(trade.db) == 4 * 20 * len(looks)


PROCESS = """
import sys
from app.core.db import Database
from app.sellers.counting import Tally
from app.web.looks import Look
import app.wiring
db = Database(sys.argv[1])
tally = Tally(db, None)
for _ in range(25):
    tally.add(Look("c" * 32))
    tally.write()
"""


@pytest.mark.both_databases
def test_sums_of_two_processes_come_together(trade: Trade) -> None:
    url = trade.db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", PROCESS, url]
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert total(trade.db) == 50


def test_what_cannot_be_written_waits_and_is_counted_once(trade: Trade) -> None:
    tally = Tally(trade.db, None)
    tally.add(LOOK)

    def refuse(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "look_count" in statement:
            raise OSError("no room")

    event.listen(trade.db.engine, "before_cursor_execute", refuse)
    try:
        with pytest.raises(OSError, match="no room"):
            tally.write()
    finally:
        event.remove(trade.db.engine, "before_cursor_execute", refuse)
    tally.add(LOOK)
    tally.write()
    tally.write()
    assert total(trade.db) == 2


def test_memory_is_bounded_while_nothing_can_be_written(trade: Trade) -> None:
    tally = Tally(trade.db, None, most=3)
    for number in range(50):
        tally.add(Look(f"{number:032d}"))
    assert len(tally) == 6
    tally.add(Look("0" * 32))
    tally.write()
    assert total(trade.db) == 7


def _waited_for(db: Database, count: int) -> bool:
    for _ in range(200):
        if total(db) == count:
            return True
        time.sleep(0.05)
    return False


def test_sums_are_written_after_a_while_and_at_once_where_there_are_many(trade: Trade) -> None:
    soon = Tally(trade.db, 0.01)
    soon.add(LOOK)
    assert _waited_for(trade.db, 1)
    many = Tally(trade.db, 3600.0, most=3)
    for number in range(3):
        many.add(Look(f"{number:032d}"))
    assert _waited_for(trade.db, 4)


def test_a_forked_process_counts_its_own_alone(trade: Trade, monkeypatch: Any) -> None:
    tally = Tally(trade.db, None)
    tally.add(LOOK)
    monkeypatch.setattr("app.sellers.counting.os.getpid", lambda: -1)
    tally.add(LOOK)
    tally.write()
    assert total(trade.db) == 1


def test_looks_belong_to_their_day_in_utc_and_go_after_400_days(trade: Trade) -> None:
    tally = Tally(trade.db, None)
    with fixed_at(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)):
        tally.add(LOOK)
    with fixed_at(datetime(2026, 3, 2, tzinfo=UTC)):
        tally.add(LOOK)
    tally.write()
    assert {day for _, day, *_ in kept(trade.db)} == {"2026-03-01", "2026-03-02"}
    with fixed_at(datetime(2027, 4, 6, 1, tzinfo=UTC)):
        service.forget_old(trade.db)
    assert {day for _, day, *_ in kept(trade.db)} == {"2026-03-02"}
