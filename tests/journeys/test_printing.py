"""What comes out of a printer: the page of an edition, light, whole, with nothing to press."""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import PATIENCE, Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
WHITE = "rgb(255, 255, 255)"


def test_an_edition_prints_light_with_its_chart_and_without_navigation(
    chromium: Browser, full_market: Market
) -> None:
    context = chromium.new_context(
        base_url=full_market.address, color_scheme="dark", viewport={"width": 800, "height": 1000}
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/catalogue")
    page.locator("main .cards a").first.click()
    page.locator(".picker a").nth(1).click()
    expect(page.locator(".picker a[aria-current]")).to_have_count(1)
    chosen = page.locator(".picker a[aria-current]").inner_text()
    page.emulate_media(media="print", color_scheme="dark")
    for away in (".top", "footer", ".picker", ".trail", "#ask"):
        expect(page.locator(away).first).to_be_hidden()
    for kept in ("h1", "figure svg", ".beside table", "#tables"):
        expect(page.locator(kept).first).to_be_visible()
    assert chosen in page.locator("#preview ~ h3").first.inner_text()
    color = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(color) == WHITE
    drawing = page.locator("figure svg").first.bounding_box()
    assert drawing is not None
    assert drawing["x"] + drawing["width"] <= 800
    line = "getComputedStyle(document.querySelector('#editions ~ ul a')).textDecorationLine"
    assert page.evaluate(line) == "none"
    context.close()
