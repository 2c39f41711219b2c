import pytest
import sqlalchemy
from flask import Flask

from app.core.db import session
from app.core.permissions import Role
from app.jobs import queries as jobs_queries
from app.jobs import service as jobs
from app.jobs.states import JobState
from app.market import market_of
from app.orders.models import Order
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.reached import reached_by
from tests.support.trading import Browser, Trade, published

PAGES = (
    "/operator",
    "/operator/collections",
    "/operator/jobs",
    "/operator/orders",
    "/operator/book",
    "/operator/book/days",
    "/operator/documents",
    "/operator/privacy",
    "/operator/payouts",
    "/operator/reconciliation",
    "/operator/orders/{order}/refund",
)
ACTIONS = (
    "/operator/jobs/{job}/retry",
    "/operator/orders/{order}/refund",
    "/operator/book/verify",
    "/operator/payouts",
    "/operator/reconciliation",
)


def traded(trade: Trade) -> str:
    """A paid order, a connected account and a payout, so that each page has something."""
    made = published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    order_id = trade.bought(buyer, keys)
    trade.onboard(made.producer)
    return order_id


@pytest.mark.both_databases
def test_every_page_opens_full_and_its_buttons_work(trade: Trade) -> None:
    order_id = traded(trade)
    browser = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    assert browser.post("/operator/payouts").status_code == 302
    assert browser.post("/operator/book/verify").status_code == 302
    factories.run_jobs(trade.app)
    assert browser.post("/operator/reconciliation").status_code == 302
    for page in PAGES:
        answer = browser.get(page.format(order=order_id))
        assert answer.status_code == 200, page
        assert "<h1>" in answer.text
    assert "agree" in browser.get("/operator").text
    assert "chain intact" in browser.get("/operator").text
    assert "holds" in browser.get("/operator/book").text
    assert "paid" in browser.get("/operator/payouts").text
    assert browser.post(f"/operator/orders/{order_id}/refund").status_code == 302
    assert trade.state(order_id) == "refunded"
    again = browser.post(f"/operator/orders/{order_id}/refund")
    assert again.status_code == 302
    assert browser.get(f"/operator/orders/{order_id}/refund").status_code == 200
    trade.check_agreement()


def test_the_overview_does_not_read_the_audit_log(lite_app: Flask) -> None:
    """Its cost does not grow with the life of the market: chains are verified by the worker."""
    browser = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    said: list[str] = []
    engine = market_of(lite_app).db.engine

    def note(*event: object) -> None:
        said.append(str(event[2]))

    sqlalchemy.event.listen(engine, "before_cursor_execute", note)
    assert "never verified" in browser.get("/operator").text
    sqlalchemy.event.remove(engine, "before_cursor_execute", note)
    assert said
    assert not [statement for statement in said if "audit_entry" in statement]


def test_a_broken_audit_chain_is_shown_once_it_was_verified(lite_app: Flask) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    with market_of(lite_app).db.unit_of_work():
        session().execute(sqlalchemy.text("UPDATE audit_head SET digest = 'changed'"))
    browser.post("/operator/book/verify")
    factories.run_jobs(lite_app)
    assert "chain broken at entry" in browser.get("/operator").text


def test_every_page_opens_empty(lite_app: Flask) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    for page in PAGES[:-1]:
        assert browser.get(page).status_code == 200, page
    assert browser.get("/operator/orders/none/refund").status_code == 404
    assert browser.post("/operator/orders/none/refund").status_code == 404
    assert browser.post("/operator/jobs/none/retry").status_code == 404


def test_differences_are_shown_with_a_remedy(trade: Trade) -> None:
    order_id = traded(trade)
    browser = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    # Given back at the provider, behind the market's back.
    with trade.db.unit_of_work(write=False):
        intent = session().get_one(Order, order_id).payment_intent or ""
    trade.gateway.refund(intent, 100, "by hand")
    browser.post("/operator/reconciliation")
    page = browser.get("/operator/reconciliation").text
    assert "differences: 1" in page
    assert "let the worker look again" in page


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRODUCER])
def test_other_roles_are_refused(lite_app: Flask, role: Role) -> None:
    browser = Browser(lite_app, factories.account(lite_app, role))
    for page in PAGES:
        assert browser.get(page.format(order="x")).status_code == 403, page
    for action in ACTIONS:
        assert browser.post(action.format(order="x", job="x")).status_code == 403, action


def test_visitors_are_sent_to_sign_in(lite_app: Flask) -> None:
    browser = Browser(lite_app)
    answers = [browser.get(page.format(order="x")) for page in PAGES]
    answers += [browser.post(action.format(order="x", job="x")) for action in ACTIONS]
    for answer in answers:
        assert answer.status_code == 302
        assert answer.location.startswith("/login")


def test_an_action_needs_the_token_of_a_form(lite_app: Flask) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    for action in ACTIONS:
        assert browser.client.post(action.format(order="x", job="x")).status_code == 400


def test_a_failed_job_is_tried_again_and_no_other(lite_app: Flask) -> None:
    operator = factories.account(lite_app, Role.OPERATOR)
    browser = Browser(lite_app, operator)
    db = market_of(lite_app).db
    with db.unit_of_work():
        job_id = jobs.enqueue("reconcile", "reconcile:test", {})
    assert browser.post(f"/operator/jobs/{job_id}/retry").status_code == 409
    with db.unit_of_work():
        session().get_one(jobs.Job, job_id).state = JobState.FAILED
    assert "Try again" in browser.get("/operator/jobs").text
    assert browser.post(f"/operator/jobs/{job_id}/retry").status_code == 302
    with db.unit_of_work(write=False):
        job = jobs_queries.job(job_id)
        assert job is not None
        assert job.state is JobState.QUEUED


def test_a_provider_that_does_not_answer_is_told(lite_app: Flask) -> None:
    browser = Browser(lite_app, factories.account(lite_app, Role.OPERATOR))
    with reached_by(lite_app, Broken(market_of(lite_app).gateway, "balance_transactions")):
        assert browser.post("/operator/reconciliation").status_code == 302
        assert "did not answer" in browser.get("/operator/reconciliation").text
