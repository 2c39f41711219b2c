"""A person's file is read in their own browser: what it loads, and what it may send."""

import gzip
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.collections.templates import found_templates
from app.contributions.in_browser import library
from app.contributions.in_browser.parts import OF_PYTHON, WORKER
from app.market import market_of
from app.releases.periods import open_period
from tests.app.contributions.test_giving import MARKER, plays, sent
from tests.conftest import environment
from tests.support.browser import Browser
from tests.support.in_page import told
from tools import browser_python
from traces import QuestionKind, TracesError

VERSION = "1.2.3"
POLICY = "Content-Security-Policy"


@pytest.fixture
def offering(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Flask]:
    """A market with its templates, where a browser's Python is installed (an invented one)."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    for name in OF_PYTHON:
        (folder / name).write_bytes(name.encode() * 100)
    (folder / "pyodide.asm.wasm.gz").write_bytes(gzip.compress(b"pyodide.asm.wasm" * 100))
    (folder / "package.json").write_text(json.dumps({"version": VERSION, "secret": "x"}))
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": {"arch": "wasm32"}}))
    settings = environment(tmp_path / "instance", new_database("sqlite"))
    app = create_app({**settings, "MOISSON_BROWSER_PYTHON": str(folder)})
    with app.app_context():
        with market_of(app).db.unit_of_work():
            found_templates()
        yield app
    market_of(app).db.dispose()


@pytest.fixture
def without(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Flask]:
    """A market with its templates, and no Python for browsers."""
    settings = environment(tmp_path / "instance", new_database("sqlite"))
    app = create_app({**settings, "MOISSON_BROWSER_PYTHON": str(tmp_path / "nothing")})
    with app.app_context():
        with market_of(app).db.unit_of_work():
            found_templates()
        yield app
    market_of(app).db.dispose()


def directives(answer: TestResponse) -> dict[str, str]:
    said = (each.strip().split(" ", 1) for each in answer.headers[POLICY].split(";"))
    return {name: value for name, value in said}


def here(app: Flask) -> dict[str, Any]:
    """What the page tells its script."""
    found = re.search(r'data-here="([^"]*)"', Browser(app).get("/give/spotify").text)
    assert found is not None
    text = found[1].replace("&#34;", '"').replace("&amp;", "&")
    made: dict[str, Any] = json.loads(text)
    return made


def test_no_page_may_start_python_itself_nor_may_its_script_from_elsewhere(
    offering: Flask,
) -> None:
    browser = Browser(offering)
    usual = browser.get("/login").headers[POLICY]
    assert "default-src 'none'" in usual
    assert "script-src 'self';" in usual
    pages = ("/", "/give", "/give/spotify", "/give/none", "/diary/diary_shopping", "/catalogue")
    for path in (*pages, "/static/reading-worker.js", "/static/reading.js"):
        assert browser.get(path).headers[POLICY] == usual, path


def test_without_the_package_the_page_sends_the_file(without: Flask) -> None:
    browser = Browser(without)
    page = browser.get("/give/spotify")
    assert "data-here" not in page.text
    assert "reading.js" not in page.text
    assert "We read it in memory" in page.text
    assert sent(browser, plays(open_period())).headers["Location"] == "/giving/look"


def test_before_its_script_runs_the_page_says_that_the_file_is_sent(offering: Flask) -> None:
    page = Browser(offering).get("/give/spotify").text
    shown = re.findall(r'<p class="hint" data-when="(\w+)"( hidden)?>', page)
    assert shown == [("here", " hidden"), ("sent", "")]
    assert sent(Browser(offering), plays(open_period())).headers["Location"] == "/giving/look"


def test_what_reads_reaches_the_addresses_of_its_own_code_alone(offering: Flask) -> None:
    address = here(offering)["worker"]
    policy = directives(Browser(offering).get(address, base_url="https://market.example"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "https://market.example/python/"
    assert policy["script-src"] == "https://market.example/python/ 'wasm-unsafe-eval'"


def test_a_closed_list_of_files_is_served_each_with_its_type(offering: Flask) -> None:
    browser, told_ = Browser(offering), here(offering)
    kinds = {f"{told_['python']}{name}": kind for name, kind in OF_PYTHON.items()}
    kinds |= {told_["worker"]: "text/javascript", told_["traces"]: "application/zip"}
    for address, kind in kinds.items():
        answer = browser.get(address)
        assert (answer.status_code, answer.mimetype) == (200, kind), address
    for wrong in (
        f"/python/{VERSION}/package.json",
        f"/python/{VERSION}/pyodide-lock.json",
        f"/python/{VERSION}/traces.zip",
        f"/python/{VERSION}/..%2f..%2fapp%2fworker.py",
        "/python/1.2.4/pyodide.mjs",
        f"/python/{'0' * 16}/traces.zip",
    ):
        assert browser.get(wrong).status_code == 404, wrong


def test_a_browser_keeps_them_for_good_whoever_is_signed_in(offering: Flask) -> None:
    browser = Browser(offering)
    browser.get("/give/spotify")
    for address in (here(offering)["worker"], f"/python/{VERSION}/pyodide.asm.wasm"):
        headers = browser.get(address).headers
        assert "immutable" in headers["Cache-Control"]
        assert "max-age=31536000" in headers["Cache-Control"]
        assert headers["Vary"] == "Accept-Encoding"
        assert "Set-Cookie" not in headers


def test_a_browser_that_takes_gzip_loads_less(offering: Flask) -> None:
    browser, address = Browser(offering), f"/python/{VERSION}/pyodide.asm.wasm"
    small = browser.get(address, headers={"Accept-Encoding": "br, gzip"})
    plain = browser.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert small.mimetype == plain.mimetype == "application/wasm"


def test_of_our_code_the_archive_holds_what_reads_alone() -> None:
    with zipfile.ZipFile(io.BytesIO(library.archive())) as packed:
        names = set(packed.namelist())
    assert {name.split("/")[0] for name in names} == {"traces", "zoneinfo"}
    assert {name.rsplit(".")[-1] for name in names if name.startswith("traces/")} == {"py", "toml"}
    assert not any("how_to" in name or "__main__" in name for name in names)


def test_the_same_code_makes_the_same_archive_in_every_process() -> None:
    code = "from app.contributions.in_browser.library import archive; import hashlib;"
    code += "print(hashlib.sha256(archive()).hexdigest())"
    digests = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


def test_the_archive_reads_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(library.archive())) as packed:
        packed.extractall(tmp_path / "market")
    (tmp_path / "export.json").write_bytes(plays("2025-03"))
    code = """
import json, sys, types, zoneinfo
folder = sys.argv[1]
sys.path[:] = [each for each in sys.path if "site-packages" not in each] + [folder + "/market"]
zoneinfo.reset_tzpath([folder + "/market/zoneinfo"])
content = open(folder + "/export.json", "rb").read()
part = lambda start, end: types.SimpleNamespace(to_bytes=lambda: content[start:end])
from traces.in_page import answer
asked = {"wanted": ["listening"], "months": 9, "zone": "Europe/Paris", "answers": {}}
print(answer([types.SimpleNamespace(size=len(content), part=part)], json.dumps(asked)))
"""
    told_ = [sys.executable, "-I", "-S", "-c", code, str(tmp_path)]
    done = subprocess.run(told_, capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == told(plays("2025-03"), wanted=("listening",), months=9)


def give_cells(browser: Browser, cells: Any, family: str = "spotify") -> TestResponse:
    text = cells if isinstance(cells, str) else json.dumps(cells)
    fields = {"cells": text}
    return browser.post(f"/give/{family}/cells", fields, content_type="multipart/form-data")


def looked(browser: Browser) -> str:
    page = browser.get("/giving/look").text
    return re.sub(r'value="[^"]{60,}"', "", page)


def test_the_look_is_the_same_whichever_way_a_file_was_read(offering: Flask) -> None:
    export = plays(open_period())
    server, page = Browser(offering), Browser(offering)
    assert sent(server, export).headers["Location"] == "/giving/look"
    cells = told(export)["cells"]
    assert MARKER not in json.dumps(cells)
    assert give_cells(page, cells).headers["Location"] == "/giving/look"
    assert "listening/weekday/09-12" in looked(page)
    assert looked(page) == looked(server)


CELLS: dict[str, Any] = {
    "traces": {"listening": {"2025-03": [[["weekday", "09-12"], [30]]]}},
    "kept": 3,
    "dropped": {"duplicate": 1},
    "formats": ["spotify/account/v1"],
}


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the cells with another value at a place."""
    made = deepcopy(CELLS)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return made


def month_of(*cells: Any) -> dict[str, Any]:
    return changed("traces", "listening", "2025-03", to=list(cells))


ONE = [["weekday", "09-12"], [30]]
HOSTILE: dict[str, Any] = {
    "no text": "",
    "no JSON": "{",
    "too deep": "[" * 100_000,
    "a list": [],
    "nothing": None,
    "a long number": '{"kept": 1' + "0" * 5_000 + "}",
    "something more": {**CELLS, "note": "the title of a song"},
    "something less": {k: v for k, v in CELLS.items() if k != "kept"},
    "entries of a diary": {**CELLS, "entries": []},
    "no template": {**CELLS, "traces": {}},
    "another family's template": changed(
        "traces", to={"spending": {"2025-03": [[["housing"], [30, 1]]]}}
    ),
    "a template of health": changed("traces", to={"daily_steps": {"2025-03": [[["monday"], [1]]]}}),
    "an unknown template": changed("traces", to={"songs": {"2025-03": [ONE]}}),
    "no month": changed("traces", "listening", to={}),
    "a month as a list": changed("traces", "listening", to=[ONE]),
    "no month of a calendar": changed("traces", "listening", to={"2025-13": [ONE]}),
    "a month with a text": changed("traces", "listening", to={"2025-03\n": [ONE]}),
    "a month in other digits": changed("traces", "listening", to={"٢٠٢٥-03": [ONE]}),
    "a month to come": changed("traces", "listening", to={"2999-01": [ONE]}),
    "a month before all": changed("traces", "listening", to={"1994-12": [ONE]}),
    "too many months": changed(
        "traces",
        "listening",
        to={f"{y}-{m:02}": [ONE] for y in range(2010, 2014) for m in range(1, 13)},
    ),
    "no cell": month_of(),
    "a cell twice": month_of(ONE, ONE),
    "more cells than k": month_of(*[ONE] * 17),
    "cells as text": changed("traces", "listening", "2025-03", to="weekday"),
    "a cell as text": month_of("weekday"),
    "half a cell": month_of([["weekday", "09-12"]]),
    "a value of no domain": month_of([["weekday", "noon"], [30]]),
    "a value too many": month_of([["weekday", "09-12", "rock"], [30]]),
    "a value too few": month_of([["weekday"], [30]]),
    "a value that is a list": month_of([["weekday", ["09-12"]], [30]]),
    "a number too high": month_of([["weekday", "09-12"], [181]]),
    "a number too low": month_of([["weekday", "09-12"], [-1]]),
    "a number too fine": month_of([["weekday", "09-12"], [30.123456]]),
    "a number too many": month_of([["weekday", "09-12"], [30, 1]]),
    "no number": month_of([["weekday", "09-12"], []]),
    "a number as text": month_of([["weekday", "09-12"], ["30"]]),
    "true": month_of([["weekday", "09-12"], [True]]),
    "not a number": month_of([["weekday", "09-12"], [float("nan")]]),
    "infinity": month_of([["weekday", "09-12"], [float("inf")]]),
    "beyond what floats hold": month_of([["weekday", "09-12"], [10**400]]),
    "fewer than none kept": changed("kept", to=-1),
    "half a record kept": changed("kept", to=0.5),
    "a text for a count": changed("kept", to="a title"),
    "more records than there are": changed("kept", to=10**12),
    "a reason of its own": changed("dropped", to={"a title": 1}),
    "a reason without a count": changed("dropped", to={"duplicate": None}),
    "reasons as a list": changed("dropped", to=["duplicate"]),
    "a format of its own": changed("formats", to=["a title"]),
    "formats as text": changed("formats", to="spotify/account/v1"),
    "a format that is a list": changed("formats", to=[["spotify/account/v1"]]),
}


def test_what_a_page_of_ours_can_have_sent_is_taken(open_app: Flask) -> None:
    browser = Browser(open_app)
    assert give_cells(browser, CELLS).headers["Location"] == "/giving/look"
    assert "listening/weekday/09-12" in looked(browser)


def test_nothing_else_is_taken_and_nothing_of_it_waits(open_app: Flask) -> None:
    browser = Browser(open_app)
    for name, cells in HOSTILE.items():
        answer = give_cells(browser, cells)
        assert answer.headers.get("Location") == "/give/spotify", name
        assert "Something went wrong on the way" in browser.get("/give/spotify").text, name
        assert browser.get("/giving/look").headers["Location"] == "/give", name


def test_what_waited_before_is_still_there_after_a_refusal(open_app: Flask) -> None:
    browser = Browser(open_app)
    give_cells(browser, CELLS)
    give_cells(browser, HOSTILE["a number too high"])
    assert browser.get("/giving/look").status_code == 200


def test_cells_for_another_family_are_refused(open_app: Flask) -> None:
    browser = Browser(open_app)
    assert give_cells(browser, CELLS, "electricity").headers["Location"] == "/give/electricity"
    assert give_cells(browser, CELLS, "none").status_code == 404


def test_a_body_beyond_what_cells_take_is_not_read(open_app: Flask) -> None:
    assert give_cells(Browser(open_app), "[" + " " * 300_000).status_code == 413


def test_files_sent_to_the_cells_are_not_read_either(open_app: Flask) -> None:
    data = {"file": (io.BytesIO(plays(open_period())), "a.json"), "cells": ""}
    answer = Browser(open_app).post("/give/spotify/cells", data, content_type="multipart/form-data")
    assert answer.headers["Location"] == "/give/spotify"


def test_a_visitor_may_send_cells_as_often_as_files(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    settings = environment(tmp_path / "limited", new_database("sqlite"))
    app = create_app({**settings, "MOISSON_RATE_LIMITS": "on"})
    try:
        browser = Browser(app)
        codes = [give_cells(browser, CELLS).status_code for _ in range(31)]
        assert codes == [404] * 30 + [429]  # this market has no templates
    finally:
        market_of(app).db.dispose()


def test_the_page_has_words_for_everything_that_can_be_told(offering: Flask) -> None:
    def tree(top: type[TracesError]) -> list[type[TracesError]]:
        return [top, *(each for below in top.__subclasses__() for each in tree(below))]

    words = here(offering)["words"]
    script = (WORKER.parent / "reading.js").read_text()
    codes = {each.code for each in tree(TracesError)} | {"memory", "nothing", "failed"}
    used = set(re.findall(r"says\.(\w+)", script))
    assert codes | used <= set(words["says"])
    assert set(words["offered"]) <= codes
    assert set(words["questions"]) == {kind.value for kind in QuestionKind}


def test_set_up_fetches_what_is_served() -> None:
    about = {"package.json", "pyodide-lock.json"}
    assert set(browser_python.NAMES) == set(OF_PYTHON) | about
