"""The page /controls: the common controls as buttons, for a person at a demonstration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from stripe_stand_in import accounts, clock, holdings, outbox, payouts, refunds
from stripe_stand_in.call import Call
from stripe_stand_in.checkout import settle_delayed
from stripe_stand_in.config import StandInConfig
from stripe_stand_in.listing import Filter
from stripe_stand_in.page_frame import language_of, show
from stripe_stand_in.problems import Problem
from stripe_stand_in.store import Store
from stripe_stand_in.translations import amount

_DAY = 86_400
_SHOWN = 20

#: What a button says -> what it does to the object it stands beside.
ACTS: dict[str, Callable[[Call, str], object]] = {
    "day": lambda call, _: clock.advance(call, _DAY),
    "hold": lambda call, _: outbox.set_mode(call.tx, "hold"),
    "release": lambda call, _: outbox.set_mode(call.tx, "normal"),
    "shuffle": lambda call, _: outbox.release(call.tx, "random", 1, seed=call.now),
    "session_paid": lambda call, name: settle_delayed(call, name, succeeded=True),
    "session_failed": lambda call, name: settle_delayed(call, name, succeeded=False),
    "refunds_pend": lambda call, _: call.tx.set(refunds.MANNER, "pend"),
    "refunds_succeed": lambda call, _: call.tx.set(refunds.MANNER, "succeed"),
    "refund_done": lambda call, name: refunds.end_refund(call, name, succeeded=True),
    "refund_failed": lambda call, name: refunds.end_refund(call, name, succeeded=False),
    "payout_paid": lambda call, name: payouts.end_payout(call, name, "paid"),
    "payout_failed": lambda call, name: payouts.end_payout(call, name, "failed"),
    "restrict": lambda call, name: accounts.set_status(call, name, "restricted"),
    "activate": lambda call, name: accounts.set_status(call, name, "active"),
    "pay_out": holdings.pay_out,
    "bank_refuses": holdings.bank_refuses,
    "close": accounts.close,
}


def blueprint(config: StandInConfig, store: Store) -> Blueprint:
    """Return the page of one stand-in."""
    found = Blueprint("control_page", __name__)

    def page(fault: str = "") -> Response:
        with store.transaction() as tx:
            return _page(Call(config, tx), fault)

    @found.get("/controls")
    def controls() -> Response:
        return page()

    @found.post("/controls")
    def act() -> BaseResponse:
        # A page of another site must not press a button here.
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Problem("Forms of other sites are not taken.", status=403)
        what = ACTS.get(request.form.get("act", ""))
        if what is None:
            return page("control_unknown")
        try:
            with store.transaction() as tx:
                what(Call(config, tx), request.form.get("id", ""))
        except Problem:
            return page("control_refused")
        return redirect(f"/controls?locale={language_of(None)}", 303)

    return found


def _page(call: Call, fault: str) -> Response:
    language = language_of(None)

    def told(each: dict[str, Any], cents: str = "amount") -> dict[str, Any]:
        return {**each, "total": amount(each[cents], each["currency"], language)}

    return show(
        "stand_in/controls.html",
        language,
        status=422 if fault else 200,
        fault=fault,
        now=datetime.fromtimestamp(call.now, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        messages={**outbox.mode(call.tx), **outbox.counts(call.tx)},
        sessions=[told(each, "amount_total") for each in _waiting_sessions(call)],
        refunds=[told(each) for each in call.tx.newest("refund", _SHOWN)],
        manner=call.tx.setting(refunds.MANNER, "succeed"),
        payouts=[told(each) for each in call.tx.newest("payout", _SHOWN)],
        accounts=[_account(call, each) for each in call.tx.newest("v2.core.account", _SHOWN)],
    )


def _waiting_sessions(call: Call) -> list[dict[str, Any]]:
    intents = Filter("payment_intent")
    intents.equal("status", "processing")
    found = []
    for _, intent in intents.find(call, older=True, count=_SHOWN):
        sessions = Filter("checkout.session")
        sessions.equal("payment_intent", intent["id"])
        found += [each for _, each in sessions.find(call, older=True, count=1)]
    return found


def _account(call: Call, account: dict[str, Any]) -> dict[str, Any]:
    status = "closed" if account["closed"] else accounts.transfers_status(account)
    return {**account, "status": status, "held": any(holdings.held(call, account["id"]).values())}
