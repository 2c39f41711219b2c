"""The whole path, in a real browser, against the real programs: from a web form to a paid
contributor. Six people's work in one story, because each step needs the one before."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PATIENCE, Market, pay_now, violations
from tests.support.factories import csv_rows

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PASSWORD = "a long enough password"


def open_page(chromium: Browser, market: Market) -> Page:
    context = chromium.new_context(base_url=market.address, locale="en-GB", accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    return page


def accessible(page: Page) -> None:
    """Axe finds nothing on this page, light or dark: for pages that no link leads to."""
    assert not (found := violations(page)), f"{page.url} (light): {found}"
    page.emulate_media(color_scheme="dark")
    assert not (found := violations(page, "color-contrast")), f"{page.url} (dark): {found}"
    page.emulate_media(color_scheme="light")


def sign_up(page: Page, market: Market, name: str, *, producer: bool, buyer: bool) -> str:
    email = f"{name}@example.org"
    page.goto("/signup")
    page.get_by_label("Public name").fill(name.title())
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I want to offer data").set_checked(producer)
    page.get_by_label("I want to buy or analyse data").set_checked(buyer)
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    link = re.search(r"http://\S+/verify/\S+", market.letters_to(email)[-1])
    assert link is not None
    page.goto(link.group())
    expect(page.get_by_text("Your address is confirmed")).to_be_visible()
    sign_in(page, email)
    return email


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def list_dataset(page: Page, tmp_path: Path) -> None:
    """Upload, correct, be told what is wrong, correct again, found a collection, consent."""
    broken = tmp_path / "broken.csv"
    broken.write_bytes(csv_rows() + b"p1,Mon\n")
    page.goto("/datasets/new")
    page.get_by_label("Name of this dataset").fill("Lunches of spring")
    page.get_by_label("Your file").set_input_files(broken)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Row 802")).to_be_visible()
    accessible(page)
    expect(page.get_by_label("Name of this dataset")).to_have_value("Lunches of spring")
    good = tmp_path / "good.csv"
    good.write_bytes(csv_rows())
    page.get_by_label("Your file").set_input_files(good)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Three questions about your file")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="All the settings").click()
    expect(page.get_by_role("heading", name="What the columns mean")).to_be_visible()
    accessible(page)
    page.get_by_label("Who are the people in this file?").select_option("who")
    page.get_by_label("In how many cells may one person count").fill("2")
    known = {"source": "the restaurants"}
    set_column(page, "day", role="dimension", categories="Mon\nTue", **known)
    page.get_by_role("group", name="day", exact=True).get_by_label("everything else").uncheck()
    set_column(page, "place", role="dimension", categories="north\nsouth", **known)
    bounds = {"lower": "0", "upper": "50", "resolution": "0.01", "unit": "EUR"}
    set_column(page, "spend", role="measure", **bounds, **known)
    page.get_by_role("button", name="Check the whole file").click()
    expect(page.get_by_text("column day: This is none of the values allowed")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Say what the columns mean").click()
    set_column(page, "day", role="dimension", categories="Mon\nTue\nWed")
    page.get_by_role("button", name="Check the whole file").click()
    page.get_by_role("link", name="Set the rules of the new collection").click()
    expect(page.get_by_role("heading", name="The rules of a new collection")).to_be_visible()
    accessible(page)
    page.get_by_label("Title").fill("Lunches")
    page.get_by_label("What is in it, in plain words").fill("Lunches in two places.")
    page.get_by_label("Topic").select_option("leisure")
    page.get_by_label("Who is protected?").fill("person")
    page.get_by_label("What is one contribution?").fill("visit")
    page.get_by_role("button", name="Keep these rules").click()
    expect(page.get_by_role("heading", name="What will be published")).to_be_visible()
    expect(page.get_by_text("Of 100 guesses whether one did, at most 55 are right")).to_be_visible()
    accessible(page)
    for purpose in ("Research", "Public interest", "Commercial use"):
        page.get_by_label(purpose, exact=True).check()
    page.get_by_label("I have read what will be published").check()
    page.get_by_role("button", name="List the dataset").click()
    expect(page.get_by_text("Listed. When the edition closes")).to_be_visible()


def set_column(page: Page, column: str, role: str, **answers: str) -> None:
    box = page.get_by_role("group", name=column, exact=True)
    box.get_by_label("Use it as").select_option(role)
    for part in box.locator("details").all():
        part.evaluate("element => { element.open = true }")
    for name, value in answers.items():
        box.locator(f"[name$='-{name}']").fill(value)


def close_edition(page: Page) -> None:
    page.get_by_role("link", name="Lunches", exact=True).click()
    page.get_by_role("button", name="Let the time pass: close now").click()
    # The page follows the measurement by itself and ends at the release.
    expect(page.get_by_role("heading", name="Free preview")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("epsilon 1").first).to_be_visible()


def buy(page: Page) -> str:
    """Search, compose, watch the price follow, order, pay at the provider; return the total."""
    page.goto("/catalogue")
    page.get_by_role("searchbox").fill("lunches")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Lunches").first.click()
    page.get_by_label("day, gold").check()
    page.get_by_role("button", name="Add to the bundle").click()
    price = page.locator("#price .price")
    first = price.inner_text()
    page.locator("details.more summary").first.click()
    page.get_by_role("slider", name="day × place", exact=True).press("End")
    expect(price).not_to_have_text(first)
    total = price.inner_text()
    page.get_by_label("What will you use the tables for?").select_option("research")
    page.get_by_role("button", name="Order at this price").click()
    expect(page.get_by_role("heading", name=f"To pay: {total}")).to_be_visible()
    accessible(page)
    pay_now(page)
    pay_at_provider(page, total)
    return total


def pay_at_provider(page: Page, total: str) -> None:
    expect(page.get_by_text(total.removeprefix("€")).first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url("**/orders/**")
    for _ in range(60):
        if page.get_by_role("link", name="CSV").count():
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail("the webhook did not fulfil the order")


def download(page: Page) -> None:
    """The same bytes each time, and the companions beside the table in the zip."""
    files = []
    for _ in range(2):
        with page.expect_download() as event:
            page.get_by_role("link", name="CSV").first.click()
        files.append(Path(event.value.path()).read_bytes())
    assert files[0] == files[1]
    rows = list(csv.DictReader(io.StringIO(files[0].decode())))
    assert {row["statistic"] for row in rows} == {"contributions", "share"}
    assert all(
        float(r["noise_interval_95_low"]) <= float(r["value"]) <= float(r["noise_interval_95_high"])
        for r in rows
    )
    with page.expect_download() as event:
        page.get_by_role("link", name="zip with dictionary").first.click()
    with zipfile.ZipFile(event.value.path()) as packed:
        assert sorted(packed.namelist()) == [
            "README.txt",
            "datapackage.json",
            "dictionary.csv",
            "dictionary.csv-metadata.json",
            "privacy.json",
            "table.csv",
            "table.csv-metadata.json",
        ]
    synthesise(page)


def synthesise(page: Page) -> None:
    """Rows made by the worker from the tables of the order, with their report."""
    order = page.url
    page.get_by_role("button", name="Synthetic rows").first.click()
    link = page.get_by_role("link", name="Download (zip)")
    expect(link).to_be_visible(timeout=90_000)
    accessible(page)
    with page.expect_download() as event:
        link.click()
    with zipfile.ZipFile(event.value.path()) as packed:
        assert {"synthetic.csv", "quality.csv"} <= set(packed.namelist())
        assert len(packed.read("synthetic.csv").splitlines()) > 100
    page.goto(order)


def connect_and_be_paid(page: Page, operator: Page) -> None:
    page.goto("/income")
    expect(page.get_by_text("Research").first).to_be_visible()
    page.get_by_label("In which country do you live?").select_option("FR")
    page.get_by_role("button", name="Connect a payout account").click()
    page.wait_for_url(re.compile(r"^(?!.*/income)"))
    accessible(page)
    page.locator("form button").first.click()
    page.wait_for_url("**/income**")
    expect(page.get_by_text("payout account ready").first).to_be_visible()
    operator.goto("/operator/payouts")
    operator.locator("main form button").first.click()
    for _ in range(60):
        page.goto("/income")
        if page.locator("main .tag.ok", has_text="paid").count():
            return
        page.wait_for_timeout(500)
    pytest.fail("the payout was not sent")


def reconcile(operator: Page) -> None:
    operator.goto("/operator/reconciliation")
    operator.locator("main form button").first.click()
    for _ in range(60):
        operator.goto("/operator/reconciliation")
        if operator.get_by_text("agree").count():
            return
        operator.wait_for_timeout(500)
    pytest.fail("the book and the provider do not agree")


def test_from_a_web_form_to_a_paid_contributor(
    chromium: Browser, empty_market: Market, tmp_path: Path
) -> None:
    producer, buyer, operator = (open_page(chromium, empty_market) for _ in range(3))
    sign_up(producer, empty_market, "producer", producer=True, buyer=False)
    list_dataset(producer, tmp_path)
    close_edition(producer)
    sign_up(buyer, empty_market, "buyer", producer=False, buyer=True)
    buy(buyer)
    download(buyer)
    email = sign_up(operator, empty_market, "operator", producer=False, buyer=True)
    empty_market.flask("make-operator", email)
    connect_and_be_paid(producer, operator)
    reconcile(operator)
    empty_market.flask("verify-book")
    operator.goto("/operator")
    expect(operator.get_by_text("chain intact")).to_be_visible()
