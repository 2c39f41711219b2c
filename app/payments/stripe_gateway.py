"""The Stripe door: the only module that imports stripe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import stripe
from stripe import StripeClient

from app.payments import stripe_reading as reading
from app.payments.errors import (
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    KeyConflict,
    NotEnoughBalance,
    WebhookInvalid,
)
from app.payments.gateway import (
    NO_METADATA,
    Balance,
    BalanceTransaction,
    BankPayout,
    CheckoutRequest,
    CheckoutSession,
    ConnectedAccount,
    Dispute,
    Mode,
    ProviderEvent,
    ProviderRefund,
    Reversal,
    Transfer,
)
from app.payments.mode import Connection

T = TypeVar("T")

_TIMEOUT_SECONDS = 20
_RATE_LIMIT_WAITS = (0.5, 1.0, 2.0)
_SESSION_EXPAND = ["payment_intent.latest_charge.balance_transaction"]
_UNDECIDED = (409, 429)


def client_of(connection: Connection) -> StripeClient:
    """Open the way to Stripe, or to its stand-in, without calling it yet.

    Every address is set, not only the API's, so that nothing meant for the stand-in can
    reach Stripe.
    """
    base = connection.api_base
    addresses: stripe._base_address.BaseAddresses = {}
    if connection.mode == "stand-in":
        addresses = {"api": base, "connect": base, "files": base, "meter_events": base}
    return StripeClient(
        connection.key,
        base_addresses=addresses,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
    )


def connect(
    connection: Connection, *, sleep: Callable[[float], None] = time.sleep
) -> StripeGateway:
    """Make the gateway over a connection, without calling it yet."""
    return StripeGateway(client_of(connection), connection.mode, connection.webhook_secrets, sleep)


class StripeGateway:
    """`PaymentGateway` over Stripe's own library; made by `connect`.

    The client's own retries repeat the idempotency key; ``sleep`` waits before another try
    after "too many requests", which the client does not repeat.
    """

    def __init__(
        self,
        client: StripeClient,
        mode: Mode,
        webhook_secrets: tuple[str, ...],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._mode: Mode = mode
        self._secrets = webhook_secrets
        self._sleep = sleep

    @property
    def mode(self) -> Mode:
        """Say whether money is pretended, tested or real."""
        return self._mode

    def open_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a hosted payment page with dynamic payment methods."""
        currency = request.currency.lower()
        marks = {"order_id": request.order_id}
        params: Any = {
            "mode": "payment",
            "client_reference_id": request.order_id,
            "metadata": marks,
            "payment_intent_data": {"metadata": marks, "transfer_group": request.order_id},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": currency,
                        "unit_amount": line.amount_cents,
                        "product_data": {"name": line.name},
                    },
                }
                for line in request.lines
            ],
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "locale": request.locale,
            "expires_at": int(request.expires_at.timestamp()),
            "expand": _SESSION_EXPAND,
        }
        if request.strong:
            params["payment_method_options"] = {"card": {"request_three_d_secure": "any"}}
        options: Any = {"idempotency_key": request.idempotency_key}
        return reading.session(
            self._ask(lambda: self._client.v1.checkout.sessions.create(params, options))
        )

    def checkout(self, session_id: str) -> CheckoutSession:
        """Look a payment page up, with its charge and fee."""
        params: Any = {"expand": _SESSION_EXPAND}
        return reading.session(
            self._ask(lambda: self._client.v1.checkout.sessions.retrieve(session_id, params))
        )

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        """Close an open payment page; refused when it is not open any more."""
        params: Any = {"expand": _SESSION_EXPAND}
        return reading.session(
            self._ask(lambda: self._client.v1.checkout.sessions.expire(session_id, params))
        )

    def refund(
        self,
        payment_intent: str,
        cents: int | None,
        key: str,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> ProviderRefund:
        """Give money back: so many cents, or all that is left."""
        params: Any = {"payment_intent": payment_intent, "metadata": dict(metadata)}
        if cents is not None:
            params["amount"] = cents
        options: Any = {"idempotency_key": key}
        return reading.refund(self._ask(lambda: self._client.v1.refunds.create(params, options)))

    def refunds_of(self, payment_intent: str) -> Iterator[ProviderRefund]:
        """List the refunds of a payment."""
        params: Any = {"payment_intent": payment_intent, "limit": 100}
        return map(reading.refund, self._pages(self._client.v1.refunds.list, params))

    def refunds(self, since: datetime) -> Iterator[ProviderRefund]:
        """List the refunds made since a moment, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        return map(reading.refund, self._pages(self._client.v1.refunds.list, params))

    def dispute(self, dispute_id: str) -> Dispute:
        """Look a dispute up."""
        return reading.dispute(self._ask(lambda: self._client.v1.disputes.retrieve(dispute_id)))

    def disputes(self, since: datetime) -> Iterator[Dispute]:
        """List the disputes opened since a moment, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        return map(reading.dispute, self._pages(self._client.v1.disputes.list, params))

    def open_connected_account(
        self, email: str, country: str, display_name: str, key: str
    ) -> ConnectedAccount:
        """Open an account that can only receive: Stripe collects what the law asks for."""
        params: Any = {
            "contact_email": email,
            "display_name": display_name,
            "dashboard": "express",
            "identity": {"country": country.lower(), "entity_type": "individual"},
            "configuration": {
                "recipient": {
                    "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
                }
            },
            "defaults": {
                "responsibilities": {
                    "fees_collector": "application",
                    "losses_collector": "application",
                }
            },
            "include": ["configuration.recipient"],
        }
        options: Any = {"idempotency_key": key}
        return reading.account(
            self._ask(lambda: self._client.v2.core.accounts.create(params, options))
        )

    def connected_account(self, account_id: str) -> ConnectedAccount:
        """Look a contributor's account up."""
        params: Any = {"include": ["configuration.recipient"]}
        return reading.account(
            self._ask(lambda: self._client.v2.core.accounts.retrieve(account_id, params))
        )

    def banks_of(self, account_id: str) -> frozenset[str]:
        """Return the fingerprints of the bank accounts and cards that an account is paid to."""
        params: Any = {"limit": 100}
        listed = self._client.v1.accounts.external_accounts
        found = self._ask(lambda: listed.list(account_id, params))
        return frozenset(str(each["fingerprint"]) for each in found["data"] if each["fingerprint"])

    def onboarding_link(self, account_id: str, return_url: str, refresh_url: str) -> str:
        """Make a single-use address where the contributor completes their account."""
        params: Any = {
            "account": account_id,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    "configurations": ["recipient"],
                    "refresh_url": refresh_url,
                    "return_url": return_url,
                },
            },
        }
        link = self._ask(lambda: self._client.v2.core.account_links.create(params))
        return str(link["url"])

    def dashboard_link(self, account_id: str) -> str:
        """Make a single-use address where a contributor looks after their account."""
        links = self._client.v1.accounts.login_links
        return str(self._ask(lambda: links.create(account_id))["url"])

    def transfer(
        self,
        account_id: str,
        amount_cents: int,
        currency: str,
        group: str,
        key: str,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> Transfer:
        """Send money to a contributor's account, once per key."""
        params: Any = {
            "amount": amount_cents,
            "currency": currency.lower(),
            "destination": account_id,
            "transfer_group": group,
            "metadata": dict(metadata),
        }
        options: Any = {"idempotency_key": key}
        return reading.transfer(
            self._ask(lambda: self._client.v1.transfers.create(params, options))
        )

    def reverse_transfer(
        self,
        transfer_id: str,
        cents: int | None,
        key: str,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> Reversal:
        """Take so many cents of a transfer back, or all that is left."""
        params: Any = {"metadata": dict(metadata)}
        if cents is not None:
            params["amount"] = cents
        options: Any = {"idempotency_key": key}
        reversals = self._client.v1.transfers.reversals
        return reading.reversal(self._ask(lambda: reversals.create(transfer_id, params, options)))

    def reversals_of(self, transfer_id: str) -> Iterator[Reversal]:
        """List what was taken back of a transfer."""
        listed = self._client.v1.transfers.reversals.list
        return map(
            reading.reversal,
            self._pages(lambda params: listed(transfer_id, params), {"limit": 100}),
        )

    def transfers_in_group(self, group: str) -> Iterator[Transfer]:
        """List the transfers of a group."""
        params: Any = {"transfer_group": group, "limit": 100}
        return map(reading.transfer, self._pages(self._client.v1.transfers.list, params))

    def balance(self, currency: str) -> Balance:
        """Return what is held in a currency; transfers can use what is available."""
        held = self._ask(lambda: self._client.v1.balance.retrieve())
        sums = {
            part: sum(
                int(each["amount"]) for each in held[part] if each["currency"] == currency.lower()
            )
            for part in ("available", "pending")
        }
        return Balance(sums["available"], sums["pending"])

    def available_balance(self, currency: str) -> int:
        """Return the cents that transfers can use now."""
        return self.balance(currency).available_cents

    def bank_payouts(self, since: datetime) -> Iterator[BankPayout]:
        """List the platform's payouts to its own bank since a moment, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        return map(reading.bank_payout, self._pages(self._client.v1.payouts.list, params))

    def bank_payout(self, payout_id: str) -> BankPayout:
        """Look a payout to the platform's own bank up."""
        return reading.bank_payout(self._ask(lambda: self._client.v1.payouts.retrieve(payout_id)))

    def balance_transaction(self, movement_id: str) -> BalanceTransaction:
        """Look one movement of the balance up."""
        movements = self._client.v1.balance_transactions
        return reading.balance_transaction(self._ask(lambda: movements.retrieve(movement_id)))

    def balance_transactions(self, since: datetime) -> Iterator[BalanceTransaction]:
        """List the movements of the platform's balance since a moment, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        return map(
            reading.balance_transaction,
            self._pages(self._client.v1.balance_transactions.list, params),
        )

    def events(self, since: datetime) -> Iterator[ProviderEvent]:
        """List the provider's snapshot events since a moment, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        return map(reading.event, self._pages(self._client.v1.events.list, params))

    def account_events(self, since: datetime) -> Iterator[ProviderEvent]:
        """List the provider's thin events, about connected accounts, since a moment."""
        # Version 2 of the API turns pages by a token in the address of the next one.
        params: Any = {"created": {"gte": since.astimezone(UTC).isoformat()}, "limit": 100}
        while True:
            page = self._ask(lambda params=params: self._client.v2.core.events.list(params))  # type: ignore[misc]
            yield from map(reading.thin_event, page["data"])
            following = parse_qs(urlsplit(page.get("next_page_url") or "").query).get("page")
            if not following:
                return
            params = {**params, "page": following[0]}

    def parse_webhook(self, payload: bytes, signature: str) -> ProviderEvent:
        """Verify and read a message of either kind, snapshot or thin."""
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(payload, signature, secret, tolerance=300)
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
            return reading.event_of_payload(payload)
        raise WebhookInvalid("no secret of ours matches the signature, or it is too old")

    def _pages(self, list_page: Callable[[Any], Any], params: Any) -> Iterator[dict[str, Any]]:
        """Walk all pages of a list, each page fetched with the same care as any call."""
        after: dict[str, str] = {}
        while True:
            page = self._ask(lambda after=after: list_page({**params, **after}))  # type: ignore[misc]
            yield from page["data"]
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def _ask(self, call: Callable[[], Any]) -> dict[str, Any]:
        """Call Stripe; wait and try again when it is asked too much; translate its errors."""
        for wait in (*_RATE_LIMIT_WAITS, None):
            try:
                answer: dict[str, Any] = call().to_dict()
            except stripe.RateLimitError as error:
                if wait is None:
                    raise GatewayUnavailable("too many requests") from error
                self._sleep(wait)
            except stripe.StripeError as error:
                raise translated(error) from error
            else:
                return answer
        raise AssertionError("the last wait is None")


def translated(error: stripe.StripeError) -> GatewayError:
    """Tell a definite no from an unknown outcome, by the HTTP status."""
    code = error.code or ""
    message = f"{type(error).__name__} {code}: {error.user_message or ''}".strip()
    status = error.http_status or 0
    if isinstance(error, stripe.IdempotencyError) or code == "idempotency_error":
        return KeyConflict(message)
    if not 400 <= status < 500 or status in _UNDECIDED:
        return GatewayUnavailable(type(error).__name__)
    if code == "balance_insufficient":
        return NotEnoughBalance(message, code)
    return GatewayRefused(message, code)
