"""The same door against Stripe's own test mode: run by hand, with a key of a sandbox.

    MOISSON_SANDBOX_KEY=sk_test_... python -m pytest -m stripe_sandbox

Nothing else in the tests leaves this machine. Whatever is made stays in the sandbox; no real
money can move, because keys of any other form are refused here.
"""

import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.payments.errors import GatewayRefused, KeyConflict
from app.payments.gateway import CheckoutLine, CheckoutRequest
from app.payments.mode import decide
from app.payments.stripe_gateway import StripeGateway, client_of, connect
from app.payments.stripe_setup import StripeSetup, What, check_rights

KEY = os.environ.get("MOISSON_SANDBOX_KEY", "")
pytestmark = [
    pytest.mark.stripe_sandbox,
    pytest.mark.skipif(
        not KEY.startswith(("sk_test_", "rk_test_")),
        reason="runs against Stripe's test mode: set MOISSON_SANDBOX_KEY to a test key",
    ),
]
RUN = secrets.token_hex(6)


@pytest.fixture(scope="module")
def gateway() -> StripeGateway:
    return connect(decide(KEY, "", "whsec_not_used_here", production=False))


@pytest.fixture(scope="module")
def client() -> Any:
    """The library itself, to play the buyer: the market has no use for these calls."""
    return client_of(decide(KEY, "", "whsec_not_used_here", production=False))


def wait_for(look: Callable[[], Any], seconds: int = 60) -> Any:
    """Look until something is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(1)
    raise AssertionError("Stripe did not get there in time")


def request_for(order: str) -> CheckoutRequest:
    return CheckoutRequest(
        order_id=order,
        lines=(CheckoutLine("Moisson: sandbox", 1_250),),
        currency="EUR",
        success_url="https://example.org/done?session={CHECKOUT_SESSION_ID}",
        cancel_url="https://example.org/back",
        locale="fr",
        idempotency_key=f"sandbox-{RUN}-{order}",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


def paid(client: Any, method: str = "pm_card_visa", cents: int = 2_000) -> str:
    """A payment by a test card; its payment intent."""
    made = client.v1.payment_intents.create(
        {
            "amount": cents,
            "currency": "eur",
            "payment_method": method,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"order_id": f"sandbox-{RUN}"},
        }
    )
    assert made.status == "succeeded"
    return str(made.id)


def test_a_payment_page_opens_once_per_key_and_can_be_closed(gateway: StripeGateway) -> None:
    first = gateway.open_checkout(request_for("a"))
    assert gateway.open_checkout(request_for("a")).id == first.id
    assert first.open
    assert first.order_id == "a"
    assert first.amount_total_cents == 1_250
    assert gateway.expire_checkout(first.id).status == "expired"
    with pytest.raises(GatewayRefused):
        gateway.expire_checkout(first.id)


def test_a_key_is_not_good_for_other_parameters(gateway: StripeGateway, client: Any) -> None:
    intent = paid(client)
    gateway.refund(intent, 100, f"sandbox-{RUN}-key")
    with pytest.raises((KeyConflict, GatewayRefused)):
        gateway.refund(intent, 200, f"sandbox-{RUN}-key")


def test_parts_are_given_back_up_to_the_whole(gateway: StripeGateway, client: Any) -> None:
    intent = paid(client)
    part = gateway.refund(intent, 700, f"sandbox-{RUN}-part", {"refund": "one"})
    assert (part.amount_cents, part.moved, part.returned) == (700, True, False)
    with pytest.raises(GatewayRefused):
        gateway.refund(intent, 1_301, f"sandbox-{RUN}-much")
    gateway.refund(intent, None, f"sandbox-{RUN}-rest")
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(intent, None, f"sandbox-{RUN}-again")
    assert refused.value.code == "charge_already_refunded"
    assert sum(each.amount_cents for each in gateway.refunds_of(intent)) == 2_000


def test_a_refund_that_fails_later_says_so(gateway: StripeGateway, client: Any) -> None:
    intent = paid(client, "pm_card_refundFail")
    gateway.refund(intent, None, f"sandbox-{RUN}-fail")

    def failed() -> Any:
        return [each for each in gateway.refunds_of(intent) if each.status == "failed"]

    (seen,) = wait_for(failed)
    assert seen.returned


def test_a_dispute_takes_the_money_at_once(gateway: StripeGateway, client: Any) -> None:
    intent = paid(client, "pm_card_createDispute")
    since = datetime.now(UTC) - timedelta(minutes=10)

    def disputed() -> Any:
        return [each for each in gateway.disputes(since) if each.payment_intent == intent]

    (seen,) = wait_for(disputed)
    assert seen.amount_cents == 2_000
    assert seen.withdrawn_cents >= 2_000


def test_an_account_of_a_contributor_is_opened_once_and_not_payable_yet(
    gateway: StripeGateway,
) -> None:
    key = f"sandbox-{RUN}-account"
    made = gateway.open_connected_account("someone@example.org", "FR", "Moisson", key)
    assert not made.payable
    assert gateway.connected_account(made.id).id == made.id
    link = gateway.onboarding_link(made.id, "https://example.org/r", "https://example.org/f")
    assert link.startswith("https://connect.stripe.com/")
    with pytest.raises(GatewayRefused):
        gateway.transfer(made.id, 100, "EUR", "sandbox", f"sandbox-{RUN}-transfer")


def test_movements_add_up_to_what_is_held(gateway: StripeGateway, client: Any) -> None:
    paid(client)
    since = datetime.now(UTC) - timedelta(minutes=10)
    moved = list(gateway.balance_transactions(since))
    assert moved
    assert all(each.net_cents == each.amount_cents - each.fee_cents for each in moved)
    held = gateway.balance("EUR")
    assert held.available_cents + held.pending_cents != 0


def test_events_are_listed_for_a_replay(gateway: StripeGateway, client: Any) -> None:
    intent = paid(client)
    since = datetime.now(UTC) - timedelta(minutes=10)
    gateway.refund(intent, 100, f"sandbox-{RUN}-event")

    def told() -> Any:
        return [each for each in gateway.events(since) if each.payment_intent == intent]

    assert not any(each.livemode for each in wait_for(told))
    list(gateway.account_events(since))


def test_the_set_up_can_be_looked_at_without_changing_it() -> None:
    connection = decide(KEY, "", "whsec_not_used_here", production=False)
    steps = StripeSetup(connection, "https://example.org").run(dry=True)
    assert [step.name for step in steps] == ["own", "connected", "thin", "payouts"]
    assert {step.what for step in steps} <= set(What)


def test_what_the_key_may_do_is_found_out_without_making_anything() -> None:
    found = check_rights(decide(KEY, "", "whsec_not_used_here", production=False))
    assert any(each.has for each in found)
