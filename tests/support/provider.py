"""A running stand-in, a running receiver of its webhooks, and the real SDK between them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, request
from stripe import StripeClient
from werkzeug.serving import BaseWSGIServer, make_server

from app.payments.gateway import CheckoutLine, CheckoutRequest, CheckoutSession
from app.payments.mode import decide
from app.payments.stripe_gateway import StripeGateway, connect
from stripe_stand_in import StandInConfig, create_stand_in
from stripe_stand_in.delivery import Courier
from tests.support.compiled import compile_once

SECRET = "whsec_of_the_tests"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a free port of this machine; yield its address."""
    server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Receiver:
    """Takes webhooks, or refuses the first few."""

    refuse: int = 0
    messages: list[tuple[bytes, str]] = field(default_factory=list)
    refused: int = 0

    def app(self) -> Flask:
        """Return the application that receives."""
        app = Flask("receiver")

        @app.post("/webhooks/stripe")
        def take() -> Response:
            if self.refuse > 0:
                self.refuse -= 1
                self.refused += 1
                return Response(status=500)
            self.messages.append((request.get_data(), request.headers["Stripe-Signature"]))
            return Response(status=200)

        return app

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the messages taken."""
        return [json.loads(payload) for payload, _ in self.messages]

    def wait_for(self, kind: str, seconds: float = 15.0) -> tuple[bytes, str]:
        """Return the first message of a type, waiting for it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for payload, signature in list(self.messages):
                if json.loads(payload)["type"] == kind:
                    return payload, signature
            time.sleep(0.02)
        raise AssertionError(f"no {kind} among {[event['type'] for event in self.events]}")


@dataclass
class Answer:
    """What the stand-in said."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.text)


@dataclass
class Market:
    """Everything that runs in one test."""

    url: str
    config: StandInConfig
    receiver: Receiver
    gateway: StripeGateway
    answers: list[tuple[str, str, int, Any]]
    #: What the library sent: method, path, query, content type and body.
    requests: list[tuple[str, str, str, str, bytes]] = field(default_factory=list)

    @property
    def client(self) -> StripeClient:
        """Return the library itself, for what the gateway does not use."""
        return self.gateway._client

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **fields: str
    ) -> Answer:
        """Send a raw request with form fields, with a good key unless headers say otherwise."""
        given = {"Authorization": "Bearer standin_sk_tests"} if headers is None else headers
        body = urlencode(fields) if method == "POST" else None
        if body is not None:
            given = {"Content-Type": "application/x-www-form-urlencoded", **given}
        query = f"?{urlencode(fields)}" if method == "GET" and fields else ""
        return self._exchange(method, path + query, given, body)

    def send(self, method: str, path: str, headers: dict[str, str], body: str) -> Answer:
        """Send a raw request with a body in JSON."""
        return self._exchange(method, path, {"Content-Type": "application/json", **headers}, body)

    def _exchange(
        self, method: str, path: str, headers: dict[str, str], body: str | None
    ) -> Answer:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=20)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read().decode())
        finally:
            connection.close()

    def path_of(self, url: str | None) -> str:
        """Return the path of an address of the stand-in."""
        assert url is not None
        assert url.startswith(self.url)
        return urlsplit(url).path

    def open_checkout(self, order: str = "order-1", cents: int = 1_250) -> CheckoutSession:
        """Open a payment page."""
        return self.gateway.open_checkout(checkout_request(order, cents))

    def paid_checkout(self, order: str = "order-1", cents: int = 1_250) -> CheckoutSession:
        """Open a payment page and pay on it, as a browser without scripts does."""
        opened = self.open_checkout(order, cents)
        done = self.ask("POST", self.path_of(opened.url), {}, card="good")
        assert done.status == 303
        return self.gateway.checkout(opened.id)

    def payable_account(self, key: str = "account-1") -> str:
        """Open an account and complete its onboarding."""
        opened = self.gateway.open_connected_account("ana@example.org", "FR", "Ana", key)
        link = self.gateway.onboarding_link(
            opened.id, "http://127.0.0.1:8000/back", "http://127.0.0.1:8000/again"
        )
        assert self.ask("POST", self.path_of(link), {}).status == 303
        return opened.id


def checkout_request(order: str = "order-1", cents: int = 1_250) -> CheckoutRequest:
    """Build a request for a payment page."""
    return CheckoutRequest(
        order_id=order,
        lines=(CheckoutLine("Shopping by age", cents),),
        currency="EUR",
        success_url="http://127.0.0.1:8000/orders/done?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://127.0.0.1:8000/orders/back",
        locale="en",
        idempotency_key=f"checkout-{order}",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


@contextmanager
def running(
    state: Path, receiver: Receiver, clock: Callable[[], float] = time.time, settle: int = 0
) -> Iterator[Market]:
    """Run the stand-in, its courier and a receiver; record all that the API is asked and says."""
    answers: list[tuple[str, str, int, Any]] = []
    requests: list[tuple[str, str, str, str, bytes]] = []
    with served(receiver.app()) as receiving:
        config = StandInConfig(
            state=state,
            webhook_url=f"{receiving}/webhooks/stripe",
            webhook_secret=SECRET,
            settle_seconds=settle,
            clock=clock,
            durable=False,
        )
        # The address is known once the port is, so the application is made behind a door.
        door = Flask("door")
        with served(door) as url:
            config = replace(config, public_url=url)
            app = compile_once(create_stand_in(config))
            door.wsgi_app = app.wsgi_app  # type: ignore[method-assign]

            @app.before_request
            def note() -> None:
                if (
                    request.path.startswith("/v")
                    and "X-Stripe-Client-User-Agent" in request.headers
                ):
                    kind = request.headers.get("Content-Type", "")
                    query = request.query_string.decode()
                    requests.append((request.method, request.path, query, kind, request.get_data()))

            @app.after_request
            def record(response: Response) -> Response:
                if request.path.startswith("/v"):
                    answers.append(
                        (request.method, request.path, response.status_code, response.get_json())
                    )
                return response

            courier = Courier(config, pause=0.02)
            courier.start()
            gateway = connect(
                decide("standin_sk_tests", url, SECRET, production=False), sleep=lambda _: None
            )
            try:
                yield Market(url, config, receiver, gateway, answers, requests)
            finally:
                courier.stop()
