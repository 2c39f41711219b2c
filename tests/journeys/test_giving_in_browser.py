"""A person gives a file that never leaves their phone: the page reads it, and sends its cells."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from app.contributions.in_browser.parts import found
from tests.journeys.conftest import Market, violations
from tests.journeys.test_giving import PHONE
from tests.journeys.test_giving import electricity as meter
from tests.traces.making import electricity, netflix
from tests.traces.making.maker import CANARY, NUMBER

FOLDER = Path(sys.prefix) / "share" / "pyodide"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not found(FOLDER).version,
        reason="no Python for browsers: run make setup-dev where npm is",
    ),
]


class Watch:
    """Everything that a browser sends, and everything that it complains of."""

    def __init__(self, context: BrowserContext) -> None:
        self.sent: list[str] = []
        self.complaints: list[str] = []
        context.on("request", self._note)
        context.on("console", lambda said: self.complaints.append(said.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _note(self, request: Request) -> None:
        body = (request.post_data_buffer or b"").decode("utf-8", "replace")
        self.sent.append(f"{request.method} {request.url} {request.all_headers()} {body}")

    def posted(self) -> list[str]:
        return [each.split()[1] for each in self.sent if each.startswith("POST")]


@pytest.fixture
def context(chromium: Browser, full_market: Market) -> Iterator[BrowserContext]:
    made = chromium.new_context(
        base_url=full_market.address,
        locale="en-GB",
        viewport=PHONE,  # type: ignore[arg-type]
    )
    made.set_default_timeout(60_000)
    yield made
    made.close()


def cells(page: Page) -> str:
    page.wait_for_url("**/giving/look")
    return page.locator("main").inner_text()


def as_the_server_reads(chromium: Browser, market: Market, family: str, file: Path) -> str:
    context = chromium.new_context(
        base_url=market.address,
        locale="en-GB",
        viewport=PHONE,  # type: ignore[arg-type]
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(f"/give/{family}")
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Read my file").click()
    said = cells(page)
    context.close()
    return said


def test_nothing_of_an_export_but_its_cells_leaves_the_phone(
    context: BrowserContext, chromium: Browser, full_market: Market, tmp_path: Path
) -> None:
    power = [(at, 500 + at.hour) for at in electricity.halves(3)]
    file = tmp_path / f"{CANARY}.csv"
    file.write_bytes(electricity.write(power, 0, marked=True)[1])
    assert NUMBER in file.read_text()
    watch, page = Watch(context), context.new_page()
    page.goto("/give/electricity")
    assert page.get_by_text("never sent").is_visible()
    assert not page.get_by_text("We read it in memory").is_visible()
    assert violations(page) == []
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Read my file").click()
    mine = cells(page)
    assert watch.posted() == [f"{full_market.address}/give/electricity/cells"]
    assert len(watch.sent) > 10
    for text in (CANARY, NUMBER, "2025-03-12"):
        assert text in file.name + file.read_text()
        assert not [each for each in watch.sent if text in each]
    assert watch.complaints == []
    assert mine == as_the_server_reads(chromium, full_market, "electricity", file)


def test_a_question_is_answered_on_the_phone_and_the_file_is_still_there(
    context: BrowserContext, full_market: Market, tmp_path: Path
) -> None:
    maker, file = netflix.ACTIVITY, tmp_path / "ViewingActivity.csv"
    content = maker.write(maker.rows(Random(1), True), 0)[1]
    file.write_bytes(content.replace(b"Theirs", f"{CANARY} theirs".encode()))
    watch, page = Watch(context), context.new_page()
    page.goto("/give/netflix")
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Read my file").click()
    page.get_by_label("Mine", exact=True).check()
    assert page.get_by_label(f"{CANARY} theirs").is_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Go on").click()
    assert "This is what would be kept" in cells(page)
    assert watch.posted() == [f"{full_market.address}/give/netflix/cells"]
    assert not [each for each in watch.sent if CANARY in each or "Mine" in each]
    assert watch.complaints == []


def test_a_browser_that_cannot_read_says_so_and_sends_only_at_the_press_of_a_button(
    context: BrowserContext, full_market: Market, tmp_path: Path
) -> None:
    context.route(re.compile("pyodide.asm.wasm"), lambda route: route.abort())
    file = meter(tmp_path)
    watch, page = Watch(context), context.new_page()
    page.goto("/give/electricity")
    page.set_input_files("#file", str(file))
    page.get_by_text("This browser cannot read your file itself. Nothing was sent.").wait_for()
    assert watch.posted() == []
    assert page.get_by_text("We read it in memory").last.is_visible()
    assert not page.get_by_text("never sent").is_visible()
    page.get_by_role("button", name="Send my file").click()
    assert "This is what would be kept" in cells(page)
    assert watch.posted() == [f"{full_market.address}/give/electricity"]


def test_where_data_is_to_be_saved_nothing_is_loaded_before_a_file_is_chosen(
    context: BrowserContext, tmp_path: Path
) -> None:
    context.add_init_script("navigator.connection.__defineGetter__('saveData', () => true)")
    page, loaded = context.new_page(), []
    context.on("request", lambda request: loaded.append(request.url))
    page.goto("/give/electricity")
    page.wait_for_timeout(1_000)
    assert page.get_by_text("never sent").is_visible()
    assert not [url for url in loaded if "/python/" in url]
    with page.expect_worker():
        page.set_input_files("#file", str(meter(tmp_path)))
