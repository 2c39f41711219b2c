"""Every page that can be reached: accessible, whole on a phone, quiet in the console."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PATIENCE, Market, violations
from tools.page_walk import ACCOUNTS, sign_in, walk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LOOKS = {
    "english, light, wide": ("en-GB", "light", 1280),
    "french, dark, phone": ("fr-FR", "dark", 390),
}
ENGLISH_LEFT = (
    "Noise interval",
    "Sign out",
    "The same numbers",
    "Price book",
    "Trial balance",
    "Latest",
    "Payout",
)
#: Looks and main parts in which axe found nothing: many accounts see the same public pages.
FOUND_FINE: set[tuple[str, str]] = set()


def main_part(page: Page) -> str:
    """What a page shows below its header, which is looked at on each account's own pages."""
    text = page.inner_html("main")
    return re.sub(r'name="csrf_token"[^>]*', "", text)


CASES = [(who, look) for who in ACCOUNTS for look in LOOKS]
#: Everybody on a phone. The others with `make test-all`; the walk from the
#: upload to the payout looks at what producers, buyers and the operator see on a wide screen.
SHORTER = {f"{who}-{look}" for who, look in CASES if look.startswith("french")}


@pytest.mark.parametrize(
    ("who", "look"),
    [
        pytest.param(*case, id=name, marks=[] if name in SHORTER else [pytest.mark.exhaustive])
        for case in CASES
        for name in ["-".join(case)]
    ],
)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, full_market: Market, who: str, look: str
) -> None:
    locale, scheme, width = LOOKS[look]
    context = chromium.new_context(
        base_url=full_market.address,
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    sign_in(page, who, locale[:2])
    visited = 0
    for path in walk(page, who):
        answer = page.goto(path)
        assert answer is not None
        if answer.status == 403:
            continue
        visited += 1
        assert answer.status == 200, path
        if (look, body := main_part(page)) not in FOUND_FINE:
            if found := violations(page):
                faults.append(f"axe: {path}: {found}")
            else:
                FOUND_FINE.add((look, body))
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 0:
            faults.append(f"{path} is {overflow} pixels wider than the screen")
        language = page.evaluate("document.documentElement.lang")
        if language != locale[:2]:
            faults.append(f"{path} is in {language}")
        if locale.startswith("fr"):
            text = page.inner_text("body")
            faults += [f"{path}: {left}" for left in ENGLISH_LEFT if left in text]
    context.close()
    faults = [fault for fault in faults if "status of 403" not in fault]
    assert faults == [], "\n".join(faults)
    assert visited >= (8 if who == "visitor" else 12)
