"""The privacy account: every charge, in odds, and what the ceilings leave."""

import re

import pytest
from flask import Flask

from app.consent import service as consent
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.releases import charging, queries
from app.releases import service as releases
from app.releases.charging import Charge
from app.releases.odometer import DELTA
from privacy.loss import Rho, epsilon_of, right_guesses
from tests.support import factories
from tests.support.browser import Browser

SECRET = "ab" * 32


def rows_of(page: str, table: str) -> list[list[str]]:
    body = re.search(rf'id="{table}">.*?<tbody>(.*?)</tbody>', page, re.S)
    assert body is not None
    lines = re.findall(r"<tr>(.*?)</tr>", body[1], re.S)
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)]
        for line in lines
    ]


def page_of(app: Flask, user: Actor) -> str:
    answer = Browser(app, user).get("/rights/privacy")
    assert answer.status_code == 200
    return answer.text


def charged(app: Flask, user: Actor, subject: str, **more: float) -> None:
    with market_of(app).db.unit_of_work():
        wanted = Charge(subject, 1, Rho(20_000), **more)
        assert charging.charge(Rho(500_000), SECRET, user.user_id, wanted) == ""


def test_the_table_beside_the_curve_equals_the_charges(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    charged(lite_app, made.producer, f"categories:{made.dataset_id}:0", extra_delta=5e-8)
    page = page_of(lite_app, made.producer)
    with market_of(lite_app).db.unit_of_work():
        charges = list(reversed(queries.charges(made.producer.user_id)))
    shown = rows_of(page, "charges")
    assert len(shown) == len(charges) == 3
    total = 0
    for line, charge in zip(shown, charges, strict=True):
        total += charge.micro_rho
        epsilon = epsilon_of(Rho(total), DELTA)
        assert line[2:] == [f"{right_guesses(Rho(total)):.1f}", f"{epsilon:.3f}"]
    assert "edition 1" in shown[0][1]
    assert shown[0][1].startswith("people counted")
    assert shown[2][1] == "categories found"
    costs = rows_of(page, "rho")
    assert [line[1] for line in costs] == [f"{c.micro_rho:,}" for c in charges]
    assert [float(line[3]) for line in costs] == [0.0, 0.0, 5e-8]
    assert f"{right_guesses(Rho(total)):.1f} / 100" in page
    assert "at delta 1.05e-06" in page
    # The staircase: a step up for each charge, beginning at 50, on the line y = 200.
    path = re.search(r'class="whisker" fill="none" d="M 40 200 ([^"]+)"', page)
    assert path is not None
    heights = [float(y) for _, y in re.findall(r"L ([\d.]+) ([\d.]+)", path[1])]
    assert heights[0] == 200.0
    assert heights == sorted(heights, reverse=True)
    assert len(heights) == 2 * len(charges) + 1
    assert heights[-1] == pytest.approx(200 - (right_guesses(Rho(total)) - 50) * 3.8, abs=0.05)


def test_what_is_left_follows_the_lower_ceiling(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work():
        spent = queries.spent(made.producer.user_id)
        consent.set_ceiling(made.producer, spent * 3 + 1)
    page = page_of(lite_app, made.producer)
    assert "Your own ceiling" in page
    assert "2 further editions like the last one would fit." in page
    assert f"{spent * 2 + 1:,} millionths of rho left" in page
    assert f"{500_000 - spent:,} millionths of rho left" in page


def test_a_second_attempt_is_explained(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work():
        wanted = Charge(f"edition:{made.edition_id}", 2, Rho(20_000), edition_id=made.edition_id)
        assert charging.charge(Rho(500_000), SECRET, made.producer.user_id, wanted) == ""
    assert "Attempt 2: measured again after a crash" in page_of(lite_app, made.producer)


def test_it_says_whom_it_protects(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    assert "It protects each person in your datasets" in page_of(lite_app, made.producer)
    alone = factories.account(lite_app, Role.PRODUCER)
    answers = factories.Answers("", 2, factories.ANSWERS.columns)
    dataset_id = factories.uploaded(lite_app, alone)
    with market_of(lite_app).db.unit_of_work():
        releases.datasets_service.answer(alone, checking(market_of(lite_app)), dataset_id, answers)
    page = page_of(lite_app, alone)
    assert "It protects you" in page
    assert "Nothing was charged yet" in page


def test_nobody_sees_the_account_of_another(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    other = page_of(lite_app, factories.account(lite_app, Role.PRODUCER))
    assert made.edition_id not in other
    assert "Nothing was charged yet" in other
    buyer = Browser(lite_app, factories.account(lite_app, Role.BUYER))
    assert buyer.get("/rights/privacy").status_code == 403
    visitor = Browser(lite_app).get("/rights/privacy")
    assert (visitor.status_code, visitor.headers["Location"][:6]) == (302, "/login")


def test_a_ceiling_is_set_from_the_page_and_leads_back(lite_app: Flask) -> None:
    producer = factories.account(lite_app, Role.PRODUCER)
    browser = Browser(lite_app, producer)
    answer = browser.post("/rights/ceiling?back=account", {"ceiling": ""})
    assert answer.headers["Location"] == "/rights/privacy"


def test_the_account_reads_in_french(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    browser = Browser(lite_app, made.producer)
    browser.post("/language/fr")
    assert "Compte de confidentialité" in browser.get("/rights/privacy").text
