"""Connected accounts that are restricted, looked into, closed, or whose bank refuses."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from app.payments.errors import GatewayRefused, NotEnoughBalance
from tests.support.controls import ControlRefused, Controls
from tests.support.provider import Market

CAPABILITY = "v2.core.account[configuration.recipient].capability_status_updated"
REQUIREMENTS = "v2.core.account[requirements].updated"

#: Kinds of messages that are about somebody's account.
OF_ACCOUNTS = ("payout.", "account.external_account.")


def looked_at(market: Market, account: str) -> dict[str, Any]:
    """Return an account with all that can be included."""
    include = {"include[0]": "configuration.recipient", "include[1]": "requirements"}
    found: dict[str, Any] = market.ask("GET", f"/v2/core/accounts/{account}", **include).json
    return found


@pytest.mark.parametrize("status", ["restricted", "pending"])
def test_who_is_not_active_gets_no_transfers(
    market: Market, controls: Controls, status: str
) -> None:
    account = market.payable_account()
    market.paid_checkout()
    assert looked_at(market, account)["requirements"]["entries"] == []
    market.receiver.wait_for(CAPABILITY)
    market.receiver.messages.clear()
    controls.account_status(account, status)
    for kind in (CAPABILITY, REQUIREMENTS):
        assert market.gateway.parse_webhook(*market.receiver.wait_for(kind)).object_id == account
    (entry,) = looked_at(market, account)["requirements"]["entries"]
    assert entry["awaiting_action_from"] == ("user" if status == "restricted" else "stripe")
    assert not market.gateway.connected_account(account).payable
    with pytest.raises(GatewayRefused) as refused:
        market.gateway.transfer(account, 100, "EUR", "g", "t")
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    controls.account_status(account, "active")
    assert market.gateway.connected_account(account).payable
    assert market.gateway.transfer(account, 100, "EUR", "g", "t2").id


def test_a_closed_account_stays_closed(market: Market, controls: Controls) -> None:
    account = market.payable_account()
    market.paid_checkout()
    controls.close_account(account)
    assert looked_at(market, account)["closed"] is True
    market.receiver.wait_for("v2.core.account.closed")
    with pytest.raises(GatewayRefused):
        market.gateway.transfer(account, 100, "EUR", "g", "t")
    with pytest.raises(GatewayRefused):
        market.gateway.onboarding_link(
            account, "http://127.0.0.1:8000/b", "http://127.0.0.1:8000/a"
        )
    with pytest.raises(ControlRefused):
        controls.account_status(account, "active")


def test_the_platform_closes_empty_accounts_only(market: Market, controls: Controls) -> None:
    account = market.payable_account()
    market.paid_checkout()
    market.gateway.transfer(account, 100, "EUR", "g", "t")
    accounts = market.client.v2.core.accounts
    with pytest.raises(stripe.StripeError) as refused:
        accounts.close(account, {"applied_configurations": ["recipient"]})
    assert refused.value.code == "cannot_delete_account_with_balance"
    with pytest.raises(stripe.StripeError):
        accounts.close(account, {"applied_configurations": []})
    controls.pay_out(account)
    assert accounts.close(account, {"applied_configurations": ["recipient"]}).closed
    other = market.payable_account("account-2")
    assert [each.id for each in accounts.list({"closed": True}).data] == [account]
    assert [each.id for each in accounts.list({"closed": False}).data] == [other]


def test_what_was_paid_out_cannot_be_taken_back(market: Market, controls: Controls) -> None:
    account = market.payable_account()
    market.paid_checkout(cents=2_000)
    first = market.gateway.transfer(account, 500, "EUR", "g", "t")
    assert market.gateway.reverse_transfer(first.id, 100, "r1").amount_cents == 100
    assert controls.account(account)["held"] == {"eur": 400}
    controls.pay_out(account)
    assert controls.account(account)["held"] == {"eur": 0}
    before = market.gateway.available_balance("EUR")
    with pytest.raises(NotEnoughBalance):
        market.gateway.reverse_transfer(first.id, 1, "r2")
    assert market.gateway.available_balance("EUR") == before
    controls.payout_failed(account)
    assert controls.account(account)["held"] == {"eur": 400}
    assert market.gateway.reverse_transfer(first.id, None, "r3").amount_cents == 400
    with pytest.raises(ControlRefused):
        controls.pay_out(account)
    with pytest.raises(ControlRefused):
        controls.payout_failed(account)


def test_events_of_an_account_name_it_and_go_to_connect_endpoints(
    market: Market, controls: Controls
) -> None:
    for connect in ("true", "false"):
        market.ask(
            "POST",
            "/v1/webhook_endpoints",
            **{
                "url": f"{market.config.webhook_url}?connect={connect}",
                "enabled_events[0]": "*",
                "connect": connect,
            },
        )
    account = market.payable_account()
    market.paid_checkout()
    market.gateway.transfer(account, 500, "EUR", "g", "t")
    market.receiver.wait_for("transfer.created")
    controls.deliveries("hold")
    # A message of what went before may still be on its way when they are held.
    before = controls.deliveries()["held"]
    controls.pay_out(account)
    controls.payout_failed(account)
    assert controls.deliveries()["held"] - before == 4
    controls.deliveries("normal")
    market.receiver.wait_for("payout.failed")
    told = [each for each in market.receiver.events if each["type"].startswith(OF_ACCOUNTS)]
    assert {each["account"] for each in told} == {account}
    assert all("account" not in each for each in market.receiver.events if each not in told)
    own = [each["type"] for each in market.ask("GET", "/v1/events", limit="100").json["data"]]
    assert not any(kind.startswith("payout.") for kind in own)
    assert market.ask("GET", "/v1/payouts").json["data"] == []


def test_the_stand_in_answers_for_the_platform_only(market: Market) -> None:
    account = market.payable_account()
    headers = {"Authorization": "Bearer standin_sk_tests", "Stripe-Account": account}
    assert market.ask("GET", "/v1/balance", headers).status == 403


def test_a_login_link_is_for_accounts_that_are_open(market: Market, controls: Controls) -> None:
    account = market.payable_account()
    link = market.gateway.dashboard_link(account)
    assert market.ask("GET", market.path_of(link), {}).status == 200
    assert market.ask("GET", market.path_of(link), {}).status == 404
    controls.close_account(account)
    with pytest.raises(GatewayRefused):
        market.gateway.dashboard_link(account)
