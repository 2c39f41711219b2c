"""Act on the provider's messages, and ask the provider where no message came.

A message only says what to ask about; what happened is what the provider answers. So a message
that is lost, comes twice, late or in another order changes nothing in the end.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog

from app.core.clock import now
from app.core.db import Database
from app.core.permissions import Actor, Role, require
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.orders import paying
from app.orders import queries as orders
from app.payments.gateway import EventKind, GatewayError, GatewayRefused, PaymentGateway
from app.payouts import queries as payouts
from app.payouts import service as payouts_service
from app.payouts.errors import OutcomeUnknown
from app.reconciliation import bank_payouts as bank
from app.refunds import disputes as disputing
from app.refunds import service as refunding
from app.webhooks import queries, replaying
from app.webhooks.queries import MessageView
from app.webhooks.taking import MESSAGE_JOB, PAYMENTS, REFUNDS

CATCH_UP_JOB = "catch-up"
#: A payment can be disputed for about four months; disputes last two or three more.
DISPUTES_SINCE = timedelta(days=240)
#: A payout to the market's bank can come back for some weeks.
WITHDRAWALS_SINCE = timedelta(days=60)
log = structlog.get_logger("webhooks")


def act(db: Database, gateway: PaymentGateway, event_id: str) -> None:
    """Look at what a message is about and do what follows.

    Raises
    ------
    OutcomeUnknown
        The provider did not answer: the job is done again later.
    """
    with db.unit_of_work(write=False):
        message = queries.message(event_id)
    try:
        with db.unit_of_work():
            if not _look(gateway, message):
                log.info("message about something unknown", type=message.type)
    except GatewayError as error:
        raise OutcomeUnknown from error


def _look(gateway: PaymentGateway, message: MessageView) -> bool:
    """Look at what a message is about; return whether it is something of ours."""
    if message.kind is EventKind.DISPUTE_CHANGED:
        return _disputed(gateway, message)
    if message.kind is EventKind.BANK_PAYOUT_CHANGED:
        return _banked(gateway, message)
    if message.kind is EventKind.ACCOUNT_CHANGED:
        user_id = payouts.owner_of(message.account or message.object_id)
        if user_id is not None:
            payouts_service.refresh(gateway, user_id)
        return user_id is not None
    order_id = _order_of(message)
    if order_id is None:
        return False
    if message.kind in PAYMENTS:
        told = message.object_id if message.object_id.startswith("cs_") else None
        paying.fulfil(gateway, order_id, told)
    elif message.kind in REFUNDS:
        refunding.look(gateway, order_id)
    return True


def _banked(gateway: PaymentGateway, message: MessageView) -> bool:
    """Follow money on its way to a bank: the market's own, or a contributor's."""
    if message.account is None:
        bank.look(gateway, message.object_id)
    elif message.type in ("payout.failed", "payout.paid"):
        payouts_service.bank_said(message.account, refused=message.type == "payout.failed")
    return True


def _disputed(gateway: PaymentGateway, message: MessageView) -> bool:
    """Look at a dispute; of a payment we have not booked yet, once it is booked."""
    if message.payment_intent and orders.with_payment(message.payment_intent) is None:
        for order_id in orders.unfinished():
            paying.fulfil(gateway, order_id)
    return disputing.look(gateway, message.object_id)


def _order_of(message: MessageView) -> str | None:
    if message.order_id and orders.known(message.order_id):
        return message.order_id
    if message.payment_intent:
        return orders.with_payment(message.payment_intent)
    return orders.with_checkout(message.object_id)


def catch_up(db: Database, gateway: PaymentGateway, progress: Callable[[int], None]) -> int:
    """Ask the provider about all unfinished and disputed, so that a lost message loses nothing.

    Returns
    -------
    int
        How many orders were looked at.

    Raises
    ------
    OutcomeUnknown
        Some could not be asked about; the others are done.
    """
    try:
        replaying.replay(db, gateway)
        unknown = 0
    except GatewayError:
        unknown = 1
    with db.unit_of_work(write=False):
        waiting = orders.unfinished()
    for number, order_id in enumerate(waiting, 1):
        try:
            with db.unit_of_work():
                paying.fulfil(gateway, order_id)
                refunding.send_refund(gateway, order_id)
        except GatewayRefused as error:
            log.error("order refused by the provider", order=order_id, code=error.code)
        except GatewayError:
            unknown += 1
        progress(100 * number // len(waiting))
    # Last: a dispute of a payment that was booked just now is then known.
    unknown += _look_at_refunds(db, gateway) + _look_at_disputes(db, gateway)
    try:
        with db.unit_of_work():
            bank.look_at_all(gateway, now() - WITHDRAWALS_SINCE)
    except GatewayError:
        unknown += 1
    if unknown:
        raise OutcomeUnknown
    return len(waiting)


def _look_at_refunds(db: Database, gateway: PaymentGateway) -> int:
    """Apply what the refunds of the last weeks have become; return how many lists failed."""
    try:
        found = list(gateway.refunds(now() - refunding.FAILS_WITHIN))
    except GatewayError:
        return 1
    for refund in found:
        with db.unit_of_work():
            refunding.apply(refund)
    return 0


def _look_at_disputes(db: Database, gateway: PaymentGateway) -> int:
    """Apply every dispute of the last months; return how many could not be."""
    try:
        found = list(gateway.disputes(now() - DISPUTES_SINCE))
    except GatewayError:
        return 1
    for dispute in found:
        with db.unit_of_work():
            disputing.apply(dispute)
    return 0


def schedule(db: Database) -> None:
    """Add the hour's catch-up, once anything was paid or is under way."""
    with db.unit_of_work():
        if orders.counted():
            jobs.enqueue(CATCH_UP_JOB, f"{CATCH_UP_JOB}:{now():%Y-%m-%dT%H}", {})


def catch_up_now(actor: Actor, db: Database) -> None:
    """Add a catch-up at once: when a worker starts, and on the operator's word."""
    require(actor, Role.OPERATOR)
    with db.unit_of_work():
        if orders.counted():
            jobs.enqueue(CATCH_UP_JOB, f"{CATCH_UP_JOB}:{now().isoformat()}", {})


def install_worker(handlers: Handlers, db: Database, gateway: PaymentGateway) -> None:
    """Tell the worker what to do with messages."""

    def message(payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        act(db, gateway, payload["event"])

    handlers.add(MESSAGE_JOB, message, many=True)

    def look(_payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        catch_up(db, gateway, progress)

    handlers.add(CATCH_UP_JOB, look)
