"""The form for billing details, the export, and erasure."""

import io
import json
import re
import zipfile

import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from app.invoicing import queries, service
from app.invoicing.queries import Party
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser

PAGE = "/account/billing"
TYPED = {
    "kind": "organisation",
    "name": "Ada & Co",
    "address": "2 Long Street\r\nTown",
    "country": "FR",
    "vat_number": "fr 40-303.265 045",
}


@pytest.fixture
def ada(lite_app: Flask) -> Actor:
    return factories.account(lite_app, Role.BUYER, name="Ada")


@pytest.fixture
def browser(lite_app: Flask, ada: Actor) -> Browser:
    return Browser(lite_app, ada)


def kept(app: Flask, actor: Actor) -> Party | None:
    with market_of(app).db.unit_of_work(write=False):
        return queries.details(actor.user_id)


def test_the_form_keeps_what_is_typed(lite_app: Flask, ada: Actor, browser: Browser) -> None:
    assert f'href="{PAGE}"' in browser.get("/account").text
    assert "Remove" not in browser.get(PAGE).text
    assert browser.post(PAGE, TYPED).status_code == 302
    assert kept(lite_app, ada) == Party(
        "Ada & Co", "2 Long Street\nTown", "FR", "FR40303265045", organisation=True
    )
    page = browser.get(PAGE).text
    assert 'value="Ada &amp; Co"' in page
    assert re.search(r'<option selected value="FR">France', page)
    assert browser.post(PAGE, {**TYPED, "vat_number": ""}).status_code == 302
    assert kept(lite_app, ada) == Party(
        "Ada & Co", "2 Long Street\nTown", "FR", "", organisation=True
    )
    assert browser.post(f"{PAGE}/remove").status_code == 302
    assert kept(lite_app, ada) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("address", ""),
        ("address", "\n".join("abcdefg")),
        ("country", ""),
        ("country", "XX"),
        ("kind", ""),
        ("kind", "club"),
        ("vat_number", "12345"),
        ("vat_number", "FR40303265046"),
        ("vat_number", "FR" + "1" * 14),
        ("vat_number", "FR<script>"),
    ],
)
def test_errors_stand_at_their_field(
    lite_app: Flask, ada: Actor, browser: Browser, field: str, value: str
) -> None:
    answer = browser.post(PAGE, {**TYPED, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert answer.text.count('class="error"') == 1
    assert kept(lite_app, ada) is None


def test_a_person_has_no_vat_number(lite_app: Flask, ada: Actor, browser: Browser) -> None:
    assert "Only an organisation" in browser.post(PAGE, {**TYPED, "kind": "person"}).text
    assert browser.post(PAGE, {**TYPED, "kind": "person", "vat_number": ""}).status_code == 302
    details = kept(lite_app, ada)
    assert details is not None
    assert not details.organisation
    assert '<option selected value="person">' in browser.get(PAGE).text


def test_countries_are_named_in_the_readers_language(browser: Browser) -> None:
    assert ">Germany<" in browser.get(PAGE).text
    browser.post("/language/fr")
    page = browser.get(PAGE).text
    assert ">Allemagne<" in page
    # É stands with E.
    names = [">Belgique<", ">Bénin<", ">Bermudes<", ">Burkina Faso<", ">Équateur<", ">Finlande<"]
    assert [page.index(name) for name in names] == sorted(map(page.index, names))


def test_a_page_of_ones_own(lite_app: Flask) -> None:
    assert Browser(lite_app).get(PAGE).headers["Location"].startswith("/login")


def test_they_are_in_the_export_and_erased_with_the_account(
    lite_app: Flask, ada: Actor, browser: Browser
) -> None:
    browser.post(PAGE, TYPED)
    with market_of(lite_app).db.unit_of_work():
        service.issue_invoice(
            order_id="o" * 32,
            buyer_id=ada.user_id,
            occasion="sale:o",
            gross_cents=1200,
            currency="EUR",
            vat_basis_points=2000,
        )
    browser.post("/rights/export", {})
    factories.run_jobs(lite_app)
    packed = zipfile.ZipFile(io.BytesIO(browser.get("/rights/export.zip").data))
    account = json.loads(packed.read("account.json"))
    assert account["billing_details"]["vat_number"] == "FR40303265045"
    (document,) = account["documents"]
    assert (document["gross_cents"], document["vat_cents"]) == (1200, 200)
    assert document["buyer"]["name"] == "Ada & Co"
    assert "Invoices and credit notes" in browser.get("/rights/erase").text
    assert browser.post("/rights/erase", {"sure": "y", "waive": "y"}).status_code == 302
    assert kept(lite_app, ada) is None
    with market_of(lite_app).db.unit_of_work(write=False):
        (left,) = queries.of_buyer(ada.user_id)
        assert left.buyer.name == "Ada & Co"
