from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from flask import Flask

from app.core.permissions import Role
from app.market import market_of
from app.payouts import income as earned
from app.payouts import queries, sending
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.reached import reached_by
from tests.support.trading import Browser, Trade, post, published

CALLS = ("open_connected_account", "onboarding_link", "connected_account")
PAGES = ("/income", "/income/account/refresh", "/income/account/return")


def test_a_contributor_sees_sales_connects_and_is_paid(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    kept = trade.bought(buyer, keys)
    given_back = trade.bought(factories.account(trade.app, Role.BUYER), keys[:2])
    assert kept != given_back
    browser = Browser(trade.app, made.producer)
    page = browser.get("/income").text
    assert "Connect a payout account" in page
    assert "Research" in page
    answer = browser.post("/income/account", country="FR")
    assert answer.status_code == 303
    assert answer.location.startswith(trade.stand_in_url)
    assert post(answer.location) == 303
    assert browser.get("/income/account/return").location == "/income"
    assert "payout account ready" in browser.get("/income").text
    trade.refund(given_back)
    with trade.db.unit_of_work(write=False):
        income = earned.income(made.producer.user_id, trade.paying().terms)
    assert {line.reversed for line in income.lines} == {True, False}
    for line in income.lines:
        assert line.amount.micros == line.per_share.micros * line.shares
    standing = sum(line.amount.micros for line in income.lines if not line.reversed)
    assert standing == income.standing.earned.micros == sum(m.amount.micros for m in income.months)
    assert "refunded to the buyer" in browser.get("/income").text
    assert sending.run(trade.paying()).sent == 1
    page = browser.get("/income").text
    assert 'class="tag ok">paid<' in page
    # A used link leads to a new one, for the same account.
    fresh = browser.get("/income/account/refresh")
    assert fresh.status_code == 303
    assert urlsplit(fresh.location).path.startswith("/onboarding/")
    again = browser.post("/income/account")
    assert again.status_code == 303
    trade.check_agreement()


def test_another_contributor_sees_nothing_of_it(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(buyer, keys[:1])
    other = Browser(trade.app, factories.account(trade.app, Role.PRODUCER))
    page = other.get("/income").text
    assert "Nothing of yours has been sold yet." in page
    assert "Lunches" not in page
    assert other.get("/income/account/refresh").location == "/income"


def test_the_account_is_opened_once_however_often_it_is_asked_for(trade: Trade) -> None:
    producer = factories.account(trade.app, Role.PRODUCER)
    browser = Browser(trade.app, producer)
    assert browser.post("/income/account", country="XX").status_code == 422
    assert browser.post("/income/account").status_code == 422
    for _ in range(2):
        assert browser.post("/income/account", country="FR").status_code == 303
    with trade.db.unit_of_work(write=False):
        account = queries.account(producer.user_id)
        assert account is not None
        assert not account.payable
    assert "still needs something" in browser.client.get(
        "/income/account/return", follow_redirects=True
    ).get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.BUYER, Role.OPERATOR])
def test_other_roles_are_refused(lite_app: Flask, role: Role) -> None:
    browser = Browser(lite_app, factories.account(lite_app, role))
    for page in PAGES:
        assert browser.get(page).status_code == 403, page
    assert browser.post("/income/account", country="FR").status_code == 403


def test_visitors_are_sent_to_sign_in(lite_app: Flask) -> None:
    browser = Browser(lite_app)
    answers = [browser.get(page) for page in PAGES] + [browser.post("/income/account")]
    for answer in answers:
        assert answer.status_code == 302
        assert answer.location.startswith("/login")


def test_an_unconfirmed_address_connects_nothing(lite_app: Flask) -> None:
    producer = factories.account(lite_app, Role.PRODUCER, verified=False)
    assert Browser(lite_app, producer).post("/income/account", country="FR").status_code == 403


def test_a_provider_that_does_not_answer_is_told(lite_app: Flask) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    with reached_by(lite_app, Broken(market_of(lite_app).gateway, *CALLS)):
        assert browser.post("/income/account", country="FR").status_code == 302
        page = browser.get("/income").text
    assert "did not answer" in page
    assert "Connect a payout account" in page


def test_wrong_methods_are_refused(lite_app: Flask) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    assert browser.get("/income/account").status_code == 405
    for page in PAGES:
        assert browser.post(page).status_code == 405


def test_a_contributor_looks_after_their_account_at_the_provider(trade: Trade) -> None:
    made = published(trade.app)
    browser = Browser(trade.app, made.producer)
    assert browser.post("/income/account/dashboard").location == "/income"
    trade.onboard(made.producer)
    assert "/income/account/dashboard" in browser.get("/income").text
    answer = browser.post("/income/account/dashboard")
    assert answer.status_code == 303
    assert answer.location.startswith(f"{trade.stand_in_url}/dashboard/")
    # The address is good once.
    with urlopen(answer.location) as page:
        assert "payout account" in page.read().decode()
    with pytest.raises(HTTPError):
        urlopen(answer.location)
