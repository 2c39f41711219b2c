"""The outbox: messages that wait to be sent, and who may keep them back.

A control may hold all messages, so that they go out later in another order or more than once,
or drop them, as a network between two machines might.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from stripe_stand_in.store import Transaction

#: What has become of a message.
WAITING, TAKEN, GIVEN_UP, DROPPED, HELD = 0, 1, -1, -2, -3
UNTAKEN = (WAITING, GIVEN_UP, DROPPED, HELD)

MODES = ("normal", "hold", "drop")
ORDERS = ("given", "reversed", "random")

_SETTING = "deliveries"
_NEW = {"normal": WAITING, "hold": HELD, "drop": DROPPED}


def mode(tx: Transaction) -> dict[str, Any]:
    """Return what happens to new messages, and how many seconds they are late."""
    return {"mode": "normal", "delay": 0, **tx.setting(_SETTING, {})}


def set_mode(tx: Transaction, name: str, delay: int = 0) -> None:
    """Choose what happens to messages.

    Parameters
    ----------
    tx : Transaction
        Where the choice is kept.
    name : str
        "normal" sends them, those held before too; "hold" keeps them back; "drop" never sends
        the new ones, and goes on with the others.
    delay : int
        Seconds that pass before a new message is sent.
    """
    tx.set(_SETTING, {"mode": name, "delay": delay})
    if name == "hold":
        tx.sql.execute("UPDATE outbox SET delivered = ? WHERE delivered = ?", (HELD, WAITING))
    if name == "normal":
        release(tx)


def post(tx: Transaction, receivers: Sequence[str], event: Mapping[str, Any]) -> None:
    """Put an event into the outbox, once for each endpoint that gets it."""
    if not receivers:
        return
    now = mode(tx)
    payload = json.dumps(event, separators=(",", ":"))
    tx.sql.executemany(
        "INSERT INTO outbox (endpoint, event, payload, due, delivered) VALUES (?, ?, ?, ?, ?)",
        [
            (each, event["id"], payload, time.time() + now["delay"], _NEW[now["mode"]])
            for each in receivers
        ],
    )


def pending(tx: Transaction, event: str) -> int:
    """Return how many messages of an event were not taken."""
    row = tx.sql.execute(
        "SELECT count(*) FROM outbox WHERE event = ? AND delivered <> ?", (event, TAKEN)
    ).fetchone()
    return int(row[0])


def counts(tx: Transaction) -> dict[str, int]:
    """Return how many messages wait, are held, and were dropped."""
    found = dict(
        tx.sql.execute(
            "SELECT delivered, count(*) FROM outbox WHERE delivered IN (?, ?, ?, ?) "
            "GROUP BY delivered",
            UNTAKEN,
        ).fetchall()
    )
    return {
        name: found.get(state, 0)
        for name, state in (("waiting", WAITING), ("held", HELD), ("dropped", DROPPED))
    }


def _held(tx: Transaction, types: Sequence[str]) -> list[tuple[int, str, str, str]]:
    rows: list[tuple[int, str, str, str]] = tx.sql.execute(
        "SELECT seq, endpoint, event, payload FROM outbox WHERE delivered = ? ORDER BY seq",
        (HELD,),
    ).fetchall()
    return [row for row in rows if not types or json.loads(row[3])["type"] in types]


def release(
    tx: Transaction,
    order: str = "given",
    duplicates: int = 0,
    *,
    seed: int = 0,
    types: Sequence[str] = (),
) -> int:
    """Send held messages; the mode stays, so that new ones may still be held.

    Parameters
    ----------
    tx : Transaction
        Where they are.
    order : str
        One of `ORDERS`.
    duplicates : int
        How many extra copies of each message are sent.
    seed : int
        Of the random order.
    types : sequence of str
        Only messages of these types; all if empty.

    Returns
    -------
    int
        How many will be sent.
    """
    found = _held(tx, types)
    chosen = [row for row in found for _ in range(duplicates + 1)]
    if order == "reversed":
        chosen.reverse()
    if order == "random":
        random.Random(seed).shuffle(chosen)  # noqa: S311 - an order, no secret
    tx.sql.executemany("DELETE FROM outbox WHERE seq = ?", [row[:1] for row in found])
    now = time.time()
    tx.sql.executemany(
        "INSERT INTO outbox (endpoint, event, payload, due) VALUES (?, ?, ?, ?)",
        [(*row[1:], now) for row in chosen],
    )
    return len(chosen)


def drop(tx: Transaction, types: Sequence[str] = (), count: int | None = None) -> int:
    """Drop the oldest held messages, of some types or all; return how many were dropped."""
    chosen = _held(tx, types)[:count]
    tx.sql.executemany(
        "UPDATE outbox SET delivered = ? WHERE seq = ?", [(DROPPED, row[0]) for row in chosen]
    )
    return len(chosen)
