"""A person gives their traces on a phone, in French: from the choice to "it is in"."""

import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import Market, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PHONE = {"width": 390, "height": 844}
#: What nobody reads before they understand it.
TRADE = re.compile(r"édition|cellule|borne|epsilon|dimension|mesure|delta|agrégat", re.IGNORECASE)
MOST_SCREENS, MOST_SECONDS = 4, 120


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, full_market: Market) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=full_market.address,
        locale="fr-FR",
        viewport=PHONE,  # type: ignore[arg-type]
        java_script_enabled=request.param,
    )
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def spotify(folder: Path) -> Path:
    start = datetime.now(UTC) - timedelta(days=70)
    plays = [
        {
            "endTime": f"{start + timedelta(days=day, hours=hour):%Y-%m-%d %H:%M}",
            "artistName": "XXXX",
            "trackName": f"YYYY {day} {hour}",
            "msPlayed": 1_200_000,
        }
        for day in range(69)
        for hour in (8, 13, 19)
    ]
    path = folder / "StreamingHistory_music_0.json"
    path.write_text(json.dumps(plays))
    return path


def bank(folder: Path) -> Path:
    """The layout of Société Générale, in its encoding."""
    start = datetime.now(UTC).date() - timedelta(days=70)
    lines = ["Date de l'opération;Libellé;Détail de l'écriture;Montant de l'opération;Devise"]
    for day in range(0, 69, 3):
        when = f"{start + timedelta(days=day):%d/%m/%Y}"
        lines.append(f"{when};CARTE SUPERMARCHÉ;CARTE X1 SUPERMARCHÉ;-42,5{day % 10};EUR")
    path = folder / "operations.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def electricity(folder: Path) -> Path:
    start = (datetime.now(UTC) - timedelta(days=70)).date()
    lines = ['"debut";"fin";"kW"']
    for half in range(48 * 68):
        begin = datetime.combine(start, datetime.min.time(), UTC) + timedelta(minutes=30 * half)
        end = begin + timedelta(minutes=30)
        shape = "%Y-%m-%dT%H:%M:%S+00:00"
        lines.append(f'"{begin:{shape}}";"{end:{shape}}";"0,{300 + half % 48}"')
    path = folder / "historique_conso.csv"
    path.write_text("\n".join(lines))
    return path


class Journey:
    """Counts the screens that a person sees, and the time."""

    def __init__(self, page: Page, *, scripts: bool) -> None:
        self.page, self.scripts = page, scripts
        self.screens, self.began = 0, time.monotonic()

    def see(self) -> None:
        self.screens += 1
        words = self.page.locator("main").inner_text()
        assert TRADE.findall(words) == [], TRADE.findall(words)
        if self.scripts:
            assert self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            assert violations(self.page) == []

    def agree_and_sign_up(self, email: str) -> None:
        page = self.page
        page.get_by_label("Les entreprises aussi").check()
        page.get_by_role("button", name="Accepter et continuer").click()
        page.wait_for_url("**/giving/account")
        self.see()
        page.locator("#email").fill(email)
        page.locator("#password").fill("quatre mots sans rapport")
        page.get_by_role("button", name="Terminer").click()
        page.wait_for_url("**/giving/done")
        self.see()
        seconds = time.monotonic() - self.began
        assert self.screens <= MOST_SCREENS
        assert seconds < MOST_SECONDS
        if kept := os.environ.get("MOISSON_JOURNEY"):
            # For `python -m bench.people --journey`.
            told = {"screens": self.screens, "seconds": seconds}
            Path(kept).write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("family", "made"),
    [("electricity", electricity), ("bank", bank), ("spotify", spotify)],
    ids=["electricity", "bank", "spotify"],
)
def test_an_export_is_in_after_four_screens(
    page: Page, tmp_path: Path, request: pytest.FixtureRequest, family: str, made: object
) -> None:
    assert callable(made)
    file = made(tmp_path)
    page.goto("/give")
    scripts = "with scripts" in request.node.name
    journey = Journey(page, scripts=scripts)
    page.locator(f"a[href='/give/{family}']").click()
    page.wait_for_url(f"**/give/{family}")
    journey.see()
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Lire mon fichier").click()
    page.wait_for_url("**/giving/look")
    journey.see()
    journey.agree_and_sign_up(f"{family}-{scripts}@people.example".lower())


def test_a_diary_is_in_after_four_screens(page: Page, request: pytest.FixtureRequest) -> None:
    page.goto("/give")
    scripts = "with scripts" in request.node.name
    journey = Journey(page, scripts=scripts)
    page.locator("a[href='/diary/diary_shopping']").click()
    page.wait_for_url("**/diary/diary_shopping")
    journey.see()
    for answer in ("Marché ou ferme", "10 à 25 €"):
        page.get_by_label(answer, exact=True).check()
    page.locator("input[name=own_bag][value=yes]").check()
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url("**/giving/look")
    journey.see()
    journey.agree_and_sign_up(f"diary-{scripts}@people.example".lower())
