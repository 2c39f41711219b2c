"""Very many contributors who earned money, with accounts at the provider."""

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from app.core.clock import now
from app.core.db import new_id
from app.market import market_of
from app.orders import paying
from app.orders.models import Order
from app.payments.gateway import CheckoutLine, CheckoutRequest, PaymentGateway
from app.prices import queries as prices
from bench.money.market import Market
from bench.pricing import crowd
from stripe_stand_in import accounts, checkout, outbox
from stripe_stand_in.call import Call

#: What a buyer pays, in cents, for each contributor: enough for a payout of one share.
CENTS_EACH = 3_000
SALES = 2
ACCOUNT = {
    "configuration": {
        "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
    },
    "identity": {"country": "fr", "entity_type": "individual"},
}
CONNECTED = (
    "INSERT INTO connected_account (user_id, account_id, country, status, payable)"
    " SELECT u, 'acct_standin' || u, 'FR', 'active', true FROM"
    " (SELECT DISTINCT producer_id AS u FROM edition_dataset WHERE edition_id = :edition) AS crowd"
)
PEOPLE = "SELECT DISTINCT producer_id FROM edition_dataset WHERE edition_id = :edition"


@dataclass(frozen=True)
class Earned:
    """Cents owed to each contributor, by the id of their account at the provider."""

    cents: dict[str, int]


EARNED = (
    "SELECT producer_id, SUM(shares) * (SELECT SUM(per_share_micros) FROM sale_edition"
    " WHERE edition_id = :edition) FROM edition_dataset WHERE edition_id = :edition"
    " GROUP BY producer_id"
)


def fill(market: Market, contributors: int) -> Earned:
    """Make contributors with accounts, and sales that were really paid at the provider."""
    with market.store.transaction() as tx:
        # A run is measured, not what its messages do.
        outbox.set_mode(tx, "drop")
    edition_id = crowd.fill(market.app, contributors)
    for _ in range(SALES):
        _sell(market, edition_id, contributors * CENTS_EACH // SALES)
    names = {"edition": edition_id}
    with market.db.unit_of_work() as session:
        people = list(session.scalars(text(PEOPLE), names))
        session.execute(text(CONNECTED), names)
    _open_accounts(market, people)
    with market.db.unit_of_work() as session:
        session.execute(text("ANALYZE"))
        rows = session.execute(text(EARNED), names)
        return Earned({f"acct_standin{user}": int(micros) // 10_000 for user, micros in rows})


def _open_accounts(market: Market, people: list[str]) -> None:
    """Write the accounts into the stand-in's state, complete: onboarding is not measured."""
    with market.store.transaction() as tx:
        call = Call(market.config, tx, dict(ACCOUNT))
        made = accounts.create_account(call)
        whole = accounts.set_status(call, str(made["id"]), "active")
        for user_id in people:
            tx.add("v2.core.account", {**whole, "id": f"acct_standin{user_id}"}, call.now)


def _sell(market: Market, edition_id: str, cents: int) -> None:
    """Let a buyer pay an order at the provider, and book it as the product does."""
    gateway: PaymentGateway = market_of(market.app).gateway
    order_id, moment = new_id(), now()
    page = gateway.open_checkout(
        CheckoutRequest(
            order_id=order_id,
            lines=(CheckoutLine("tables", cents),),
            currency="EUR",
            success_url=f"{market.url}/back",
            cancel_url=f"{market.url}/orders",
            locale="en",
            idempotency_key=f"checkout:{order_id}",
            expires_at=moment + timedelta(hours=1),
        )
    )
    with market.store.transaction() as tx:
        checkout.pay(Call(market.config, tx), page.id)
    with market.db.unit_of_work() as session:
        session.add(
            Order(
                id=order_id,
                buyer_id=session.scalar(text("SELECT owner_id FROM collection LIMIT 1")),
                state="paying",
                purpose="research",
                licence="moisson-research-1",
                total_cents=cents,
                currency="EUR",
                book_version=prices.in_force().version,
                lines="[]",
                split=json.dumps({edition_id: [500_000, 1]}),
                checkout_session=page.id,
                expires_at=moment + timedelta(hours=1),
            )
        )
    with market.db.unit_of_work():
        paying.fulfil(gateway, order_id)
