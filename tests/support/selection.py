"""Which tests `make test` leaves to `make test-all`.

A test that can run on each engine runs on SQLite; on PostgreSQL too where what it promises
depends on the database (`both_databases`): locks, workers at the same time, triggers and
constraints, migrations, SQL that differs, settlement in bulk, jobs, text search.

A test that tests the tests, or repeats at length what a shorter one does, is `exhaustive`.

`--everything` (`make test-all`) leaves out nothing.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest


def left_out(item: pytest.Item) -> bool:
    """Say whether a test runs in `make test-all` alone."""
    if item.get_closest_marker("exhaustive"):
        return True
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "postgresql" in given and item.get_closest_marker("both_databases") is None


def exhaustive_but(
    kept: Collection[str], values: Iterable[Any], name: Callable[[Any], str] = str
) -> list[Any]:
    """Return every value as a parameter, exhaustive unless its name is among those kept."""
    given = [(name(value), value) for value in values]
    assert {each for each, _ in given}.issuperset(kept), "what is kept has to be there"
    return [
        pytest.param(value, id=each, marks=[] if each in kept else [pytest.mark.exhaustive])
        for each, value in given
    ]


#: Fixtures that are made once in each process, and take long to make.
SHARED = ("full_market", "empty_market", "chromium", "workers", "world", "errors")


def place(item: pytest.Item) -> int:
    """Say where a test belongs: those that share one of these come first, and stay together.

    Within a place the order is random. Of two processes the second begins in the middle.
    """
    used = getattr(item, "fixturenames", ())
    return next((n for n, name in enumerate(SHARED) if name in used), len(SHARED))
