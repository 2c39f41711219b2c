"""Amounts of several currencies are never pooled, and the pages say which one they are in."""

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.contributions import presenting
from app.contributions.cells import Cell, template_of
from tests.support.browser import Browser
from tests.traces.making.bank import Pay, write

PAY = Pay(date(2025, 3, 14), -4_250, "XXXX", "xxxx", 1)


def sent(browser: Browser, layout: str, paid_in: str = "EUR", **answers: str) -> Any:
    name, content = write([replace(PAY, currency=paid_in)], 0, layout)
    data = {"file": (io.BytesIO(content), name), **answers}
    return browser.post("/give/bank", data, content_type="multipart/form-data")


def looked(browser: Browser) -> set[str]:
    """Return which templates the last page shows cells of."""
    page = browser.get("/giving/look").text
    return {place.split("/")[0] for place in re.findall(r'name="place" value="([^"]+)"', page)}


@pytest.mark.parametrize(
    ("layout", "currency", "template"),
    [
        ("revolut", "EUR", "spending"),
        ("revolut", "GBP", "spending_gbp"),
        ("midata", "GBP", "spending_gbp"),
        ("banque postale", "EUR", "spending"),
    ],
)
def test_a_file_is_given_to_the_template_of_its_own_currency(
    open_app: Flask, layout: str, currency: str, template: str
) -> None:
    browser = Browser(open_app)
    assert sent(browser, layout, currency).headers["Location"] == "/giving/look"
    assert looked(browser) == {template}


def test_a_file_in_another_currency_is_told_so_and_nothing_waits(open_app: Flask) -> None:
    browser = Browser(open_app)
    refused = sent(browser, "revolut", "PLN")
    assert refused.status_code == 422
    assert "in a currency that we do not collect yet" in refused.text
    assert browser.get("/giving/look").headers["Location"] == "/give"


def test_where_a_file_names_no_currency_its_owner_is_asked_in_words(open_app: Flask) -> None:
    browser = Browser(open_app)
    asked = sent(browser, "qif", date_order="dmy")
    assert asked.status_code == 422
    for code, name in (("EUR", "euros"), ("GBP", "pounds"), ("XXX", "another currency")):
        assert f'name="currency" value="{code}"' in asked.text
        assert f">{name}</label>" in asked.text
    sent(browser, "qif", date_order="dmy", currency="GBP")
    assert looked(browser) == {"spending_gbp"}
    refused = sent(browser, "qif", date_order="dmy", currency="XXX")
    assert "in a currency that we do not collect yet" in refused.text


def test_an_earlier_answer_is_sent_again_with_the_next_one(open_app: Flask) -> None:
    """3 April or 4 March, then in which currency: the second page holds the first answer."""
    browser, content = Browser(open_app), write([replace(PAY, day=date(2025, 3, 4))], 0, "qif")[1]

    def give(**answers: str) -> Any:
        data = {"file": (io.BytesIO(content), "x.qif"), **answers}
        return browser.post("/give/bank", data, content_type="multipart/form-data")

    assert 'name="date_order" value="mdy"' in give().text
    page = give(date_order="mdy").text
    assert 'type="radio" id="q-currency-1" name="currency" value="EUR"' in page
    assert '<input type="hidden" name="date_order" value="mdy">' in page
    assert page.count('name="date_order"') == 1
    assert give(date_order="mdy", currency="EUR").headers["Location"] == "/giving/look"


def test_the_page_to_give_asks_one_question_for_all_currencies(open_app: Flask) -> None:
    page = Browser(open_app).get("/give/bank").text
    assert page.count("How much do people spend each month, and on what?") == 1


@pytest.mark.parametrize(
    ("template", "says"),
    [("spending", "€450."), ("spending_gbp", "£450."), ("groceries", "£450."), ("orders", "€450.")],
)
def test_own_numbers_are_written_in_the_currency_of_their_template(
    lite_app: Flask, template: str, says: str
) -> None:
    found = template_of(template)
    assert found is not None
    cell = Cell(found.cells()[0], (450, 3))
    with lite_app.test_request_context():
        _, told = presenting.highlight(found, {"2026-10": (cell,)})
        assert told == f"October 2026: {says}"
