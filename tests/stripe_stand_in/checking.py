"""A check of any stand-in from outside: shapes by Stripe's description, behaviour by a script.

It asks over HTTP only, remembers what it was told itself, and reports faults instead of raising,
so that a broken stand-in can be shown to be seen.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.stripe_stand_in.description import faults_of_answer, faults_of_event
from tests.support.controls import Controls
from tests.support.provider import SECRET, Market

KEY = {"Authorization": "Bearer standin_sk_tests"}
CENTS = 2_000

#: Type of movement -> the sign of its amount; adjustments may have either.
SIGNS = {
    "charge": 1,
    "payment": 1,
    "refund": -1,
    "payment_refund": -1,
    "refund_failure": 1,
    "transfer": -1,
    "transfer_refund": 1,
    "payout": -1,
    "payout_failure": 1,
    "payout_cancel": 1,
    "stripe_fee": -1,
}

SESSION = {
    "mode": "payment",
    "success_url": "http://127.0.0.1:8000/done",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": str(CENTS),
    "line_items[0][price_data][product_data][name]": "Table",
}

EXPECTED_EVENTS = {
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.failed",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "payout.created",
    "payout.failed",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "transfer.created",
    "transfer.reversed",
    "v2.core.account.closed",
    "v2.core.account.created",
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account[requirements].updated",
}


@dataclass
class Check:
    """One stand-in under examination."""

    market: Market
    found: list[str] = field(default_factory=list)

    @property
    def controls(self) -> Controls:
        return Controls(self.market.url)

    def say(self, good: object, what: str) -> None:
        """Note a fault unless something holds."""
        if not good:
            self.found.append(what)

    def ask(self, method: str, path: str, key: str = "", status: int = 200, **fields: str) -> Any:
        """Ask, check status and shape, and return what was said."""
        headers = {**KEY, "Idempotency-Key": key} if key else KEY
        answer = self.market.ask(method, path, headers, **fields)
        self.say(answer.status == status, f"{method} {path}: {answer.status}, not {status}")
        bare = urlsplit(path).path
        for fault in faults_of_answer(method, bare, answer.status, answer.json):
            self.found.append(f"shape of {method} {bare}: {fault}")
        self.say(not _live(answer.json), f"{method} {path} says livemode: true")
        return answer.json

    def refused(self, what: str, code: str, method: str, path: str, **fields: str) -> None:
        """Check that something is refused with a code."""
        error = self.ask(method, path, status=400, **fields).get("error", {})
        self.say(error.get("code", "") == code, f"{what}: code {error.get('code')}, not {code}")

    def available(self) -> int:
        return int(self.ask("GET", "/v1/balance")["available"][0]["amount"])

    def moved(self, source: str) -> list[dict[str, Any]]:
        rows = self.ask("GET", "/v1/balance_transactions", source=source)["data"]
        return list(rows)

    def pay(self, card: str) -> dict[str, Any]:
        """Open a page and pay on it; return the session with its charge inside."""
        opened = self.ask("POST", "/v1/checkout/sessions", **SESSION)
        self.say(opened["payment_status"] == "unpaid", "a new session is not unpaid")
        done = self.market.ask("POST", urlsplit(opened["url"]).path, {}, card=card)
        self.say(done.status == 303, f"paying by {card}: {done.status}")
        return self.session(opened["id"])

    def session(self, identifier: str) -> dict[str, Any]:
        path = "payment_intent.latest_charge.balance_transaction"
        found: dict[str, Any] = self.ask(
            "GET", f"/v1/checkout/sessions/{identifier}", **{"expand[0]": path}
        )
        return found

    def account(self) -> str:
        """Open an account and complete it."""
        opened = self.market.gateway.open_connected_account("a@example.org", "FR", "A", "acc")
        links = "http://127.0.0.1:8000/back", "http://127.0.0.1:8000/again"
        link = self.market.gateway.onboarding_link(opened.id, *links)
        self.market.ask("POST", urlsplit(link).path, {})
        shown = self.market.gateway.connected_account(opened.id)
        self.say(shown.payable, "an account that was completed is not payable")
        return opened.id


def _live(node: Any) -> bool:
    if isinstance(node, dict):
        return node.get("livemode") is True or any(_live(each) for each in node.values())
    return isinstance(node, list) and any(_live(each) for each in node)


def check(market: Market) -> list[str]:
    """Return everything that is wrong with a running stand-in, which must be fresh."""
    done = Check(market)
    parts: tuple[Callable[[Check], None], ...] = (
        _sales, _keys, _faults, _transfers, _disputes, _delayed, _refunds, _payouts, _clock,
        _pages, _closing, _sums, _messages,
    )  # fmt: skip
    for part in parts:
        try:
            part(done)
        except Exception as error:  # a broken stand-in may say anything
            done.found.append(f"{part.__name__}: {type(error).__name__}: {error}")
    return done.found


def _sales(done: Check) -> None:
    session = done.pay("good")
    charge = session["payment_intent"]["latest_charge"]
    movement = charge["balance_transaction"]
    done.say(session["payment_status"] == "paid", "a paid session is not paid")
    done.say(session["amount_total"] == charge["amount"] == CENTS, "the amount changed")
    done.say(movement["type"] == "charge", "a charge moves otherwise")
    done.say(movement["fee"] > 0, "a charge without a fee")
    done.say(done.available() == CENTS - movement["fee"], "the sale is not in the balance")
    again = done.market.ask("POST", f"/checkout/{session['id']}", {}, card="good")
    done.say(again.status == 200, "a session is paid twice")


def _keys(done: Check) -> None:
    intent = done.pay("good")["payment_intent"]["id"]
    asked = {"payment_intent": intent, "amount": "100"}
    first = done.ask("POST", "/v1/refunds", "k", **asked)
    second = done.ask("POST", "/v1/refunds", "k", **asked)
    done.say(first == second, "a key does not replay")
    error = done.ask("POST", "/v1/refunds", "k", 400, payment_intent=intent, amount="1")
    done.say(error.get("error", {}).get("type") == "idempotency_error", "a key takes all requests")
    done.say(len(done.moved(first["id"])) == 1, "a replay moved money")
    done.refused("more than the rest", "", "POST", "/v1/refunds", **{**asked, "amount": "1901"})
    listed = done.ask("GET", "/v1/refunds", payment_intent=intent)["data"]
    done.say(len(listed) == 1, f"{len(listed)} refunds, not 1")


def _faults(done: Check) -> None:
    intent = done.pay("good")["payment_intent"]["id"]
    for number, (kind, status, later) in enumerate(
        (("429", 429, 200), ("409", 409, 200), ("500", 500, 200), ("500-kept", 500, 500))
    ):
        done.controls.fault(kind, "POST", "/v1/refunds")
        asked = {"payment_intent": intent, "amount": "10"}
        done.ask("POST", "/v1/refunds", f"fault-{number}", status, **asked)
        done.ask("POST", "/v1/refunds", f"fault-{number}", later, **asked)
    listed = done.ask("GET", "/v1/refunds", payment_intent=intent)["data"]
    done.say(len(listed) == 3, f"faults: {len(listed)} refunds, not 3")


def _transfers(done: Check) -> None:
    account, before = done.account(), done.available()
    sent = {"amount": "500", "currency": "eur", "destination": account, "transfer_group": "g"}
    transfer = done.ask("POST", "/v1/transfers", **sent)
    done.say(done.available() == before - 500, "a transfer does not take from the balance")
    done.refused(
        "too much", "balance_insufficient", "POST", "/v1/transfers", **{**sent, "amount": "999999"}
    )
    path = f"/v1/transfers/{transfer['id']}/reversals"
    done.ask("POST", path, amount="200")
    done.say(done.available() == before - 300, "a reversal does not come back")
    done.controls.pay_out(account)
    done.refused("reversing what is gone", "balance_insufficient", "POST", path, amount="1")
    done.controls.account_status(account, "restricted")
    done.refused(
        "to a restricted account", "insufficient_capabilities_for_transfer",
        "POST", "/v1/transfers", **sent,
    )  # fmt: skip
    done.controls.account_status(account, "active")
    done.ask("POST", "/v1/transfers", **sent)
    kinds = {"limit": "1", "transfer_group": "g"}
    first = done.ask("GET", "/v1/transfers", **kinds)
    done.say(first["has_more"] is True, "has_more is wrong on the first page")
    last = done.ask("GET", "/v1/transfers", **kinds, starting_after=first["data"][0]["id"])
    done.say(last["has_more"] is False, "has_more is wrong on the last page")
    done.say([each["id"] for each in last["data"]] == [transfer["id"]], "pages are not in order")
    other = done.ask("GET", "/v1/transfers", transfer_group="other")["data"]
    done.say(other == [], "a filter lets others pass")


def _disputes(done: Check) -> None:
    charge = done.pay("good")["payment_intent"]["latest_charge"]
    before = done.available()
    dispute = done.controls.dispute(charge["id"], 700)
    fee = sum(each["fee"] for each in done.moved(dispute["id"]))
    done.say(fee > 0, "a dispute costs nothing")
    done.say(done.available() == before - 700 - fee, "a dispute does not take from the balance")
    done.refused("what is disputed", "charge_disputed", "POST", "/v1/refunds", charge=charge["id"])
    done.controls.decide(dispute["id"], "won")
    done.say(done.available() == before - fee, "a won dispute does not come back")
    shown = done.ask("GET", f"/v1/disputes/{dispute['id']}")
    done.say(shown["status"] == "won", "a won dispute is not won")


def _delayed(done: Check) -> None:
    for outcome, status in (("succeeded", "paid"), ("failed", "unpaid")):
        session = done.pay("debit")
        intent, before = session["payment_intent"], done.available()
        done.say(session["payment_status"] == "unpaid", "a debit is paid at once")
        done.say(intent["status"] == "processing", "a debit is not processing")
        done.say(intent["latest_charge"]["status"] == "pending", "a debit is not pending")
        done.controls.settle(session["id"], outcome)
        ended = done.session(session["id"])
        done.say(ended["payment_status"] == status, f"a debit that {outcome} is not {status}")
        done.say((done.available() > before) is (status == "paid"), "a debit moves money wrongly")


def _refunds(done: Check) -> None:
    done.controls.refunds("pend")
    before = done.available()
    intent = done.pay("good")["payment_intent"]["id"]
    refund = done.ask("POST", "/v1/refunds", payment_intent=intent)
    done.say(refund["status"] == "pending", "a refund does not pend")
    done.controls.end_refund(refund["id"], "failed")
    done.controls.refunds("succeed")
    done.say(done.available() > before, "a refund that failed does not come back")
    shown = done.ask("GET", f"/v1/refunds/{refund['id']}")
    done.say(shown["status"] == "failed", "a refund that failed has not")
    charge = done.ask("GET", f"/v1/charges/{refund['charge']}")
    done.say(charge["amount_refunded"] == 0, "a refund that failed is still counted")


def _payouts(done: Check) -> None:
    before = done.available()
    payout = done.ask("POST", "/v1/payouts", amount="300", currency="eur")
    done.say(done.available() == before - 300, "a payout does not take from the balance")
    done.controls.payout(payout["id"], "failed")
    done.say(done.available() == before, "a payout that failed does not come back")
    done.refused(
        "too much", "balance_insufficient", "POST", "/v1/payouts", amount="9999999", currency="eur"
    )
    done.controls.fee(50)
    done.say(done.available() == before - 50, "a fee is not taken")


def _clock(done: Check) -> None:
    opened = done.ask("POST", "/v1/checkout/sessions", **SESSION)
    intent = done.pay("good")["payment_intent"]["id"]
    first = done.ask("POST", "/v1/refunds", "day", payment_intent=intent, amount="10")
    now = done.controls.now()
    done.controls.advance(86_500)
    done.say(done.controls.now() >= now + 86_500, "the clock does not advance")
    gone = done.ask("GET", f"/v1/checkout/sessions/{opened['id']}")
    done.say(gone["status"] == "expired", "a session does not expire")
    second = done.ask("POST", "/v1/refunds", "day", payment_intent=intent, amount="10")
    done.say(first["id"] != second["id"], "a key lives for ever")


def _pages(done: Check) -> None:
    whole = done.ask("GET", "/v1/balance_transactions", limit="100")["data"]
    walked: list[Any] = []
    after: dict[str, str] = {}
    for _ in range(20):
        found = done.ask("GET", "/v1/balance_transactions", limit="7", **after)
        walked += found["data"]
        if not found["has_more"] or not found["data"]:
            break
        after = {"starting_after": found["data"][-1]["id"]}
    done.say(walked == whole, "the pages are not the list")
    old = done.ask("GET", "/v1/balance_transactions", **{"created[lt]": "1000"})["data"]
    done.say(old == [], "created does not filter")


def _closing(done: Check) -> None:
    account = done.market.gateway.open_connected_account("b@example.org", "FR", "B", "close").id
    done.controls.close_account(account)
    shown = done.ask("GET", f"/v2/core/accounts/{account}")
    done.say(shown["closed"], "a closed account is open")
    sent = {"amount": "1", "currency": "eur", "destination": account}
    done.ask("POST", "/v1/transfers", status=400, **sent)


def _sums(done: Check) -> None:
    rows = done.ask("GET", "/v1/balance_transactions", limit="100")["data"]
    for row in rows:
        done.say(row["net"] == row["amount"] - row["fee"], f"net of {row['type']}: fee not in it")
        done.say(
            sum(each["amount"] for each in row["fee_details"]) == row["fee"], "fees do not add up"
        )
        sign = SIGNS.get(row["type"], 0)
        done.say(row["amount"] * sign >= 0, f"{row['type']} has the wrong sign")
    balance = done.ask("GET", "/v1/balance")
    held = sum(part["amount"] for status in ("available", "pending") for part in balance[status])
    done.say(sum(row["net"] for row in rows) == held, "the balance is not the sum of its movements")


def _messages(done: Check) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end and done.controls.deliveries()["waiting"]:
        time.sleep(0.02)
    time.sleep(0.05)
    messages = list(done.market.receiver.messages)
    for payload, header in messages:
        parts = dict(part.split("=", 1) for part in header.split(","))
        signed = f"{parts['t']}.".encode() + payload
        expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        done.say(hmac.compare_digest(parts["v1"], expected), "a signature is of other bytes")
        done.say(abs(time.time() - int(parts["t"])) < 300, "a signature is too old")
    events = done.market.receiver.events
    for event in events:
        for fault in faults_of_event(event):
            done.found.append(f"event {event['type']}: {fault}")
        done.say(not _live(event), f"event {event['type']} says livemode: true")
    identifiers = [event["id"] for event in events]
    done.say(len(identifiers) == len(set(identifiers)), "an event was sent twice")
    missing = EXPECTED_EVENTS - {event["type"] for event in events}
    done.say(not missing, f"no event {', '.join(sorted(missing))}")
    listed, after = [], {}
    while True:
        found = done.ask("GET", "/v1/events", limit="100", **after)
        listed += [each["id"] for each in found["data"]]
        if not found["has_more"] or not found["data"]:
            break
        after = {"starting_after": found["data"][-1]["id"]}
    own = {e["id"] for e in events if e["object"] == "event" and "account" not in e}
    done.say(own == set(listed), "the list of events and the messages differ")
