"""What tests and demonstrations do to the stand-in, over HTTP in JSON: /stand-in/..."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from stripe_stand_in import (
    accounts,
    balance,
    checkout,
    clock,
    disputes,
    endpoints,
    faults,
    holdings,
    keys,
    outbox,
    payouts,
    refunds,
)
from stripe_stand_in.call import Call
from stripe_stand_in.config import KEY_PREFIX, StandInConfig
from stripe_stand_in.params import Fields, Several, Shape, Text, Truth, Whole
from stripe_stand_in.problems import Problem
from stripe_stand_in.store import Store

Act = Callable[..., Any]

#: The keys that may control; restricted ones may not.
_CONTROLLING = f"{KEY_PREFIX}sk_"


def blueprint(config: StandInConfig, store: Store) -> Blueprint:
    """Return the controls of one stand-in."""
    found = Blueprint("controls", __name__, url_prefix="/stand-in")
    for number, (method, rule, act, shape) in enumerate(CONTROLS):
        found.add_url_rule(
            rule, f"control_{number}", _view(config, store, act, shape), methods=[method]
        )
    return found


def _view(config: StandInConfig, store: Store, act: Act, shape: Shape) -> Any:
    def view(**names: str) -> Response:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key.startswith(_CONTROLLING):
            raise Problem(f"Controls need a key that begins with {_CONTROLLING}", status=401)
        given = request.get_json(silent=True) if request.get_data() else {}
        params = shape.read(given, "")
        with store.transaction() as tx:
            answer = act(Call(config, tx, params, request.path), **names)
        return Response(json.dumps(answer), mimetype="application/json")

    return view


def _clock(call: Call) -> Mapping[str, Any]:
    if "advance" in call.params:
        clock.advance(call, call.params["advance"])
    if "now" in call.params:
        clock.go_to(call, call.params["now"])
    return {"now": call.now}


def _order_fault(call: Call) -> Mapping[str, Any]:
    return faults.order(call.tx, **call.params)


def _faults(call: Call) -> Mapping[str, Any]:
    return {"data": faults.ordered(call.tx)}


def _clear_faults(call: Call) -> Mapping[str, Any]:
    faults.clear(call.tx)
    return _faults(call)


def _settle_session(call: Call, identifier: str) -> Mapping[str, Any]:
    return checkout.settle_delayed(
        call, identifier, succeeded=call.params["outcome"] == "succeeded"
    )


def _deliveries(call: Call) -> Mapping[str, Any]:
    if "mode" in call.params:
        outbox.set_mode(call.tx, call.params["mode"], call.params.get("delay", 0))
    return {**outbox.mode(call.tx), **outbox.counts(call.tx)}


def _release(call: Call) -> Mapping[str, Any]:
    return {"released": outbox.release(call.tx, **call.params)}


def _drop(call: Call) -> Mapping[str, Any]:
    return {"dropped": outbox.drop(call.tx, **call.params)}


def _settings(call: Call) -> Mapping[str, Any]:
    if refunds.MANNER in call.params:
        call.tx.set(refunds.MANNER, call.params[refunds.MANNER])
    return {refunds.MANNER: call.tx.setting(refunds.MANNER, "succeed")}


def _open_dispute(call: Call, identifier: str) -> Mapping[str, Any]:
    return disputes.open_dispute(call, identifier, **call.params)


def _decide(call: Call, identifier: str) -> Mapping[str, Any]:
    said = call.params["outcome"]
    if said in ("won", "lost"):
        return disputes.close_dispute(call, identifier, won=said == "won")
    return disputes.end_inquiry(call, identifier, escalated=said == "escalated")


def _end_refund(call: Call, identifier: str) -> Mapping[str, Any]:
    reason = call.params.get("reason", "expired_or_canceled_card")
    succeeded = call.params["outcome"] == "succeeded"
    return refunds.end_refund(call, identifier, succeeded=succeeded, reason=reason)


def _end_payout(call: Call, identifier: str) -> Mapping[str, Any]:
    return payouts.end_payout(call, identifier, call.params["outcome"])


def _account(call: Call, identifier: str) -> Mapping[str, Any]:
    given = call.params
    call.get("v2.core.account", identifier)
    if "status" in given:
        accounts.set_status(call, identifier, given["status"])
    if given.get("closed"):
        accounts.close(call, identifier)
    if given.get("pay_out"):
        holdings.pay_out(call, identifier)
    if given.get("payout_failed"):
        holdings.bank_refuses(call, identifier)
    found = call.get("v2.core.account", identifier)
    return {**found, "held": holdings.held(call, identifier)}


def _charge_fee(call: Call) -> Mapping[str, Any]:
    given = call.params
    return balance.charge_fee(
        call, given["amount"], given["currency"], given.get("description", "Connect fees")
    )


def _key(call: Call) -> Mapping[str, Any]:
    pairs = [(each["resource"], each["right"]) for each in call.params["allowed"]]
    return {"key": keys.register(call.tx, call.params["name"], pairs)}


def _roll(call: Call, identifier: str) -> Mapping[str, Any]:
    return {"secret": endpoints.roll_secret(call, identifier, **call.params)}


def outcome(*choices: str) -> Fields:
    """Return the parameters of a control that ends something."""
    return Fields({"outcome": Text(choices=choices)}, ("outcome",))


_NONE = Fields({})
_TYPES = Several(Text())

CONTROLS: tuple[tuple[str, str, Act, Shape], ...] = (
    ("GET", "/clock", _clock, _NONE),
    ("POST", "/clock", _clock, Fields({"advance": Whole(), "now": Whole()})),
    ("GET", "/faults", _faults, _NONE),
    ("DELETE", "/faults", _clear_faults, _NONE),
    (
        "POST",
        "/faults",
        _order_fault,
        Fields(
            {
                "kind": Text(choices=tuple(faults.KINDS)),
                "method": Text(),
                "path": Text(),
                "skip": Whole(),
                "times": Whole(1),
                "milliseconds": Whole(0, 60_000),
            },
            ("kind",),
        ),
    ),
    (
        "POST",
        "/sessions/<identifier>/settle",
        _settle_session,
        outcome("succeeded", "failed"),
    ),
    ("GET", "/deliveries", _deliveries, _NONE),
    (
        "POST",
        "/deliveries",
        _deliveries,
        Fields({"mode": Text(choices=outbox.MODES), "delay": Whole(0, 86_400)}, ("mode",)),
    ),
    (
        "POST",
        "/deliveries/release",
        _release,
        Fields(
            {
                "order": Text(choices=outbox.ORDERS),
                "duplicates": Whole(0, 100),
                "seed": Whole(),
                "types": _TYPES,
            }
        ),
    ),
    ("POST", "/deliveries/drop", _drop, Fields({"types": _TYPES, "count": Whole()})),
    ("GET", "/settings", _settings, _NONE),
    ("POST", "/settings", _settings, Fields({refunds.MANNER: Text(choices=("succeed", "pend"))})),
    (
        "POST",
        "/charges/<identifier>/dispute",
        _open_dispute,
        Fields({"amount": Whole(1), "reason": Text(), "fee": Whole(), "inquiry": Truth()}),
    ),
    (
        "POST",
        "/disputes/<identifier>",
        _decide,
        outcome("won", "lost", "escalated", "warning_closed"),
    ),
    (
        "POST",
        "/refunds/<identifier>",
        _end_refund,
        Fields(
            {
                "outcome": Text(choices=("succeeded", "failed")),
                "reason": Text(choices=refunds.FAILURES),
            },
            ("outcome",),
        ),
    ),
    ("POST", "/payouts/<identifier>", _end_payout, outcome(*payouts.OUTCOMES)),
    ("GET", "/accounts/<identifier>", _account, _NONE),
    (
        "POST",
        "/accounts/<identifier>",
        _account,
        Fields(
            {
                "status": Text(choices=("active", "pending", "restricted")),
                "closed": Truth(),
                "pay_out": Truth(),
                "payout_failed": Truth(),
            }
        ),
    ),
    (
        "POST",
        "/fees",
        _charge_fee,
        Fields(
            {
                "amount": Whole(1),
                "currency": Text(3, pattern="[a-z]{3}"),
                "description": Text(),
            },
            ("amount", "currency"),
        ),
    ),
    (
        "POST",
        "/keys",
        _key,
        Fields(
            {
                "name": Text(200, pattern="[A-Za-z0-9_]+"),
                "allowed": Several(
                    Fields(
                        {"resource": Text(), "right": Text(choices=keys.RIGHTS)},
                        ("resource", "right"),
                    )
                ),
            },
            ("name", "allowed"),
        ),
    ),
    (
        "POST",
        "/webhook_endpoints/<identifier>/roll",
        _roll,
        Fields({"seconds": Whole(), "secret": Text(200)}),
    ),
)
