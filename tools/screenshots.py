"""Draw the pages of a running market.

python tools/screenshots.py                      the pictures in the README
python tools/screenshots.py http://127.0.0.1:8000 --all folder   every page, every look
"""

import argparse
import json
import random
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
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
    page.context.close()
    first_day(browser, address, target)


def first_day(browser: Browser, address: str, target: Path) -> None:
    """Draw what a person sees on their first day, from the choice to their own numbers."""
    context = browser.new_context(
        base_url=address,
        locale="en-GB",
        viewport={"width": 390, "height": 844},
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto("/give")
    page.screenshot(path=target / "give.png")
    page.locator("a[href='/give/spotify']").click()
    page.set_input_files("#file", _listening(Path(tempfile.mkdtemp())))
    page.get_by_role("button", name="Read my file").click()
    page.wait_for_url("**/giving/look")
    page.screenshot(path=target / "look.png")
    page.get_by_label("Research and public interest only").check()
    page.get_by_role("button", name="Agree and continue").click()
    email, password = f"first-day-{int(time.time())}@people.example", "four words without sense"
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/giving/done")
    page.goto("/login?next=/my-traces")
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("main button[type=submit], main input[type=submit]").first.click()
    page.wait_for_url("**/my-traces")
    page.screenshot(path=target / "mine.png")
    page.locator(".cards h3 a").first.click()
    page.locator("main svg").first.evaluate(
        "chart => scrollTo(0, chart.getBoundingClientRect().top - 300)"
    )
    page.screenshot(path=target / "own.png")
    context.close()


def _listening(folder: Path) -> Path:
    """Write an invented Spotify export of half a year, in its true layout."""
    draw = random.Random(7)  # noqa: S311 (nobody's music)
    today = datetime.now(UTC)
    plays: list[dict[str, object]] = []
    for back in range(180):
        day = today - timedelta(days=back)
        often = 5 if day.weekday() < 5 else 8
        for hour in draw.choices((7, 8, 12, 18, 20, 21, 22), (6, 5, 2, 6, 8, 7, 3), k=often):
            ended = day.replace(hour=hour, minute=draw.randrange(60))
            plays.append(
                {
                    "endTime": f"{ended:%Y-%m-%d %H:%M}",
                    "artistName": "Invented",
                    "trackName": f"Song {len(plays)}",
                    "msPlayed": draw.randrange(120_000, 900_000),
                }
            )
    path = folder / "StreamingHistory_music_0.json"
    path.write_text(json.dumps(plays))
    return path


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
