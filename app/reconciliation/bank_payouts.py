"""The market's own money on its way from the provider to its bank, and back if that fails.

withdrawal          bank + amount, provider - amount     once it left the provider's balance
withdrawal-failed   the opposite                         the bank sent it back, or it was stopped

The market does not order these: the provider does by its schedule, or somebody on its pages.
What happened is looked at and booked, once.
"""

from datetime import datetime

from app.core import audit
from app.core.db import checkpoint, session
from app.ledger import accounts
from app.ledger import service as ledger
from app.payments.gateway import BankPayout as Seen
from app.payments.gateway import PaymentGateway
from app.reconciliation.models import BankPayout
from pricing.money import MICROS_PER_CENT


def look(gateway: PaymentGateway, payout_id: str) -> None:
    """Ask the provider how a payout to our bank stands, and book what has become of it.

    Raises
    ------
    GatewayUnavailable, GatewayRefused
    """
    checkpoint()
    apply(gateway.bank_payout(payout_id))


def look_at_all(gateway: PaymentGateway, since: datetime) -> int:
    """Do the same for every payout to our bank since a moment; return how many there are.

    Raises
    ------
    GatewayUnavailable, GatewayRefused
    """
    checkpoint()
    found = list(gateway.bank_payouts(since))
    for seen in reversed(found):
        apply(seen)
    return len(found)


def apply(seen: Seen) -> None:
    """Book a payout to our bank as it is seen now; what was booked before is not again."""
    ledger.hold([f"{accounts.BANK}:{seen.id}"])
    row = session().get(BankPayout, seen.id, populate_existing=True)
    if row is None:
        row = BankPayout(
            id=seen.id,
            cents=seen.amount_cents,
            currency=seen.currency,
            status=seen.status,
            booked=False,
            returned=False,
            at=seen.created,
        )
        session().add(row)
    micros = row.cents * MICROS_PER_CENT
    if seen.moved and not row.booked:
        lines = {accounts.BANK: micros, accounts.PROVIDER: -micros}
        ledger.post("withdrawal", f"withdrawal:{row.id}", row.currency, lines)
        row.booked = True
        audit.record("system", "see-withdrawal", "bank-payout", row.id[:64], cents=row.cents)
    if seen.returned and row.booked and not row.returned:
        key = f"withdrawal-failed:{row.id}"
        ledger.reverse(f"withdrawal:{row.id}", "withdrawal-failed", key)
        row.returned = True
        audit.record("system", "see-withdrawal-back", "bank-payout", row.id[:64], cents=row.cents)
    row.status = seen.status[:20]
    session().flush()
