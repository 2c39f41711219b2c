"""The operator's pages about money that neither buys nor pays."""

import pytest
from flask import Flask

from app.core.permissions import Role
from app.earnings import giving
from app.payouts import queries, sending
from app.reconciliation import queries as reconciliations
from tests.support import factories
from tests.support.controls import Controls
from tests.support.trading import Browser, Trade, published

PAGES = ("/operator/reserve", "/operator/payouts/none", "/operator/reconciliation/book/none")
ACTIONS = (
    "/operator/reserve/hand-over",
    "/operator/payouts/none/take-back",
    "/operator/reconciliation/look-again",
    "/operator/reconciliation/book",
)


def operator(trade: Trade) -> Browser:
    return Browser(trade.app, factories.account(trade.app, Role.OPERATOR))


def sold(trade: Trade) -> factories.Published:
    made = published(trade.app)
    trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))
    return made


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRODUCER])
def test_other_roles_are_refused(lite_app: Flask, role: Role) -> None:
    browser = Browser(lite_app, factories.account(lite_app, role))
    for page in PAGES:
        assert browser.get(page).status_code == 403, page
    for action in ACTIONS:
        assert browser.post(action).status_code == 403, action


def test_the_reserve_is_shown_and_gifts_are_handed_over(trade: Trade) -> None:
    made = published(trade.app)
    with trade.db.unit_of_work():
        giving.give(made.producer)
    trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))
    sending.run(trade.paying())
    browser = operator(trade)
    assert "never compared" in browser.get("/operator").text
    compared = browser.post("/operator/reconciliation?back=reserve")
    assert compared.location.endswith("/operator/reserve")
    page = browser.get("/operator/reserve").text
    assert "covered" in page
    assert "Hand gifts over" in page
    wrong = browser.post("/operator/reserve/hand-over", amount="x", to_whom="")
    assert wrong.status_code == 422
    assert "Say to whom it went." in wrong.text
    too_much = browser.post("/operator/reserve/hand-over", amount="9000", to_whom="A school")
    assert too_much.status_code == 302
    assert trade.balance("bank") == 0
    browser.post("/operator/reserve/hand-over", amount="0.10", to_whom="A school")
    assert trade.balance("bank") == -100_000
    assert "A school" in browser.get("/operator/reserve").text
    trade.check_agreement()


def test_a_payout_is_taken_back_on_its_page(trade: Trade) -> None:
    made = sold(trade)
    trade.onboard(made.producer)
    assert sending.run(trade.paying()).sent == 1
    with trade.db.unit_of_work(write=False):
        (payout,) = queries.payouts_of(made.producer.user_id)
    browser = operator(trade)
    assert payout.id[:8] in browser.get("/operator/payouts").text
    address = f"/operator/payouts/{payout.id}"
    assert "Take it back" in browser.get(address).text
    assert browser.post(f"{address}/take-back", amount="0.05").status_code == 422
    browser.post(f"{address}/take-back", amount="0.05", reason="twice")
    page = browser.get(address).text
    assert "twice" in page
    assert "done" in page
    trade.check_agreement()


def test_a_difference_is_shown_with_its_remedy_and_booked_with_a_reason(trade: Trade) -> None:
    sold(trade)
    Controls(trade.stand_in_url).fee(150, "eur", "a month of Connect")
    browser = operator(trade)
    browser.post("/operator/reconciliation")
    page = browser.get("/operator/reconciliation").text
    assert "stripe_fee" in page
    with trade.db.unit_of_work(write=False):
        view = reconciliations.latest_reconciliation()
    assert view is not None
    (difference,) = view.differences
    form = browser.get(f"/operator/reconciliation/book/{difference.movement_id}")
    assert form.status_code == 200
    given = {"movement": difference.movement_id, "against": "platform"}
    assert browser.post("/operator/reconciliation/book", **given).status_code == 422
    browser.post("/operator/reconciliation/book", **given, reason="Connect, November")
    browser.post("/operator/reconciliation")
    assert "agree" in browser.get("/operator/reconciliation").text
    assert browser.get("/operator/reconciliation/book/txn_other").status_code == 404


def test_looking_again_explains_what_was_not_heard_of(trade: Trade) -> None:
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    order_id = trade.place(buyer, trade.keys(made, "gold"))
    page = trade.check_out(buyer, order_id)
    Controls(trade.stand_in_url).deliveries("drop")
    trade.pay(page)
    browser = operator(trade)
    browser.post("/operator/reconciliation")
    assert "Look again" in browser.get("/operator/reconciliation").text
    browser.post("/operator/reconciliation/look-again")
    factories.run_jobs(trade.app)
    assert trade.state(order_id) == "paid"
    trade.check_agreement()


def test_the_reserve_opens_while_the_provider_is_silent(trade: Trade) -> None:
    sold(trade)
    browser = operator(trade)
    Controls(trade.stand_in_url).fault("500", path="/v1/balance", times=9)
    page = browser.get("/operator/reserve")
    assert page.status_code == 200
    assert "not compared with the provider yet" in page.text
    browser.post("/operator/reconciliation?back=reserve")
    assert "did not answer" in browser.get("/operator/reserve").text


def test_the_overview_and_the_reserve_tell_the_same(trade: Trade) -> None:
    """A sale after the comparison changes neither what was held nor what was owed then."""
    made = sold(trade)
    browser = operator(trade)
    browser.post("/operator/reconciliation?back=reserve")
    trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))
    pages = [browser.get(path).text for path in ("/operator", "/operator/reserve")]
    said = [[word in page for word in ("too little is held", ">covered<")] for page in pages]
    assert said == [[False, True], [False, True]]
