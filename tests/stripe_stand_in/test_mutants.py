"""Broken stand-ins are seen by the check, and the real one passes it.

Each mutant breaks one thing in the process of the stand-in; the check only asks over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stripe_stand_in import (
    accounts,
    balance,
    checkout,
    clock,
    delivery,
    disputes,
    events,
    faults,
    outbox,
    payments,
    payouts,
    refunds,
    server,
    transfers,
)
from stripe_stand_in.store import Transaction
from tests.stripe_stand_in.checking import check
from tests.support.provider import Receiver, running
from tests.support.selection import exhaustive_but

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]


def answers(change: Callable[[dict[str, Any]], None]) -> Mutant:
    """Change every body that the API says."""

    def mutate(patch: Patch) -> None:
        real = server._json

        def lie(status: int, body: Any) -> Any:
            copied = json.loads(json.dumps(body))
            change(copied)
            return real(status, copied)

        patch.setattr(server, "_json", lie)

    return mutate


def stored(kind: str, change: Callable[[dict[str, Any]], None]) -> Mutant:
    """Change every new object of a kind."""

    def mutate(patch: Patch) -> None:
        real = Transaction.add

        def lie(self: Transaction, of: str, body: Any, *more: Any) -> None:
            if of == kind:
                change(body)
            real(self, of, body, *more)

        patch.setattr(Transaction, "add", lie)

    return mutate


def sent(change: Callable[[dict[str, Any]], None]) -> Mutant:
    """Change every event on its way into the outbox."""

    def mutate(patch: Patch) -> None:
        real = outbox.post

        def lie(tx: Any, receivers: Any, event: Any) -> None:
            copied = json.loads(json.dumps(event))
            change(copied)
            real(tx, receivers, copied)

        patch.setattr(outbox, "post", lie)

    return mutate


def instead(module: Any, name: str, value: Any) -> Mutant:
    """Replace a function."""
    return lambda patch: patch.setattr(module, name, value)


def flipped(module: Any, kinds: str) -> Mutant:
    """Turn the sign of a movement."""

    def mutate(patch: Patch) -> None:
        real = module.move

        def lie(call: Any, kind: str, amount: int, *more: Any, **named: Any) -> Any:
            return real(call, kind, -amount if kind == kinds else amount, *more, **named)

        patch.setattr(module, "move", lie)

    return mutate


def without_event(module: Any, kind: str, name: str = "emit") -> Mutant:
    """Lose events of a type."""

    def mutate(patch: Patch) -> None:
        real = getattr(module, name)
        patch.setattr(
            module, name, lambda call, of, *more: None if of == kind else real(call, of, *more)
        )

    return mutate


def no_more(module: Any) -> Mutant:
    """Say of every page that it is the last."""

    def mutate(patch: Patch) -> None:
        real = module.page
        patch.setattr(module, "page", lambda *given: {**real(*given), "has_more": False})

    return mutate


def forget_keys(patch: Patch) -> None:
    patch.setattr(server, "_said_before", lambda call, fingerprint: None)
    patch.setattr(server, "_keep", lambda *given: None)


def no_faults(patch: Patch) -> None:
    patch.setattr(faults.Fault, "refuse", lambda self: None)


def unlisted(patch: Patch) -> None:
    """Send events without recording them."""
    real = Transaction.add

    def lie(self: Transaction, of: str, body: Any, *more: Any) -> None:
        if of != "event":
            real(self, of, body, *more)

    patch.setattr(Transaction, "add", lie)


def never_expire(patch: Patch) -> None:
    for module in (checkout, delivery):
        patch.setattr(module, "expire_due", lambda call: None)


def fee_apart(body: dict[str, Any]) -> None:
    body["net"] = body["amount"]


def drop_balance(patch: Patch) -> None:
    """Let transfers take nothing from the balance."""
    patch.setattr(transfers, "available", lambda call, currency: 10**9)


def fees_for_nothing(patch: Patch) -> None:
    patch.setattr(disputes, "FEE", 0)
    real = disputes.open_dispute
    from_http = lambda *given, **named: real(*given, **{"fee": 0, **named})  # noqa: E731
    patch.setattr(disputes, "open_dispute", from_http)


def keep_the_count(patch: Patch) -> None:
    """Count a refund that failed as if it had not."""
    real = refunds._count
    patch.setattr(refunds, "_count", lambda call, charge, cents: real(call, charge, max(cents, 0)))


def extra(body: dict[str, Any]) -> None:
    body["invented"] = 1


def lose_created(body: dict[str, Any]) -> None:
    body.pop("created", None)


def text_amount(body: dict[str, Any]) -> None:
    if "amount" in body:
        body["amount"] = str(body["amount"])


def live(body: dict[str, Any]) -> None:
    if "livemode" in body:
        body["livemode"] = True


MUTANTS: dict[str, tuple[Mutant, str]] = {
    "livemode is true": (answers(live), "livemode"),
    "a required field is missing": (answers(lose_created), "'created' is a required property"),
    "an amount is a text": (answers(text_amount), "amount"),
    "an unknown field": (answers(extra), "invented"),
    "an error without its type": (
        answers(lambda body: body.get("error", {}).pop("type", None)), "'type' is a required",
    ),
    "an event without created": (sent(lose_created), "'created' is a required property"),
    "an event with an unknown field": (sent(extra), "invented"),
    "an event that is live": (sent(live), "livemode"),
    "every event has one id": (
        sent(lambda event: event.update(id="evt_one")), "an event was sent twice",
    ),
    "events are not listed": (unlisted, "differ"),
    "a refund adds to the balance": (flipped(refunds, "refund"), "refund has the wrong sign"),
    "a failed refund costs again": (flipped(refunds, "refund_failure"), "wrong sign"),
    "a transfer adds to the balance": (flipped(transfers, "transfer"), "wrong sign"),
    "a reversal takes": (flipped(transfers, "transfer_refund"), "wrong sign"),
    "a payout adds to the balance": (flipped(payouts, "payout"), "wrong sign"),
    "a failed payout takes": (flipped(payouts, "payout_failure"), "wrong sign"),
    "a fee is a gift": (flipped(balance, "stripe_fee"), "wrong sign"),
    "the fee is not in the net": (stored("balance_transaction", fee_apart), "fee not in it"),
    "the fee has no details": (
        stored("balance_transaction", lambda body: body.update(fee_details=[])), "add up",
    ),
    "movements are not in the balance": (
        instead(balance, "_settle", lambda call: None), "not in the balance",
    ),
    "keys are ignored": (forget_keys, "a key does not replay"),
    "keys take any request": (
        lambda patch: patch.setattr(server, "_said_before", _take_any(server._said_before)),
        "takes all",
    ),
    "keys live for ever": (
        instead(server, "_KEPT_SECONDS", {1: 10**9, 2: 10**9}), "lives for ever",
    ),
    "faults are ignored": (no_faults, "200, not 429"),
    "a kept error is not kept": (
        lambda patch: patch.setattr(server, "_keep", _keep_good(server._keep)), "not 500",
    ),
    "messages are signed over other bytes": (
        lambda patch: patch.setattr(delivery, "sign_with", _sign_other(delivery.sign_with)),
        "other bytes",
    ),
    "messages are signed in its own time": (
        lambda patch: patch.setattr(delivery, "sign_with", _sign_late(delivery.sign_with)),
        "too old",
    ),
    "a restricted account is paid": (
        instead(transfers, "transfers_active", lambda account: True), "restricted account",
    ),
    "transfers need no balance": (drop_balance, "too much"),
    "what was paid out is taken back": (
        instead(transfers, "give_back", lambda *given: None), "reversing what is gone",
    ),
    "every page is the last": (no_more(transfers), "has_more is wrong on the first page"),
    "movements have one page": (no_more(balance), "the pages are not the list"),
    "a charge is twice the price": (
        stored("charge", lambda body: body.update(amount=body["amount"] * 2)),
        "the amount changed",
    ),
    "a dispute costs nothing": (fees_for_nothing, "a dispute costs nothing"),
    "a won dispute keeps the money": (
        flipped(disputes, "adjustment"), "a dispute does not take from the balance",
    ),
    "a failed refund stays counted": (keep_the_count, "still counted"),
    "a debit is paid at once": (
        instead(checkout, "debit_bank", payments.charge_card), "not processing",
    ),
    "a session never expires": (never_expire, "does not expire"),
    "time stands still": (instead(clock, "advance", lambda call, seconds: 0), "does not advance"),
    "no event of a closed account": (
        without_event(accounts, accounts.CLOSED_EVENT, "emit_thin"), "no event",
    ),
    "no event of a failed refund": (without_event(refunds, "refund.failed"), "no event"),
    "no event of a dispute": (without_event(disputes, "charge.dispute.created"), "no event"),
    "an event is never sent": (
        instead(events, "_receivers", lambda *given, **named: []), "no event",
    ),
}  # fmt: skip


def _take_any(real: Any) -> Any:
    def said_before(call: Any, fingerprint: str) -> Any:
        row = call.tx.sql.execute(
            "SELECT request FROM answers WHERE key = ?", (call.key,)
        ).fetchone()
        return real(call, fingerprint if row is None else row[0])

    return said_before


def _keep_good(real: Any) -> Any:
    def keep(call: Any, endpoint: Any, asked: str, status: int, body: Any) -> None:
        if status == 200:
            real(call, endpoint, asked, status, body)

    return keep


def _sign_other(real: Any) -> Any:
    return lambda payload, secrets, moment: real(payload + b" ", secrets, moment)


def _sign_late(real: Any) -> Any:
    return lambda payload, secrets, moment: real(payload, secrets, moment - 86_400)


def test_the_stand_in_passes(tmp_path: Path) -> None:
    with running(tmp_path / "s.db", Receiver()) as market:
        assert check(market) == []


#: One of each kind, in `make test` as well: a shape, a sum, an event, a key, the clock.
SHORT = {
    "a required field is missing",
    "the fee has no details",
    "no event of a dispute",
    "keys are ignored",
    "time stands still",
}


@pytest.mark.parametrize("name", exhaustive_but(SHORT, MUTANTS))
def test_a_broken_one_is_seen(tmp_path: Path, monkeypatch: Patch, name: str) -> None:
    mutate, sign = MUTANTS[name]
    mutate(monkeypatch)
    with running(tmp_path / "s.db", Receiver()) as market:
        found = check(market)
    assert any(sign in fault for fault in found), found
