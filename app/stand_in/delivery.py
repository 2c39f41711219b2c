"""Delivery of webhooks: signed as Stripe signs, from the outbox, until they are taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from app.stand_in.call import Call
from app.stand_in.checkout import expire_due
from app.stand_in.config import StandInConfig, require_loopback
from app.stand_in.store import Store

_TIMEOUT_SECONDS = 10
_LONGEST_WAIT_SECONDS = 60.0
_GIVEN_UP = -1


def sign(payload: bytes, secret: str, moment: int) -> str:
    """Return the Stripe-Signature header of a message.

    References
    ----------
    Stripe documentation, "Verify webhook signatures manually": HMAC-SHA256 over the time
    stamp, a full stop and the body.
    """
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def send(url: str, payload: bytes, secret: str) -> bool:
    """Post one message; return whether it was taken with a status of 2xx."""
    require_loopback(url)
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST",
            parts._replace(scheme="", netloc="").geturl() or "/",
            body=payload,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": sign(payload, secret, int(time.time())),
                "User-Agent": "Moisson-Stand-In/1.0",
            },
        )
        return 200 <= connection.getresponse().status < 300
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def deliver_due(config: StandInConfig, store: Store) -> int:
    """Expire what is over, then try every message that is due once; return how many were taken.

    A message is marked after it was taken: a crash in between sends it again, as Stripe may.
    """
    with store.transaction() as tx:
        expire_due(Call(config, tx))
        rows = tx.sql.execute(
            "SELECT o.seq, o.payload, o.attempts, e.body, e.hidden FROM outbox o "
            "LEFT JOIN objects e ON e.id = o.endpoint "
            "WHERE o.delivered = 0 AND o.due <= ? ORDER BY o.seq LIMIT 100",
            (time.time(),),
        ).fetchall()
    taken = 0
    for seq, payload, attempts, endpoint, hidden in rows:
        if endpoint is None:
            done = _GIVEN_UP
        else:
            url, secret = json.loads(endpoint)["url"], json.loads(hidden)["secret"]
            done = int(send(url, payload.encode(), secret))
        taken += done == 1
        wait = min(_LONGEST_WAIT_SECONDS, 0.25 * 2 ** min(attempts, 10))
        with store.transaction() as tx:
            tx.sql.execute(
                "UPDATE outbox SET attempts = attempts + 1, delivered = ?, due = ? WHERE seq = ?",
                (done, time.time() + wait, seq),
            )
    return taken


class Courier(threading.Thread):
    """Delivers in the background until told to stop.

    Parameters
    ----------
    config : StandInConfig
        Of the stand-in it works for.
    pause : float
        Seconds between two looks into the outbox.
    """

    def __init__(self, config: StandInConfig, pause: float = 0.1) -> None:
        super().__init__(name="stand-in-courier", daemon=True)
        self._config = config
        self._store = Store(config.state, durable=config.durable)
        self._pause = pause
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look, deliver, rest."""
        while not self._stopped.wait(self._pause):
            deliver_due(self._config, self._store)

    def stop(self) -> None:
        """Finish the delivery under way and end."""
        self._stopped.set()
        self.join()
