"""Prices in a real browser: they follow the sliders, and are the same wherever they are told."""

import base64
import csv
import io
import json
import re
import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pricing.money import MICROS_PER_CENT
from tests.journeys.conftest import PATIENCE, Market, pay_now
from tests.journeys.test_upload_to_payout import accessible, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def page(chromium: Browser, full_market: Market) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=full_market.address, locale="en-GB", accept_downloads=True
    )
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    opened.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    # Somebody new, who owns nothing.
    sign_up(opened, full_market, f"analyst-{uuid.uuid4().hex[:8]}", producer=False, buyer=True)
    yield opened
    context.close()


def cents(text: str) -> int:
    """The first amount of a text, in cents."""
    found = re.search(r"€([\d,]+\.\d\d)(?!\d)", text)
    assert found is not None, text
    return int(Decimal(found[1].replace(",", "")) * 100)


def half_width(output: Locator) -> float:
    found = re.search(r"± ([\d.,]+)", output.inner_text())
    assert found is not None
    return float(found[1].replace(",", ""))


def begin(page: Page, topic: str) -> tuple[Locator, Locator]:
    """One bronze table of a release in the bundle; return its slider and what follows it."""
    page.goto(f"/catalogue?q={topic}")
    page.locator(".cards h3 a").first.click()
    page.locator("input[name=product][value$='~bronze']").first.check()
    page.get_by_role("button", name="Add to the bundle").click()
    slider = page.locator("input[type=range][aria-valuetext='bronze']")
    name = slider.get_attribute("id") or ""
    page.locator(f"[id='{name}']").wait_for()
    place = name.removeprefix("level~").replace("~", "-")
    return page.locator(f"[id='{name}']"), page.locator(f"#at-{place}")


def test_price_and_intervals_follow_the_sliders(page: Page) -> None:
    slider, beside = begin(page, "health")
    price = page.locator("#price .price")
    seen = []
    for tier, key in (("bronze", ""), ("silver", "ArrowRight"), ("gold", "ArrowRight")):
        if key:
            slider.press(key)
        expect(beside).to_contain_text(tier)
        expect(slider).to_have_attribute("aria-valuetext", tier)
        seen.append((cents(price.inner_text()), half_width(beside)))
        expect(page.locator("#what-if .tag.ok").first).to_have_text("now")
        row = page.locator("#what-if tr", has_text=f"all {tier}")
        assert cents(row.inner_text()) == seen[-1][0]
        assert page.locator("#what-if circle.here").count() == 1
    prices, widths = zip(*seen, strict=True)
    assert prices[0] < prices[1] < prices[2]
    assert widths[0] > widths[1] > widths[2]
    accessible(page)
    page.locator("#price summary").last.click()
    for route in page.locator("#price details").last.locator("tbody tr").all():
        assert cents(route.inner_text()) >= prices[2]
    page.get_by_role("button", name=re.compile("^take this bronze")).click()
    assert cents(page.locator("#price .price").inner_text()) == prices[0]
    page.reload()
    assert cents(page.locator("#price .price").inner_text()) == prices[0]
    page.get_by_role("button", name=re.compile("^Add for")).first.click()
    assert cents(page.locator("#price .price").inner_text()) > prices[0]
    for summary in page.locator("details.more summary").all():
        summary.click()
    for each in page.locator("input[type=range]:not([value='0'])").all():
        each.press("Home")
    expect(page.locator("#price")).to_contain_text("Nothing chosen yet")


def test_the_price_is_the_same_wherever_it_is_told(page: Page, full_market: Market) -> None:
    """On the page, in the signed quote, at the provider, on order, invoice, in the ledger."""
    slider, beside = begin(page, "work")
    slider.press("End")
    expect(beside).to_contain_text("gold")
    width = half_width(beside)
    shown = cents(page.locator("#price .price").inner_text())
    quote = page.locator("input[name=quote]").input_value()
    body = quote.lstrip(".").split(".")[0]
    told = json.loads(zlib.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    assert told["total_cents"] == shown
    lines = page.locator("#price table.lines tbody td").all_inner_texts()
    micros = sum(Decimal(text.replace("€", "").replace(",", "")) for text in lines)
    assert micros * 100 == shown
    page.locator("select[name=purpose]").select_option("research")
    page.get_by_role("button", name="Order at this price").click()
    order_id = page.url.rsplit("/", 1)[-1]
    assert cents(page.get_by_role("heading", name="To pay").inner_text()) == shown
    pay_now(page)
    provider = page.get_by_text(f"{shown / 100:.2f}").first
    expect(provider).to_be_visible()
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url("**/orders/**")
    for _ in range(60):
        if page.get_by_role("link", name="CSV").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    shared = page.locator("#shared tbody td").all_inner_texts()
    parts = [Decimal(text.replace("€", "").replace(",", "")) for text in shared]
    assert sum(parts) * 100 == shown
    with page.expect_download() as event:
        page.get_by_role("link", name="CSV").first.click()
    rows = list(csv.DictReader(io.StringIO(Path(event.value.path()).read_text())))
    counts = [row for row in rows if row["statistic"] == "contributions"]
    for row in counts:
        low, high = float(row["noise_interval_95_low"]), float(row["noise_interval_95_high"])
        assert (high - low) / 2 == pytest.approx(width, rel=0.02)
    page.get_by_role("link", name=re.compile("^Invoice")).click()
    assert cents(page.locator("tfoot").inner_text()) == shown
    accessible(page)
    with sqlite3.connect(full_market.instance / "moisson.db") as book:
        entries = dict(
            book.execute(
                "SELECT account, micros FROM ledger_entry JOIN ledger_transaction AS t "
                "ON t.id = transaction_id WHERE t.key = ?",
                (f"sale:{order_id}",),
            ).fetchall()
        )
    assert sum(entries.values()) == 0
    assert entries["provider"] + parts[0] * 1_000_000 == shown * 10_000
    # The page writes whole cents.
    assert abs(entries["platform"] + parts[1] * 1_000_000) <= MICROS_PER_CENT
