"""What the market needs at the provider: which events, where, and what its key may do."""

from dataclasses import dataclass

PATH = "/webhooks/stripe"

#: Events of the market's own account.
OWN_EVENTS = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payout.canceled",
    "payout.created",
    "payout.failed",
    "payout.paid",
    "payout.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
)
#: Events of contributors' accounts, as snapshots.
CONNECTED_EVENTS = (
    "account.application.deauthorized",
    "account.external_account.created",
    "account.external_account.updated",
    "payout.failed",
    "payout.paid",
)
#: Events of contributors' accounts, thin.
THIN_EVENTS = (
    "v2.core.account.closed",
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account[requirements].updated",
)


@dataclass(frozen=True)
class Right:
    """What a key may do with one kind of thing at the provider.

    Parameters
    ----------
    resource : str
        As the provider's error names it.
    write : bool
        Whether it may also change it.
    """

    resource: str
    write: bool


#: What the key of the running market needs, and no more.
NEEDED = (
    Right("checkout_session", write=True),
    Right("refund", write=True),
    Right("transfer", write=True),
    Right("account", write=True),
    Right("account_link", write=True),
    Right("payment_intent", write=False),
    Right("charge", write=False),
    Right("dispute", write=False),
    Right("payout", write=False),
    Right("balance", write=False),
    Right("balance_transaction", write=False),
    Right("event", write=False),
)
#: What it must not have: somebody who steals it could send money or messages elsewhere.
FORBIDDEN = (Right("payout", write=True), Right("webhook_endpoint", write=True))
