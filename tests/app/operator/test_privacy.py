"""The operator's odometer: accounts and charges, never rows, never an address."""

import re

import pytest
from flask import Flask

from app.consent import service as consent
from app.core.permissions import Actor, Role
from app.market import market_of
from app.operator import odometer
from app.releases import charging, queries
from app.releases.charging import Charge
from app.users import queries as users
from privacy.loss import Rho, right_guesses
from tests.support import factories
from tests.support.browser import Browser

CEILING = Rho(500_000)
SECRET = "ab" * 32


def charge(app: Flask, who: Actor, subject: str, rho: int, attempt: int = 1) -> None:
    wanted = Charge(subject, attempt, Rho(rho))
    with market_of(app).db.unit_of_work():
        assert charging.charge(CEILING, SECRET, who.user_id, wanted) == ""


@pytest.mark.both_databases
def test_the_figures_are_those_of_the_charges(app: Flask) -> None:
    """On both databases: the sums are made there."""
    made = factories.published(app)
    few, most = (factories.account(app, Role.PRODUCER) for _ in range(2))
    charge(app, few, "categories:x:0", 1_000)
    for attempt in (1, 2):
        charge(app, most, "categories:y:1", 100_000, attempt)
    operator = factories.account(app, Role.OPERATOR)
    with market_of(app).db.unit_of_work():
        consent.set_ceiling(few, 1_100)
        view = odometer.privacy(operator, CEILING.micro)
        spent = queries.spent(made.producer.user_id)
    assert view.accounts == 3
    assert view.highest is not None
    assert view.highest.guesses == right_guesses(Rho(200_000))
    assert sum(count for _, _, count in view.by_odds) == 3
    nearest = [(line.producer_id, line.own) for line in view.nearest]
    assert nearest[:2] == [(few.user_id, True), (most.user_id, False)]
    assert (view.charges, view.lost) == (5, 1)
    by = {c.charged.collection_id: c.charged for c in view.collections}
    assert (by[""].charges, by[""].accounts, by[""].micro_rho, by[""].lost) == (3, 2, 201_000, 1)
    assert by[made.collection_id].micro_rho == spent


def test_the_page_names_no_address_and_pages_its_charges(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    for n in range(odometer.A_PAGE):
        charge(lite_app, made.producer, f"categories:{n}:0", 100)
    browser = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    page = browser.get("/operator/privacy").text
    with market_of(lite_app).db.unit_of_work(write=False):
        profile = users.user(made.producer.user_id)
    assert profile is not None
    assert profile.email not in page
    assert made.producer.user_id[:8] in page
    assert made.producer.user_id not in page
    assert "Page 1 of 2" in page
    both = [browser.get(f"/operator/privacy?page={n}").text for n in (1, 2)]
    assert [text.count('<td class="code">') for text in both] == [odometer.A_PAGE, 2]
    for odd in ("0", "-3", "99999999999999999999", "x"):
        assert browser.get(f"/operator/privacy?page={odd}").status_code == 200


def test_the_drawn_histogram_has_its_table(lite_app: Flask) -> None:
    factories.published(lite_app)
    page = Browser(lite_app, factories.account(lite_app, Role.OPERATOR)).get("/operator/privacy")
    bars = re.findall(r'class="bar" x="90" y="\d+" width="([\d.]+)"', page.text)
    counts = re.findall(r'<tr><th scope="row">\d+–\d+</th><td class="num">(\d+)</td>', page.text)
    assert len(bars) == len(counts)
    assert [float(b) > 0 for b in bars] == [int(c) > 0 for c in counts]
    assert sum(map(int, counts)) == 1


def test_an_empty_market_has_an_empty_odometer(lite_app: Flask) -> None:
    page = Browser(lite_app, factories.account(lite_app, Role.OPERATOR)).get("/operator/privacy")
    assert "Nothing was measured yet." in page.text
