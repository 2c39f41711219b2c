"""A shared cache in front of an application: pages that say so are made once a minute.

Keeps what any proxy in front may keep (RFC 9111), in the process's memory and up to a number of
bytes: answers with "public" and "max-age" to visitors without a cookie, each for as long as it
says, for every value of the headers that its "Vary" names. What is handed out says how old it is,
so that the next cache keeps it no longer.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from werkzeug.datastructures import Headers, ResponseCacheControl
from werkzeug.http import parse_cache_control_header, parse_etags
from werkzeug.wsgi import ClosingIterator

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Place = tuple[str, ...]

#: Who sends one of these gets a page of their own, or asks for a fresh one.
OWN = ("COOKIE", "AUTHORIZATION", "RANGE", "HX_REQUEST", "CACHE_CONTROL", "PRAGMA")
#: Belong to one answer, to whoever asked for it, or to the connection.
NOT_KEPT = ("x-request-id", "date", "age", "connection", "retry-after")
LIMITS = ("ratelimit", "x-ratelimit")
#: An answer "has not changed" repeats these headers alone.
REPEATED = ("Cache-Control", "ETag", "Vary", "Content-Location", "Expires")
#: Bytes of memory that an answer takes beside its texts, and that a text takes beside its letters.
AN_ANSWER, A_TEXT = 1_200, 60
#: Under this name a page may leave something in its environment; it is there again when the page
#: is handed out from memory.
NOTE = "moisson.note"
#: A page that takes more than this part of the room is not kept.
PART = 32


@dataclass(frozen=True)
class Kept:
    """An answer as it was made."""

    headers: Headers
    body: bytes
    until: float
    seconds: int
    note: object = None

    def age(self, now: float) -> int:
        """Return how many seconds ago it was made."""
        return max(0, int(now - self.until + self.seconds))


class PageCache:
    """Answers from memory where it can, and asks the application where not.

    Parameters
    ----------
    application : WSGI application
    most : int
        Bytes of memory for what is kept, > 0; what was asked for longest ago goes first.
    now : callable, optional
        Tells the time in seconds.
    """

    def __init__(
        self, application: Application, most: int, now: Callable[[], float] = monotonic
    ) -> None:
        self._application = application
        self._most, self._now = most, now
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._varies: OrderedDict[Place, tuple[str, ...]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer a request."""
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD") or any(f"HTTP_{name}" in environ for name in OWN):
            return self._application(environ, start)
        if kept := self._found(environ):
            return self._again(kept, environ, start)
        if method == "HEAD":
            return self._application(environ, start)
        return self._asked(environ, start)

    def _asked(self, environ: Environ, start: Start) -> Iterable[bytes]:
        place, said = _address(environ), dict[str, Any]()

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            said.update(status=status, headers=Headers(headers))
            return start(status, headers, *error)

        answer = self._application(environ, begin)
        seconds = _seconds(said.get("status", ""), said.get("headers", Headers()))
        length = said["headers"].get("Content-Length", type=int) if seconds else None
        if length is None or not 0 < length <= self._most // PART:
            return answer
        # Closed here, as an answer that was read to its end.
        with closing(ClosingIterator(answer)) as parts:
            body = b"".join(parts)
        if len(body) == length:
            self._keep(place, environ, said["headers"], body, seconds)
        return [body]

    def _again(self, kept: Kept, environ: Environ, start: Start) -> Iterable[bytes]:
        headers = Headers(kept.headers)
        headers["Age"] = str(kept.age(self._now()))
        environ[NOTE] = kept.note
        etag = kept.headers.get("ETag", "").strip('"')
        if etag and parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(etag):
            start("304 NOT MODIFIED", [h for h in headers if h[0] in (*REPEATED, "Age")])
            return []
        start("200 OK", list(headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]

    def _found(self, environ: Environ) -> Kept | None:
        place = _address(environ)
        with self._lock:
            names = self._varies.get(place)
            if names is None:
                return None
            exact = place + _values(names, environ)
            kept = self._kept.get(exact)
            if kept is None:
                return None
            if kept.until <= self._now():
                self._forget(exact)
                return None
            self._kept.move_to_end(exact)
            return kept

    def _keep(
        self, place: Place, environ: Environ, headers: Headers, body: bytes, seconds: int
    ) -> None:
        names = tuple(sorted({name.strip().lower() for name in headers.get("Vary", "").split(",")}))
        own = Headers([(name, value) for name, value in headers if _is_everybodys(name)])
        if "*" in names or "Set-Cookie" in own:
            return
        exact = place + _values(names, environ)
        with self._lock:
            self._forget(exact)
            self._varies[place] = names
            self._varies.move_to_end(place)
            until = self._now() + seconds
            kept = Kept(own, body, until, seconds, environ.get(NOTE))
            self._kept[exact] = kept
            self._size += _weight(exact, kept)
            while self._size > self._most:
                self._forget(next(iter(self._kept)))
            # Addresses are few beside what is kept: one for each answer at most.
            while len(self._varies) > max(1, len(self._kept)):
                self._varies.popitem(last=False)

    def _forget(self, exact: Place) -> None:
        if gone := self._kept.pop(exact, None):
            self._size -= _weight(exact, gone)


def _address(environ: Environ) -> Place:
    return (
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST", ""),
        environ.get("SCRIPT_NAME", ""),
        environ.get("PATH_INFO", ""),
        environ.get("QUERY_STRING", ""),
    )


def _values(names: tuple[str, ...], environ: Mapping[str, Any]) -> Place:
    return tuple(environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in names)


def _is_everybodys(name: str) -> bool:
    lower = name.lower()
    return lower not in NOT_KEPT and not lower.startswith(LIMITS)


def _weight(place: Place, kept: Kept) -> int:
    """Return about how much memory an answer takes, its place and its headers included."""
    # The place stands among the varying ones, too.
    texts = (*place, *place, *(text for header in kept.headers for text in (*header, "")))
    return AN_ANSWER + len(kept.body) + sum(A_TEXT + len(text) for text in texts)


def _seconds(status: str, headers: Headers) -> int:
    """Return for how long an answer may be kept by a cache that many share; 0: not at all."""
    text = headers.get("Cache-Control", "")
    said = parse_cache_control_header(text, cls=ResponseCacheControl)
    if not status.startswith("200 ") or not said.public or said.no_store or said.no_cache:
        return 0
    return int(said.max_age or 0)
