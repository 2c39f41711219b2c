"""The stand-in's HTTP side: keys, idempotency, errors and addresses of the API."""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from stripe_stand_in import (
    accounts,
    balance,
    checkout,
    control_page,
    controls,
    destinations,
    disputes,
    endpoints,
    events,
    faults,
    hosted_pages,
    keys,
    payments,
    payouts,
    refunds,
    transfers,
)
from stripe_stand_in.call import Call, Endpoint
from stripe_stand_in.config import KEY_PREFIX, StandInConfig
from stripe_stand_in.listing import expand
from stripe_stand_in.params import unflatten
from stripe_stand_in.problems import InvalidParameter, Problem
from stripe_stand_in.store import Store

ENDPOINTS: tuple[Endpoint, ...] = (
    *checkout.ENDPOINTS,
    *payments.ENDPOINTS,
    *refunds.ENDPOINTS,
    *payouts.ENDPOINTS,
    *disputes.ENDPOINTS,
    *transfers.ENDPOINTS,
    *balance.ENDPOINTS,
    *events.ENDPOINTS,
    *endpoints.ENDPOINTS,
    *destinations.ENDPOINTS,
    *accounts.ENDPOINTS,
)

#: So long the answer to a key is kept: at least a day, and thirty in version 2.
_KEPT_SECONDS = {1: 86_400, 2: 30 * 86_400}


def create_stand_in(config: StandInConfig) -> Flask:
    """Build the stand-in; webhooks go out once a `Courier` is started for it.

    Parameters
    ----------
    config : StandInConfig
        Where its state lies and where its events go.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    store = Store(config.state, durable=config.durable)
    with store.transaction() as tx:
        endpoints.configure(tx, config.webhook_url, config.webhook_secret, Call(config, tx).now)
    for number, endpoint in enumerate(ENDPOINTS):
        app.add_url_rule(
            endpoint.rule,
            endpoint=f"api_{number}",
            view_func=_view(config, store, endpoint),
            methods=[endpoint.method],
        )
    app.register_blueprint(hosted_pages.blueprint(config, store))
    app.register_blueprint(control_page.blueprint(config, store))
    app.register_blueprint(controls.blueprint(config, store))
    app.register_error_handler(Problem, _refused)
    app.register_error_handler(HTTPException, _unknown)
    app.after_request(_mark)
    return app


def _view(config: StandInConfig, store: Store, endpoint: Endpoint) -> Any:
    def view(**names: str) -> Response:
        secret = _require_key()
        with store.reading() as tx:
            keys.require(tx, secret, endpoint.method, request.path)
        params = endpoint.shape.read(_given(endpoint), "")
        key = request.headers.get("Idempotency-Key") if endpoint.method == "POST" else None
        if key is not None and not 0 < len(key) <= 255:
            raise InvalidParameter("Idempotency keys have 1 to 255 characters.")
        fault = faults.take(store, endpoint.method, request.path)
        if fault is not None:
            fault.refuse()
        with store.transaction() as tx:
            call = Call(config, tx, params, request.path, key)
            answer = _once(call, endpoint, names, fault)
        if fault is not None and fault.kind == "lost":
            _hang_up()
        return answer

    return view


def _hang_up() -> None:
    """Close the connection, so that what is answered now reaches nobody."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)


def _require_key() -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key.startswith(KEY_PREFIX):
        raise Problem(
            f"Invalid API Key provided: the stand-in accepts keys that begin with {KEY_PREFIX}",
            status=401,
        )
    if "Stripe-Account" in request.headers:
        raise Problem(
            "The stand-in answers for the platform only, not for connected accounts.",
            code="account_invalid",
            status=403,
        )
    return key


def _given(endpoint: Endpoint) -> Mapping[str, Any]:
    if endpoint.method == "GET":
        return unflatten(request.args.items(multi=True))
    if endpoint.version == 1:
        if request.is_json:
            raise InvalidParameter("Version 1 of the API takes form fields.")
        return unflatten(request.form.items(multi=True))
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise InvalidParameter("Version 2 of the API takes a JSON object.", code="invalid_json")
    return body


def _run(call: Call, endpoint: Endpoint, names: Mapping[str, str]) -> dict[str, Any]:
    if endpoint.rule.startswith("/v1/checkout"):
        checkout.expire_due(call)
    answer = endpoint.handler(call, **names)
    return expand(call, answer, call.params.get("expand", []))


def _once(
    call: Call, endpoint: Endpoint, names: Mapping[str, str], fault: faults.Fault | None
) -> Response:
    """Run a request once per idempotency key; a repeated key gets the first answer again.

    Version 1 also keeps an error raised after the work began; version 2 keeps no errors.
    """
    asked = json.dumps([request.path, call.params], sort_keys=True)
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    if call.key is not None:
        replay = _said_before(call, fingerprint)
        if replay is not None:
            return replay
    call.tx.sql.execute("SAVEPOINT work")
    try:
        status, body = 200, _run(call, endpoint, names)
        if fault is not None and fault.kind == "500-kept":
            raise faults.broken()
    except Problem as problem:
        call.tx.sql.execute("ROLLBACK TO work")
        status, body = problem.status, problem.body(version=endpoint.version)
        if endpoint.version == 2 or isinstance(problem, InvalidParameter):
            return _json(status, body)
    if call.key is not None:
        _keep(call, endpoint, fingerprint, status, body)
    return _json(status, body)


def _said_before(call: Call, fingerprint: str) -> Response | None:
    call.tx.sql.execute("DELETE FROM answers WHERE expires <= ?", (call.now,))
    row = call.tx.sql.execute(
        "SELECT request, status, body FROM answers WHERE key = ?", (call.key,)
    ).fetchone()
    if row is None:
        return None
    if row[0] != fingerprint:
        raise Problem(
            "Keys for idempotent requests can only be used with the same parameters they "
            "were first used with.",
            kind="idempotency_error",
        )
    replay = _json(row[1], json.loads(row[2]))
    replay.headers["Idempotent-Replayed"] = "true"
    return replay


def _keep(call: Call, endpoint: Endpoint, asked: str, status: int, body: Mapping[str, Any]) -> None:
    call.tx.sql.execute(
        "INSERT INTO answers (key, request, status, body, expires) VALUES (?, ?, ?, ?, ?)",
        (call.key, asked, status, json.dumps(body), call.now + _KEPT_SECONDS[endpoint.version]),
    )


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")


def _refused(problem: Problem) -> Response:
    version = 2 if request.path.startswith("/v2/") else 1
    return _json(problem.status, problem.body(version=version))


def _unknown(error: HTTPException) -> Response:
    status = error.code or 500
    message = f"Unrecognized request ({request.method}: {request.path}): {error.name}"
    return _refused(Problem(message, status=status))


def _mark(response: Response) -> Response:
    response.headers["Request-Id"] = f"req_standin{secrets.token_hex(7)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
    return response
