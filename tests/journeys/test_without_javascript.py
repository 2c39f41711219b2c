"""The same pages with scripts turned off: nothing is out of reach."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PATIENCE, Market, pay_now
from tools.page_walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def page(chromium: Browser, full_market: Market) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=full_market.address, locale="en-GB", java_script_enabled=False
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_a_bundle_is_priced_ordered_and_paid(page: Page) -> None:
    sign_in(page, "buyer", "en")
    page.goto("/catalogue?q=shopping")
    page.locator(".cards h3 a").first.click()
    page.locator("input[name=product]").nth(2).check()
    page.get_by_role("button", name="Add to the bundle").click()
    before = page.locator("#price .price").inner_text()
    page.locator("details.more summary").first.click()
    page.locator("details.more").first.locator("input[type=range]").last.press("End")
    page.get_by_role("button", name="Work the price out again").click()
    expect(page.locator("#price .price")).not_to_have_text(before)
    page.locator("select[name=purpose]").select_option("research")
    page.get_by_role("button", name="Order at this price").click()
    pay_now(page)
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url("**/orders/**")
    for _ in range(60):
        if page.get_by_role("link", name="CSV").count():
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail("the order was not fulfilled")


def test_a_sample_is_uploaded_and_explained(page: Page) -> None:
    sign_in(page, "producer", "en")
    page.goto("/datasets/new")
    page.get_by_label("Name of this dataset").fill("Without scripts")
    page.get_by_label("or take a sample").select_option("catsup")
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="All the settings").click()
    expect(page.get_by_role("heading", name="What the columns mean")).to_be_visible()
    page.get_by_label("Who are the people in this file?").select_option("household")
    brand = page.get_by_role("group", name="brand", exact=True)
    brand.get_by_label("Use it as").select_option("dimension")
    brand.get_by_label("Categories, one a line").fill("heinz32\nheinz41")
    brand.get_by_label("Where these categories").fill("the maker's list of sizes")
    price = page.get_by_role("group", name="price of Heinz 32 oz", exact=True)
    price.get_by_label("Use it as").select_option("leave")
    page.get_by_role("button", name="Check the whole file").click()
    for _ in range(60):
        if page.get_by_text("Nothing is published yet").count():
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail("the check did not end")
