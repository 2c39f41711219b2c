"""What the market asks of a payment provider, in its own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from app.payments.errors import (
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    KeyConflict,
    NotEnoughBalance,
    WebhookInvalid,
)

__all__ = [
    "Balance",
    "BalanceTransaction",
    "BankPayout",
    "CheckoutLine",
    "CheckoutRequest",
    "CheckoutSession",
    "ConnectedAccount",
    "Dispute",
    "EventKind",
    "GatewayError",
    "GatewayRefused",
    "GatewayUnavailable",
    "KeyConflict",
    "Mode",
    "NotEnoughBalance",
    "PaymentGateway",
    "ProviderEvent",
    "ProviderRefund",
    "Reversal",
    "Transfer",
    "WebhookInvalid",
]

Mode = Literal["stand-in", "test", "live"]

NO_METADATA: Mapping[str, str] = {}


@dataclass(frozen=True)
class CheckoutLine:
    """One line of the hosted payment page: a title and whole cents, > 0."""

    name: str
    amount_cents: int


@dataclass(frozen=True)
class CheckoutRequest:
    """A payment page to open.

    Parameters
    ----------
    order_id : str
        Ours; comes back on the session, the payment and the events.
    lines : tuple of CheckoutLine
        What the buyer sees; their sum is what is paid.
    currency : str
        Three capital letters, with hundredths.
    success_url, cancel_url : str
        Where the buyer returns; ``{CHECKOUT_SESSION_ID}`` in the first one is replaced.
    locale : str
        "en" or "fr".
    idempotency_key : str
        Stored by us before the call; the same key opens the same page once.
    expires_at : datetime
        With a time zone; 30 minutes to 24 hours from now.
    strong : bool
        Whether a card is asked for its second proof (3-D Secure), wherever it can give one.
    """

    order_id: str
    lines: tuple[CheckoutLine, ...]
    currency: str
    success_url: str
    cancel_url: str
    locale: str
    idempotency_key: str
    expires_at: datetime
    strong: bool = False


@dataclass(frozen=True)
class CheckoutSession:
    """A payment page as the provider sees it now.

    ``fee_cents`` is the provider's fee on the charge, None until there is one; it is in
    ``settled_in``, the currency the provider keeps the money in. ``intent_status`` tells a
    payment that takes days (processing) from one that failed.
    """

    id: str
    order_id: str | None
    url: str | None
    status: str
    payment_status: str
    amount_total_cents: int
    currency: str
    payment_intent: str | None
    charge: str | None
    fee_cents: int | None
    settled_in: str | None = None
    intent_status: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether it was paid in a way that takes days, and the money is still to come."""
        return self.status == "complete" and self.payment_status == "unpaid" and not self.failed

    @property
    def failed(self) -> bool:
        """Whether money that takes days did not come."""
        unpaid = self.status == "complete" and self.payment_status == "unpaid"
        return unpaid and self.intent_status in ("requires_payment_method", "canceled")

    @property
    def paid(self) -> bool:
        """Whether the order may be fulfilled."""
        return self.status == "complete" and self.payment_status != "unpaid"

    @property
    def open(self) -> bool:
        """Whether it can still be paid."""
        return self.status == "open"


@dataclass(frozen=True)
class ProviderRefund:
    """Money given back; ``status`` is pending, succeeded, failed or canceled.

    ``moved`` once it left the balance, ``returned`` once it came back because the buyer's bank
    would not take it.
    """

    id: str
    payment_intent: str | None
    charge: str | None
    amount_cents: int
    currency: str
    status: str
    moved: bool
    returned: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dispute:
    """A payment that the buyer's bank takes back.

    ``status`` is the provider's: needs_response, under_review, won, lost, or a warning, which
    moves no money. ``withdrawn_cents`` left the balance, fee included; ``reinstated_cents``
    came back.
    """

    id: str
    payment_intent: str | None
    charge: str | None
    amount_cents: int
    currency: str
    status: str
    withdrawn_cents: int
    reinstated_cents: int


@dataclass(frozen=True)
class ConnectedAccount:
    """A contributor's account at the provider, by its transfers capability.

    ``status`` is active, pending, restricted or unsupported.
    """

    id: str
    status: str
    closed: bool

    @property
    def payable(self) -> bool:
        """Whether a transfer would be accepted now."""
        return self.status == "active" and not self.closed


@dataclass(frozen=True)
class Transfer:
    """Money moved from the platform to a connected account."""

    id: str
    account_id: str
    amount_cents: int
    reversed_cents: int
    currency: str
    group: str | None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reversal:
    """Money of a transfer that came back to the platform."""

    id: str
    amount_cents: int
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BalanceTransaction:
    """One movement of the platform's balance; ``net_cents`` is amount minus fee.

    ``type`` is the provider's: charge, refund, transfer, transfer_refund, adjustment, ...
    """

    id: str
    type: str
    amount_cents: int
    fee_cents: int
    net_cents: int
    currency: str
    source_id: str | None
    created: datetime
    available: bool


@dataclass(frozen=True)
class Balance:
    """What the provider holds for the platform, in cents: usable now, and still settling."""

    available_cents: int
    pending_cents: int


@dataclass(frozen=True)
class BankPayout:
    """The platform's own money on its way to its bank.

    ``status`` is pending, in_transit, paid, failed or canceled; ``moved`` once it left the
    balance, ``returned`` once it came back.
    """

    id: str
    amount_cents: int
    currency: str
    status: str
    created: datetime
    moved: bool
    returned: bool


class EventKind(StrEnum):
    """What an event is about, whatever the provider calls it."""

    CHECKOUT_COMPLETED = "checkout-completed"
    CHECKOUT_FAILED = "checkout-failed"
    CHECKOUT_EXPIRED = "checkout-expired"
    CHARGE_REFUNDED = "charge-refunded"
    REFUND_CHANGED = "refund-changed"
    DISPUTE_CHANGED = "dispute-changed"
    TRANSFER_CHANGED = "transfer-changed"
    ACCOUNT_CHANGED = "account-changed"
    BANK_PAYOUT_CHANGED = "bank-payout-changed"
    OTHER = "other"


@dataclass(frozen=True)
class ProviderEvent:
    """A verified message. It says what to look at, not what is true: ask the gateway.

    ``order_id`` is ours, where the object carries one; ``payment_intent`` ties refunds and
    charges to a payment; ``account`` is the connected account it happened to, None for our own.
    """

    id: str
    type: str
    kind: EventKind
    object_id: str
    livemode: bool
    created: datetime
    order_id: str | None
    payment_intent: str | None
    metadata: Mapping[str, str]
    account: str | None = None


class PaymentGateway(Protocol):
    """A payment provider.

    Every method may raise `GatewayRefused` (definite) or `GatewayUnavailable` (unknown);
    a method that takes a key does its work once per key.
    """

    @property
    def mode(self) -> Mode:
        """Say whether money is pretended, tested or real."""
        ...

    def open_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a hosted payment page."""
        ...

    def checkout(self, session_id: str) -> CheckoutSession:
        """Look a payment page up."""
        ...

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        """Close an open payment page; refused when it is not open any more."""
        ...

    def refund(
        self,
        payment_intent: str,
        cents: int | None,
        key: str,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> ProviderRefund:
        """Give money back: so many cents, or all that is left."""
        ...

    def refunds_of(self, payment_intent: str) -> Iterator[ProviderRefund]:
        """List the refunds of a payment: to look before sending with an old key."""
        ...

    def refunds(self, since: datetime) -> Iterator[ProviderRefund]:
        """List the refunds made since a moment, newest first."""
        ...

    def dispute(self, dispute_id: str) -> Dispute:
        """Look a dispute up."""
        ...

    def disputes(self, since: datetime) -> Iterator[Dispute]:
        """List the disputes opened since a moment, newest first."""
        ...

    def open_connected_account(
        self, email: str, country: str, display_name: str, key: str
    ) -> ConnectedAccount:
        """Open a contributor's account (country: two capital letters)."""
        ...

    def connected_account(self, account_id: str) -> ConnectedAccount:
        """Look a contributor's account up."""
        ...

    def banks_of(self, account_id: str) -> frozenset[str]:
        """Return names of the bank accounts behind an account, the same wherever one is used."""
        ...

    def onboarding_link(self, account_id: str, return_url: str, refresh_url: str) -> str:
        """Make a single-use address where the contributor completes their account."""
        ...

    def dashboard_link(self, account_id: str) -> str:
        """Make a single-use address where a contributor looks after their account."""
        ...

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
        ...

    def reverse_transfer(
        self,
        transfer_id: str,
        cents: int | None,
        key: str,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> Reversal:
        """Take so many cents of a transfer back, or all that is left."""
        ...

    def transfers_in_group(self, group: str) -> Iterator[Transfer]:
        """List the transfers of a group: to look before sending with an old key."""
        ...

    def reversals_of(self, transfer_id: str) -> Iterator[Reversal]:
        """List what was taken back of a transfer: to look before sending with an old key."""
        ...

    def balance(self, currency: str) -> Balance:
        """Return what is held in a currency; transfers can use what is available."""
        ...

    def available_balance(self, currency: str) -> int:
        """Return the cents that transfers can use now."""
        ...

    def bank_payouts(self, since: datetime) -> Iterator[BankPayout]:
        """List the platform's payouts to its own bank since a moment, newest first."""
        ...

    def bank_payout(self, payout_id: str) -> BankPayout:
        """Look a payout to the platform's own bank up."""
        ...

    def balance_transaction(self, movement_id: str) -> BalanceTransaction:
        """Look one movement of the balance up."""
        ...

    def balance_transactions(self, since: datetime) -> Iterator[BalanceTransaction]:
        """List the movements of the platform's balance since a moment, newest first."""
        ...

    def events(self, since: datetime) -> Iterator[ProviderEvent]:
        """List the provider's snapshot events since a moment, newest first."""
        ...

    def account_events(self, since: datetime) -> Iterator[ProviderEvent]:
        """List the provider's thin events, about connected accounts, since a moment."""
        ...

    def parse_webhook(self, payload: bytes, signature: str) -> ProviderEvent:
        """Verify and read a message of the provider.

        Raises
        ------
        WebhookInvalid
            If it is not signed with one of our secrets within the last five minutes.
        """
        ...
