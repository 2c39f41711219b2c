"""The page about this library shows what runs."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

import traces
from traces import Reason

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "traces.md").read_text()
MODULES = sorted(module.name for module in pkgutil.walk_packages(traces.__path__, "traces."))


def test_the_example_of_the_page_prints_what_it_says() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    printed = re.findall(r"```\n(listening .*?)```", PAGE, re.DOTALL)[0]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    assert out.getvalue() == printed


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_page_names_every_file_of_the_library() -> None:
    table = PAGE.split("## How it works")[1].split("\n- ")[0]
    named = set(re.findall(r"`([a-z_]+)\.py`", table))
    files = {name.split(".")[1] for name in MODULES if name.count(".") == 1}
    assert files - named == {"__main__", "readers"}


def test_no_file_is_long() -> None:
    for path in (ROOT / "traces").rglob("*.py"):
        assert len(path.read_text().splitlines()) < 300, path.name


def test_reasons_are_sorted() -> None:
    assert list(Reason) == sorted(Reason)
