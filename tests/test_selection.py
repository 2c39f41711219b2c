"""What `make test` leaves out, and that `make test-all` leaves out nothing."""

import re
from pathlib import Path

import pytest

from tests import conftest
from tests.support import selection

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("engine", conftest.ENGINES)
def test_one_database_is_enough_here(request: pytest.FixtureRequest, engine: str) -> None:
    assert selection.left_out(request.node) == (engine == "postgresql")


@pytest.mark.both_databases
@pytest.mark.parametrize("engine", conftest.ENGINES)
def test_where_it_depends_on_the_database_both_are_tried(
    request: pytest.FixtureRequest, engine: str
) -> None:
    assert not selection.left_out(request.node)


@pytest.mark.exhaustive
def test_what_tests_the_tests_is_left_out(request: pytest.FixtureRequest) -> None:
    assert selection.left_out(request.node)


def test_the_same_is_seen_from_outside(request: pytest.FixtureRequest, everything: bool) -> None:
    chosen = {item.name for item in request.session.items if item.path == request.path}
    short = {
        "test_one_database_is_enough_here[sqlite]",
        "test_where_it_depends_on_the_database_both_are_tried[sqlite]",
        "test_where_it_depends_on_the_database_both_are_tried[postgresql]",
    }
    long = {
        "test_one_database_is_enough_here[postgresql]",
        "test_what_tests_the_tests_is_left_out",
    }
    named = {name for name in chosen if name in short | long}
    assert named <= (short | long if everything else short)


def test_make_runs_everything_and_the_browsers_tests() -> None:
    made = (ROOT / "Makefile").read_text()
    rules = dict(re.findall(r"^(test(?:-all)?): setup-dev.*\n((?:\t.*\n)+)", made, re.MULTILINE))
    assert set(rules) == {"test", "test-all"}
    for rule in rules.values():
        assert "find_browser.py" in rule
        assert " -m " not in rule.replace("-m pytest", "")
        assert "-k" not in rule
    assert "--everything" in rules["test-all"]
    assert "--everything" not in rules["test"]
