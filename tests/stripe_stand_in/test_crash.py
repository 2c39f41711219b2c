"""The stand-in as its own process, killed between a payment and its webhook."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

from app.payments.mode import STAND_IN_KEY, decide
from app.payments.stripe_gateway import connect
from tests.support.provider import SECRET, Receiver, checkout_request, served

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(port: int, state: Path, webhook_url: str) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MOISSON_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "stripe_stand_in", "--port", str(port), "--state", str(state),
         "--webhook-url", webhook_url, "--webhook-secret", SECRET],
        cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process
    raise AssertionError("the stand-in did not start")


def post(port: int, path: str, body: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def test_no_webhook_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    port, state = free_port(), tmp_path / "state.db"
    gateway = connect(decide(STAND_IN_KEY, f"http://127.0.0.1:{port}", SECRET, production=False))
    process = start(port, state, f"http://127.0.0.1:{free_port()}/webhooks/stripe")
    opened = gateway.open_checkout(checkout_request("order-9"))
    assert post(port, f"/checkout/{opened.id}", "card=good") == 303
    process.send_signal(signal.SIGKILL)
    process.wait()
    receiver = Receiver()
    with served(receiver.app()) as url:
        process = start(port, state, f"{url}/webhooks/stripe")
        try:
            message = receiver.wait_for("checkout.session.completed")
            assert gateway.parse_webhook(*message).order_id == "order-9"
            assert gateway.checkout(opened.id).paid
        finally:
            process.terminate()
            process.wait()


def test_does_not_start_in_production(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stripe_stand_in", "--state", str(tmp_path / "s.db")],
        cwd=ROOT, env={**os.environ, "MOISSON_ENV": "production"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert b"production" in done.stderr
    assert not (tmp_path / "s.db").exists()
