"""The platform's payouts to its bank, its balance settings, and Stripe's own fees."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in.test_refunds import moved
from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market


def test_a_payout_takes_from_the_balance_and_arrives(market: Market, controls: Controls) -> None:
    market.paid_checkout(cents=5_000)
    before = market.gateway.available_balance("EUR")
    payouts = market.client.v1.payouts
    made = payouts.create({"amount": 1_000, "currency": "eur", "metadata": {"month": "5"}})
    assert (made.status, made.automatic) == ("pending", False)
    assert market.gateway.available_balance("EUR") == before - 1_000
    for outcome in ("in_transit", "paid"):
        assert controls.payout(made.id, outcome)["status"] == outcome
    assert payouts.retrieve(made.id).status == "paid"
    listed = payouts.list({"status": "paid", "created": {"gte": made.created}})
    assert [each.id for each in listed.data] == [made.id]
    assert payouts.list({"status": "pending"}).data == []
    assert moved(market, made.id) == [("payout", -1_000)]
    for kind in ("payout.created", "payout.updated", "payout.paid"):
        market.receiver.wait_for(kind)


@pytest.mark.parametrize("before", ["pending", "in_transit", "paid"])
def test_a_bank_may_send_it_back(market: Market, controls: Controls, before: str) -> None:
    market.paid_checkout(cents=5_000)
    balance = market.gateway.available_balance("EUR")
    made = market.client.v1.payouts.create({"amount": 1_000, "currency": "eur"})
    if before != "pending":
        controls.payout(made.id, before)
    failed = controls.payout(made.id, "failed")
    assert failed["failure_code"] == "account_closed"
    assert moved(market, made.id) == [("payout", -1_000), ("payout_failure", 1_000)]
    assert market.gateway.available_balance("EUR") == balance
    market.receiver.wait_for("payout.failed")
    with pytest.raises(ControlRefused):
        controls.payout(made.id, "paid")


def test_only_a_pending_one_can_be_canceled(market: Market, controls: Controls) -> None:
    market.paid_checkout(cents=5_000)
    balance = market.gateway.available_balance("EUR")
    payouts = market.client.v1.payouts
    made = payouts.create({"amount": 1_000, "currency": "eur"})
    assert payouts.cancel(made.id).status == "canceled"
    assert market.gateway.available_balance("EUR") == balance
    market.receiver.wait_for("payout.canceled")
    other = payouts.create({"amount": 1_000, "currency": "eur"})
    controls.payout(other.id, "in_transit")
    with pytest.raises(stripe.InvalidRequestError):
        payouts.cancel(other.id)


def test_not_more_than_is_available(market: Market) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        market.client.v1.payouts.create({"amount": 1, "currency": "eur"})
    assert refused.value.code == "balance_insufficient"


def test_balance_settings_keep_what_is_given(market: Market) -> None:
    settings = market.client.v1.balance_settings
    first = settings.retrieve().payments.payouts
    assert first is not None
    assert first.schedule is not None
    assert first.schedule.interval == "manual"
    settings.update({"payments": {"payouts": {"minimum_balance_by_currency": {"eur": 5_000}}}})
    settings.update(
        {
            "payments": {
                "payouts": {"schedule": {"interval": "weekly", "weekly_payout_days": ["friday"]}}
            }
        }
    )
    kept = market.ask("GET", "/v1/balance_settings").json["payments"]["payouts"]
    assert kept["minimum_balance_by_currency"] == {"eur": 5_000}
    assert kept["schedule"] == {"interval": "weekly", "weekly_payout_days": ["friday"]}
    answer = market.ask(
        "POST",
        "/v1/balance_settings",
        **{"payments[payouts][minimum_balance_by_currency][eur]": ""},
    )
    assert answer.json["payments"]["payouts"]["minimum_balance_by_currency"] is None


def test_stripe_takes_its_fees(market: Market, controls: Controls) -> None:
    market.paid_checkout(cents=5_000)
    before = market.gateway.available_balance("EUR")
    taken = controls.fee(200, description="Connect: active accounts")
    assert (taken["type"], taken["net"], taken["source"]) == ("stripe_fee", -200, None)
    assert market.gateway.available_balance("EUR") == before - 200
    listed = market.ask("GET", "/v1/balance_transactions", type="stripe_fee").json["data"]
    assert [each["description"] for each in listed] == ["Connect: active accounts"]
