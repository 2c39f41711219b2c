"""Draw the pages of a running market.

python tools/screenshots.py                      the picture in the README
python tools/screenshots.py http://127.0.0.1:8000 --all folder   every page, every look
"""

import argparse
import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.find_browser import find  # noqa: E402
from tools.page_walk import ACCOUNTS, kind, sign_in, walk  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
LOOKS = [
    (locale, scheme, width)
    for locale in ("en-GB", "fr-FR")
    for scheme in ("light", "dark")
    for width in (1280, 390)
]


def every_page(browser: Browser, address: str, folder: Path) -> None:
    """Draw one page of each kind, as each account, in each look."""
    for who in ACCOUNTS:
        for locale, scheme, width in LOOKS:
            context = browser.new_context(
                base_url=address,
                locale=locale,
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": 800},
            )
            page = context.new_page()
            sign_in(page, who, locale[:2])
            for path in walk(page, who):
                page.goto(path)
                name = re.sub(r"\W+", "-", kind(path)).strip("-") or "home"
                place = folder / f"{locale[:2]}-{scheme}-{width}"
                place.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=place / f"{who}-{name}.png", full_page=True)
            context.close()


def for_the_readme(browser: Browser, address: str) -> None:
    """Draw the release page that the README shows."""
    target = ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(base_url=address, viewport={"width": 1100, "height": 1150})
    page.goto("/catalogue")
    page.locator(".cards h3 a").first.click()
    page.screenshot(path=target / "release.png")


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        if options.all:
            every_page(browser, options.address, options.all)
        else:
            for_the_readme(browser, options.address)
        browser.close()


if __name__ == "__main__":
    main()
