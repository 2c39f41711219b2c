"""On a phone, whatever is tapped is high enough for a thumb; but for links inside sentences."""

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import PATIENCE, Market

pytestmark = [pytest.mark.browser]
#: In pixels.
THUMB = 44
#: The name and height of what is tapped; a box with a label is tapped on its label.
HEIGHTS = """() => [...document.querySelectorAll(
    "header a, footer a, .trail a, button, summary, input[type=submit], input[type=radio]"
  )].filter((each) => each.checkVisibility())
    .map((each) => (each.matches("input") && each.labels[0]) || each)
    .map((each) => [each.textContent.trim(), each.getBoundingClientRect().height])"""


@pytest.mark.parametrize("address", ["/", "/give", "/give/bank", "/diary/diary_shopping", "/login"])
def test_what_is_tapped_is_high_enough(
    chromium: Browser, full_market: Market, address: str
) -> None:
    context = chromium.new_context(
        base_url=full_market.address, viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    found = page.evaluate(HEIGHTS)
    context.close()
    assert found
    assert [each for each in found if each[1] < THUMB - 0.5] == []
