"""A page that everybody may keep is made once a minute; whatever is anybody's own, never kept."""

import gc
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from app.web.page_cache import PageCache
from app.worker import create_app
from tests.conftest import environment
from tests.support import factories

PUBLIC = "public, max-age=60"


@dataclass
class Site:
    """An application that counts what it is asked, and a clock."""

    control: str = PUBLIC
    vary: str = "Accept-Language, Cookie"
    length: int = 100
    status: int = 200
    cookie: bool = False
    asked: int = 0
    time: float = 1_000.0
    closed: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked += 1
        request = Request(environ)
        said = f"{request.url} {request.headers.get('Accept-Language', '')} {self.asked} "
        answer = Response(said.ljust(self.length, "."), self.status)
        answer.headers["Cache-Control"] = self.control
        answer.headers["Vary"] = self.vary
        answer.headers["X-RateLimit-Remaining"] = answer.headers["RateLimit"] = str(self.asked)
        answer.headers["X-Request-Id"] = request.headers.get("X-Request-Id", "none")
        if self.cookie:
            answer.set_cookie("whose", "mine")
        answer.add_etag()
        answer.call_on_close(lambda: self.closed.append(request.path))
        return answer.make_conditional(request)(environ, start)

    def client(self, most: int = 1_000_000) -> Client:
        return Client(PageCache(self, most, lambda: self.time))


def test_a_public_page_is_made_once_a_minute_and_tells_its_age() -> None:
    site = Site()
    client = site.client()
    first = client.get("/catalogue?q=lunch")
    site.time += 59
    again = client.get("/catalogue?q=lunch")
    assert (again.data, again.headers["Age"], site.asked) == (first.data, "59", 1)
    assert again.headers["Content-Length"] == first.headers["Content-Length"]
    assert client.head("/catalogue?q=lunch").data == b""
    assert site.asked == 1
    site.time += 1
    assert client.get("/catalogue?q=lunch").data != first.data
    assert site.closed == ["/catalogue"] * 2


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/catalogue?q=dinner"},
        {"path": "/other?q=lunch"},
        {"base_url": "http://elsewhere.example"},
        {"base_url": "https://localhost"},
        {"headers": {"Accept-Language": "fr"}},
    ],
)
def test_another_address_or_language_is_another_page(other: dict[str, Any]) -> None:
    site = Site()
    client = site.client()
    asked = {"path": "/catalogue?q=lunch"}
    first = client.get(**asked)
    assert client.get(**(asked | other)).data != first.data
    assert client.get(**asked).data == first.data
    assert site.asked == 2


@pytest.mark.parametrize(
    "header",
    ["Cookie", "Authorization", "Range", "HX-Request", "Cache-Control", "Pragma"],
)
def test_whoever_may_get_a_page_of_their_own_is_always_answered_anew(header: str) -> None:
    site = Site()
    client = site.client()
    client.get("/")
    # A client without a jar sends the cookie as it is told.
    bare = Client(client.application, use_cookies=False)
    assert "Age" not in bare.get("/", headers={header: "x"}).headers
    assert "Age" not in bare.get("/other", headers={header: "x"}).headers
    assert "Age" not in client.get("/other").headers
    assert site.asked == 4


@pytest.mark.parametrize(
    "change",
    [
        {"control": "private, max-age=60"},
        {"control": "no-store"},
        {"control": "public"},
        {"control": "public, max-age=0"},
        {"control": "public, no-cache, max-age=60"},
        {"vary": "*"},
        {"status": 404},
        {"cookie": True},
        {"length": 500_000},
    ],
)
def test_what_is_not_for_everybody_or_too_large_is_not_kept(change: dict[str, Any]) -> None:
    site = Site(**change)
    Client(PageCache(site, 1_000_000), use_cookies=False).get("/")
    client = Client(PageCache(site, 1_000_000), use_cookies=False)
    for _ in range(3):
        assert "Age" not in client.get("/").headers
    assert site.asked == 4


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    site = Site()
    client = site.client()
    etag = client.get("/").headers["ETag"]
    same = client.get("/", headers={"If-None-Match": etag})
    assert (same.status_code, same.data, site.asked) == (304, b"", 1)
    assert same.headers["Cache-Control"] == PUBLIC
    other = client.get("/", headers={"If-None-Match": '"another"'})
    assert (other.status_code, site.asked) == (200, 1)


def test_nobody_is_told_the_number_of_anothers_request_nor_how_often_they_may_ask() -> None:
    client = Site().client()
    client.get("/", headers={"X-Request-Id": "a-visitor"})
    kept = client.get("/").headers
    assert "Age" in kept
    assert not {"X-Request-Id", "X-RateLimit-Remaining", "RateLimit"} & set(kept.keys())


def test_memory_is_bounded_and_what_was_asked_for_longest_ago_goes_first() -> None:
    site = Site(length=1_000)
    cache = PageCache(site, 40_000, lambda: site.time)
    client = Client(cache)
    for n in range(200):
        client.get(f"/{n}")
        client.get("/0")
    assert cache._size <= 40_000
    assert len(cache._varies) <= len(cache._kept) < 40
    asked = site.asked
    client.get("/0")
    client.get("/199")
    assert site.asked == asked
    client.get("/1")
    assert site.asked == asked + 1


def test_memory_is_bounded_for_small_answers_with_many_headers_too() -> None:
    """Thousands of answers of a few bytes took seventy times the memory that was allowed."""
    most = 400_000
    cache = PageCache(Site(length=20), most)
    client = Client(cache)
    for n in range(100):
        client.get(f"/?q={n}")
    tracemalloc.start()
    try:
        for n in range(100, 1_500):
            client.get(f"/?q={n}")
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken <= 1.5 * most
    assert len(cache._kept) > 20


def test_the_market_keeps_its_public_pages_and_nobody_elses(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    settings = environment(tmp_path, new_database("sqlite"))
    app = create_app({**settings, "MOISSON_PAGE_CACHE_MEGABYTES": "1"})
    client = app.test_client(use_cookies=False)
    empty = client.get("/catalogue")
    with app.app_context():
        made = factories.published(app)
    kept = client.get("/catalogue")
    assert (kept.data, kept.headers["Age"]) == (empty.data, "0")
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Vary", "ETag"):
        assert kept.headers[name] == empty.headers[name]
    first = client.get(f"/catalogue/{made.edition_id}")
    again = client.get(f"/catalogue/{made.edition_id}")
    assert "Age" not in first.headers
    assert again.headers.getlist("Link") == first.headers.getlist("Link")
    for path in ("/login", "/account", "/developers/try", "/nowhere"):
        client.get(path)
        assert "Age" not in client.get(path).headers, path
