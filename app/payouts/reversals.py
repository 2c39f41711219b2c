"""Taking back from a contributor's account what should not have been sent.

intended    the row, committed before the provider is asked
done        provider + amount, contributor - amount: owed to them again
refused     the account does not hold it any more; nothing happened

Refunds and disputes do not come here: what they leave below zero is carried, not chased.
"""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import checkpoint, session
from app.core.permissions import Actor, Role, require
from app.ledger import accounts
from app.ledger import service as ledger
from app.payments.gateway import PaymentGateway, Reversal
from app.payments.intents import carry_out, wished
from app.payouts.errors import NotTakenBack
from app.payouts.models import Payout, PayoutReversal
from app.payouts.states import PayoutState, ReversalState
from pricing.money import MICROS_PER_CENT


def take_back(
    actor: Actor,
    gateway: PaymentGateway,
    payout_id: str,
    cents: int | None = None,
    reason: str = "",
    once: str | None = None,
) -> None:
    """Take a payout back, or a part of it; the operator decides, and says why.

    Parameters
    ----------
    cents : int, optional
        A part; by default all that is left of it.
    reason : str
        For the log, at most 200 characters.
    once : str, optional
        Identifier of this wish, 32 characters: sent twice, it is taken back once.

    Raises
    ------
    Forbidden, NotTakenBack
    GatewayRefused
        The account holds too little; nothing happened.
    GatewayUnavailable, KeyConflict
        Nothing is known; it is asked again with the next payout run.
    """
    require(actor, Role.OPERATOR)
    payout = _locked(payout_id)
    known, row_id = wished(PayoutReversal, once, {ReversalState.REFUSED})
    if known is not None:
        checkpoint()
        send(gateway, payout_id)
        return
    left = payout.cents - payout.reversed_cents
    wanted = left if cents is None else cents
    if payout.state != PayoutState.SENT or not 0 < wanted <= left:
        raise NotTakenBack(_l("Only what was sent and not taken back yet can be taken back."))
    if _under_way(payout_id) is None:
        session().add(
            PayoutReversal(
                id=row_id,
                payout_id=payout_id,
                cents=wanted,
                state=ReversalState.INTENDED,
                key=f"reversal:{row_id}",
                reason=reason.strip()[:200],
                at=now(),
            )
        )
        audit.record(actor.user_id, "reverse-payout", "payout", payout_id, cents=wanted)
    checkpoint()
    send(gateway, payout_id)


def under_way() -> tuple[str, ...]:
    """Return the payouts of which something is being taken back without an answer yet."""
    chosen = select(PayoutReversal.payout_id).where(PayoutReversal.state == ReversalState.INTENDED)
    return tuple(session().scalars(chosen.order_by(PayoutReversal.at)))


def send(gateway: PaymentGateway, payout_id: str) -> None:
    """Send or repeat what is being taken back of a payout; the key makes it happen once."""
    row = _under_way(payout_id)
    if row is None:
        return
    transfer = session().get_one(Payout, payout_id).transfer_id or ""
    row_id, cents, key = row.id, row.cents, row.key
    carry_out(
        row.at,
        lambda: gateway.reverse_transfer(transfer, cents, key, {"reversal": row_id}),
        lambda: _found(gateway, transfer, row_id),
        lambda made: _apply(payout_id, row_id, made),
    )


def _apply(payout_id: str, row_id: str, made: Reversal | None) -> None:
    payout = _locked(payout_id)
    row = session().get_one(PayoutReversal, row_id, populate_existing=True)
    if row.state == ReversalState.INTENDED:
        _end(payout, row, made)


def _end(payout: Payout, row: PayoutReversal, made: Reversal | None) -> None:
    row.ended_at = now()
    if made is None:
        row.state = ReversalState.REFUSED
        audit.record("system", "refuse-reversal", "payout", payout.id)
        return
    row.state, row.provider_id = ReversalState.DONE, made.id
    payout.reversed_cents += row.cents
    micros = row.cents * MICROS_PER_CENT
    lines = {accounts.PROVIDER: micros, accounts.contributor(payout.user_id): -micros}
    ledger.post("reversal", f"reversal:{row.id}", payout.currency, lines)
    session().flush()


def _found(gateway: PaymentGateway, transfer: str, row_id: str) -> Reversal | None:
    """Find one that may have been carried out under a key that is forgotten."""
    for seen in gateway.reversals_of(transfer):
        if seen.metadata.get("reversal") == row_id:
            return seen
    return None


def _under_way(payout_id: str) -> PayoutReversal | None:
    chosen = select(PayoutReversal).where(
        PayoutReversal.payout_id == payout_id, PayoutReversal.state == ReversalState.INTENDED
    )
    return session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()


def _locked(payout_id: str) -> Payout:
    chosen = select(Payout).where(Payout.id == payout_id).with_for_update()
    row = session().scalars(chosen.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotTakenBack(_l("There is no such payout."))
    return row
