"""A half-filled diary is not lost: the browser keeps it, or a button where there are no scripts."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Market, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ADDRESS = "/diary/diary_shopping"
PHONE = {"width": 390, "height": 844}


def opened(chromium: Browser, market: Market, *, scripts: bool) -> Page:
    context = chromium.new_context(
        base_url=market.address,
        locale="en-GB",
        viewport=PHONE,  # type: ignore[arg-type]
        java_script_enabled=scripts,
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(ADDRESS)
    return page


def tick(page: Page, ask: str, answer: str) -> None:
    page.locator(f"label:has(input[name={ask}][value={answer}])").click()


def test_what_is_ticked_stays_in_this_tab_until_it_is_sent(
    chromium: Browser, full_market: Market
) -> None:
    page = opened(chromium, full_market, scripts=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.method))
    tick(page, "shop", "market")
    page.goto("/give")
    page.goto(ADDRESS)
    expect(page.locator("input[name=shop][value=market]")).to_be_checked()
    expect(page.locator("input[name=spent][value=unsaid]")).to_be_checked()
    # Nothing was sent for it, and nobody else's tab has it.
    assert set(requests) == {"GET"}
    other = opened(chromium, full_market, scripts=True)
    expect(other.locator("input[name=shop][value=market]")).not_to_be_checked()
    assert not violations(page)
    tick(page, "spent", "from_10")
    tick(page, "own_bag", "yes")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/giving/look")
    page.goto(ADDRESS)
    expect(page.locator("input[name=shop][value=market]")).not_to_be_checked()
    page.context.close()
    other.context.close()


def test_without_scripts_a_button_keeps_the_draft(chromium: Browser, full_market: Market) -> None:
    page = opened(chromium, full_market, scripts=False)
    tick(page, "shop", "market")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator("input[name=shop][value=market]")).to_be_checked()
    page.get_by_role("button", name="Forget the draft").click()
    expect(page.locator("input[name=shop][value=market]")).not_to_be_checked()
    page.context.close()


def test_whoever_signs_in_next_in_a_tab_finds_nothing_of_the_one_before(
    chromium: Browser, full_market: Market
) -> None:
    page = opened(chromium, full_market, scripts=True)
    form = page.locator("form[data-diary]")
    tick(page, "shop", "market")
    assert any("diary" in key for key in page.evaluate("Object.keys(sessionStorage)"))
    # The page of somebody else, as the server writes it.
    page.route(
        f"**{ADDRESS}",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace('data-owner="visitor"', 'data-owner="somebody"'),
        ),
    )
    page.goto(ADDRESS)
    expect(form).to_have_attribute("data-owner", "somebody")
    expect(page.locator("input[name=shop][value=market]")).not_to_be_checked()
    assert not any("diary" in key for key in page.evaluate("Object.keys(sessionStorage)"))
    page.context.close()
