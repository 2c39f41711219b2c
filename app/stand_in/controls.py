"""What tests and demonstrations do to the stand-in, over HTTP in JSON: /stand-in/..."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from app.stand_in import checkout, clock, faults
from app.stand_in.call import Call
from app.stand_in.config import KEY_PREFIX, StandInConfig
from app.stand_in.params import Fields, Shape, Text, Whole
from app.stand_in.problems import Problem
from app.stand_in.store import Store

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


def outcome(*choices: str) -> Fields:
    """Return the parameters of a control that ends something."""
    return Fields({"outcome": Text(choices=choices)}, ("outcome",))


_NONE = Fields({})

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
)
