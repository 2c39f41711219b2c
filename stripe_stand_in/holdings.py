"""What connected accounts hold: received, not taken back, and not yet paid out to their banks."""

from __future__ import annotations

from typing import Any

from stripe_stand_in.call import Call
from stripe_stand_in.events import emit
from stripe_stand_in.payouts import fail, new_payout
from stripe_stand_in.problems import Problem


def held(call: Call, account: str) -> dict[str, int]:
    """Return the cents that an account holds, by currency."""
    return dict(
        call.tx.sql.execute("SELECT currency, amount FROM held WHERE account = ?", (account,))
    )


def receive(call: Call, account: str, cents: int, currency: str) -> None:
    """Add what a transfer brings."""
    call.tx.sql.execute(
        "INSERT INTO held (account, currency, amount) VALUES (?, ?, ?) "
        "ON CONFLICT (account, currency) DO UPDATE SET amount = amount + excluded.amount",
        (account, currency, cents),
    )


def give_back(call: Call, account: str, cents: int, currency: str) -> None:
    """Take what a reversal takes.

    Raises
    ------
    Problem
        For more than the account still holds: the rest was paid out to its bank.
    """
    if held(call, account).get(currency, 0) < cents:
        raise Problem(
            "Insufficient funds in the destination account to reverse this transfer.",
            code="balance_insufficient",
        )
    receive(call, account, -cents, currency)


def pay_out(call: Call, account: str) -> list[dict[str, Any]]:
    """Pay all that an account holds out to its bank, as Stripe does by itself.

    Raises
    ------
    Problem
        If it holds nothing.
    """
    payouts = []
    for currency, cents in held(call, account).items():
        if cents > 0:
            payout = new_payout(call, cents, currency, given={}, automatic=True)
            payout["status"] = "paid"
            receive(call, account, -cents, currency)
            # The platform's list of payouts does not hold those of the accounts.
            call.tx.add("connected_payout", payout, call.now, {"account": account})
            emit(call, "payout.paid", payout, account)
            payouts.append(payout)
    if not payouts:
        raise Problem(f"Account {account} holds nothing.")
    return payouts


def bank_refuses(call: Call, account: str) -> dict[str, Any]:
    """Let the bank send the account's latest payout back; the account holds it again.

    Raises
    ------
    Problem
        If the account was paid nothing, or all of it came back.
    """
    row = call.tx.sql.execute(
        "SELECT id FROM objects WHERE kind = 'connected_payout' "
        "AND json_extract(body, '$.status') = 'paid' "
        "AND json_extract(hidden, '$.account') = ? ORDER BY seq DESC LIMIT 1",
        (account,),
    ).fetchone()
    if row is None:
        raise Problem(f"No payout of account {account} can come back.")
    payout = call.get("connected_payout", row[0])
    fail(payout)
    call.tx.save(payout)
    receive(call, account, payout["amount"], payout["currency"])
    emit(call, "payout.failed", payout, account)
    return payout
