"""Counting looks at public pages: sums per day in memory, written once a minute.

A page that is shown costs a number in a dictionary; no request writes to the database. Each
process has sums of its own and adds them to those of the others. Nothing of a visitor is kept:
no cookie, address, account or program; a program that says it is one is left out.
"""

import atexit
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog

from app.core.clock import now
from app.core.db import Database
from app.sellers import service
from app.sellers.kinds import LookKind
from app.sellers.service import Place
from app.web.looks import Look
from app.web.page_cache import NOTE

#: Seconds between the first look and the writing of what came until then.
EVERY = 60.0
#: With so many different pages sums are written at once; with twice as many that cannot be
#: written, further pages are not counted.
MOST = 5_000
#: Programs that say so, by their user agent, and what browsers fetch before anybody looks.
PROGRAMS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scrap|fetch|monitor|preview|headless|lighthouse|archiv|feed"
    r"|curl|wget|python|java/|go-http|libwww|okhttp|axios|httpx|node|externalhit",
    re.IGNORECASE,
)
log = structlog.get_logger("sellers")
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Tally:
    """Sums of looks in this process, until they are written.

    Parameters
    ----------
    db : Database
    every : float or None
        Seconds after which sums are written; None where only `write` does.
    most : int
        Pages whose sums are kept.
    """

    def __init__(self, db: Database, every: float | None = EVERY, most: int = MOST) -> None:
        self._db, self._every, self._most = db, every, most
        self._lock = threading.Lock()
        self._begin_anew()

    def __len__(self) -> int:
        return len(self._sums)

    def _begin_anew(self) -> None:
        self._sums: Counter[Place] = Counter()
        self._timer: threading.Timer | None = None
        self._process = os.getpid()

    def add(self, look: Look) -> None:
        """Count a look, today."""
        kind = LookKind.PREVIEW if look.preview else LookKind.PAGE
        place = (look.collection_id, f"{now():%Y-%m-%d}", look.edition_id, kind)
        if self._process != os.getpid():
            # Forked: what was counted before is the parent's to write.
            self._lock = threading.Lock()
            self._begin_anew()
        with self._lock:
            if place not in self._sums and len(self._sums) >= 2 * self._most:
                return
            self._sums[place] += 1
            if self._every is None:
                return
            if self._timer is None:
                self._begin(self._every)
            elif len(self._sums) == self._most:
                self._timer.cancel()
                self._begin(0.0)

    def _begin(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._write_in_time)
        self._timer.daemon = True
        self._timer.start()

    def _write_in_time(self) -> None:
        try:
            self.write()
        except Exception:
            log.exception("looks not written")
        with self._lock:
            self._timer = None
            if self._sums and self._every is not None:
                self._begin(self._every)

    def write(self) -> None:
        """Add the sums of this process to those in the database.

        What cannot be written stays, for the next time.
        """
        with self._lock:
            taken, self._sums = self._sums, Counter()
        if not taken:
            return
        try:
            with self._db.unit_of_work():
                service.add_looks(taken)
        except Exception:
            with self._lock:
                for place, count in taken.items():
                    if place in self._sums or len(self._sums) < 2 * self._most:
                        self._sums[place] += count
            raise

    def write_at_the_end(self) -> None:
        """Have this process write what it still holds when it ends in order."""
        atexit.register(self._last)

    def _last(self) -> None:
        if self._process == os.getpid():
            self._every = None
            self._write_in_time()


class Counted:
    """An application whose public pages are counted, also those that a cache inside it kept.

    Parameters
    ----------
    application : WSGI application
    tally : Tally
    """

    def __init__(self, application: Application, tally: Tally) -> None:
        self._application, self._tally = application, tally

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, and count it where it showed what counts."""

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            look = environ.get(NOTE)
            if isinstance(look, Look) and status[:3] in ("200", "304") and is_somebody(environ):
                self._tally.add(look)
            return start(status, headers, *error)

        return self._application(environ, begin)


def is_somebody(environ: Mapping[str, Any]) -> bool:
    """Say whether a person seems to ask: no program that says so, no browser in advance."""
    purpose = f"{environ.get('HTTP_SEC_PURPOSE', '')}{environ.get('HTTP_PURPOSE', '')}"
    agent = environ.get("HTTP_USER_AGENT", "")
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and "prefetch" not in purpose.lower()
        and bool(agent)
        and not PROGRAMS.search(agent)
    )
