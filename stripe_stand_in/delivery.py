"""Delivery of webhooks: signed as Stripe signs, from the outbox, until they are taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from stripe_stand_in import outbox
from stripe_stand_in.call import Call
from stripe_stand_in.checkout import expire_due
from stripe_stand_in.config import StandInConfig, require_loopback
from stripe_stand_in.store import Store

_TIMEOUT_SECONDS = 10
_LONGEST_WAIT_SECONDS = 60.0


def sign(payload: bytes, secret: str, moment: int) -> str:
    """Return the Stripe-Signature header of a message.

    References
    ----------
    Stripe documentation, "Verify webhook signatures manually": HMAC-SHA256 over the time
    stamp, a full stop and the body.
    """
    return sign_with(payload, [secret], moment)


def sign_with(payload: bytes, secrets: Sequence[str], moment: int) -> str:
    """Return the header with one signature for each secret, as during a rotation."""
    signed = f"{moment}.".encode() + payload
    digests = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={moment}", *(f"v1={digest}" for digest in digests)])


def send(url: str, payload: bytes, signature: str) -> bool:
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
                "Stripe-Signature": signature,
                "User-Agent": "Moisson-Stand-In/1.0",
            },
        )
        return 200 <= connection.getresponse().status < 300
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class Message:
    """A message of the outbox, and where it goes; nowhere once its endpoint was deleted."""

    seq: int
    payload: bytes
    attempts: int
    url: str | None
    secrets: tuple[str, ...]

    def signature(self) -> str:
        """Return its header, signed now; receivers compare it with the real time."""
        return sign_with(self.payload, self.secrets, int(time.time()))


_MESSAGES = (
    "SELECT o.seq, o.payload, o.attempts, e.body, e.hidden FROM outbox o "
    "LEFT JOIN objects e ON e.id = o.endpoint "
)


def _message(
    call: Call, seq: int, payload: str, attempts: int, body: str | None, hidden: str | None
) -> Message:
    if body is None or hidden is None:
        return Message(seq, payload.encode(), attempts, None, ())
    kept = json.loads(hidden)
    old = [kept["old_secret"]] if kept.get("old_until", 0) > call.now else []
    url = json.loads(body).get("url") or kept["url"]
    return Message(seq, payload.encode(), attempts, url, (kept["secret"], *old))


def held_messages(config: StandInConfig, store: Store) -> list[tuple[str, bytes, str]]:
    """Return what waits or is held, for a test that sends it itself.

    Returns
    -------
    list of (str, bytes, str)
        Address, payload and signature of each message, oldest first; signed now.
    """
    with store.transaction() as tx:
        rows = tx.sql.execute(
            _MESSAGES + "WHERE o.delivered IN (?, ?) ORDER BY o.seq",
            (outbox.WAITING, outbox.HELD),
        ).fetchall()
        found = [_message(Call(config, tx), *row) for row in rows]
    return [(each.url, each.payload, each.signature()) for each in found if each.url]


def deliver_due(config: StandInConfig, store: Store) -> int:
    """Expire what is over, then try every message that is due once; return how many were taken.

    A message is marked after it was taken: a crash in between sends it again, as Stripe may.
    """
    with store.transaction() as tx:
        call = Call(config, tx)
        expire_due(call)
        rows = tx.sql.execute(
            _MESSAGES + "WHERE o.delivered = ? AND o.due <= ? ORDER BY o.seq LIMIT 100",
            (outbox.WAITING, time.time()),
        ).fetchall()
        messages = [_message(call, *row) for row in rows]
    taken = 0
    for message in messages:
        done = outbox.GIVEN_UP
        if message.url is not None:
            sent = send(message.url, message.payload, message.signature())
            done = outbox.TAKEN if sent else outbox.WAITING
        taken += done == outbox.TAKEN
        wait = min(_LONGEST_WAIT_SECONDS, 0.25 * 2 ** min(message.attempts, 10))
        with store.transaction() as tx:
            # What was held while it was on its way stays held, unless it was taken.
            tx.sql.execute(
                "UPDATE outbox SET attempts = attempts + 1, due = ?, delivered = "
                "CASE WHEN ? = ? THEN delivered ELSE ? END WHERE seq = ?",
                (time.time() + wait, done, outbox.WAITING, done, message.seq),
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
        """Wait `pause` seconds, then deliver what is due, until `stop` is called."""
        while not self._stopped.wait(self._pause):
            deliver_due(self._config, self._store)

    def stop(self) -> None:
        """Finish the delivery under way and end."""
        self._stopped.set()
        self.join()
