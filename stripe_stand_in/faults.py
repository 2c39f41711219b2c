"""Planned failures, as of a network or a busy Stripe, for tests and demonstrations.

A fault is kept in the state until it has hit the given number of matching requests.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stripe_stand_in.problems import InvalidParameter, Problem
from stripe_stand_in.store import Store, Transaction, new_id

_SETTING = "faults"

#: Kind -> what happens.
KINDS = {
    "429": "refused as one too many, nothing begun",
    "409": "refused because another request holds a lock, nothing begun",
    "500": "an error before anything was begun",
    "500-kept": "an error after work had begun: it is undone, and version 1 keeps the error",
    "lost": "done, and the connection closed without an answer",
    "slow": "done after some milliseconds",
}


@dataclass(frozen=True)
class Fault:
    """What happens to one request."""

    kind: str
    milliseconds: int = 0

    def refuse(self) -> None:
        """Raise what is answered before any work."""
        if self.kind == "429":
            raise Problem(
                "Request rate limit exceeded. Learn more about rate limits here "
                "https://stripe.com/docs/rate-limits.",
                code="rate_limit",
                status=429,
            )
        if self.kind == "409":
            raise Problem(
                "This object cannot be accessed right now because another API request or Stripe "
                "process is currently accessing it.",
                code="lock_timeout",
                status=409,
            )
        if self.kind == "500":
            raise broken()
        if self.kind == "slow":
            time.sleep(self.milliseconds / 1_000)


def broken() -> Problem:
    """Say that something went wrong on the other side."""
    return Problem("An unknown error occurred", status=500, kind="api_error")


def order(
    tx: Transaction,
    kind: str,
    method: str = "*",
    path: str = "*",
    *,
    skip: int = 0,
    times: int = 1,
    milliseconds: int = 0,
) -> dict[str, Any]:
    """Plan a fault for coming requests.

    Parameters
    ----------
    tx : Transaction
        Where it is kept.
    kind : str
        One of `KINDS`.
    method, path : str
        Whose requests: "POST" or "*", and an address in which each * stands for anything.
    skip : int
        Number of matching requests that are answered normally first.
    times : int
        Number of matching requests that it hits after that.
    milliseconds : int
        How long a slow one takes.
    """
    if kind not in KINDS:
        raise InvalidParameter(f"Invalid kind: must be one of {', '.join(KINDS)}", param="kind")
    fault = {
        "id": new_id("fault"),
        "kind": kind,
        "method": method,
        "path": path,
        "skip": skip,
        "times": times,
        "milliseconds": milliseconds,
    }
    tx.set(_SETTING, [*ordered(tx), fault])
    return fault


def ordered(tx: Transaction) -> list[dict[str, Any]]:
    """Return the faults that wait, oldest first."""
    return list(tx.setting(_SETTING, []))


def clear(tx: Transaction) -> None:
    """Delete all planned faults."""
    tx.set(_SETTING, [])


def take(store: Store, method: str, path: str) -> Fault | None:
    """Return the fault that hits a request, and use it up.

    In a transaction of its own: the request that is hit undoes what it does.
    """
    with store.reading() as tx:
        if not any(_names(each, method, path) for each in ordered(tx)):
            return None
    with store.transaction() as tx:
        waiting = ordered(tx)
        found = None
        for each in waiting:
            if not _names(each, method, path):
                continue
            if each["skip"]:
                each["skip"] -= 1
                continue
            each["times"] -= 1
            found = Fault(each["kind"], each["milliseconds"])
            break
        tx.set(_SETTING, [each for each in waiting if each["times"] > 0])
    return found


def _names(fault: Mapping[str, Any], method: str, path: str) -> bool:
    pattern = re.escape(str(fault["path"])).replace(r"\*", ".*")
    return fault["method"] in ("*", method) and re.fullmatch(pattern, path) is not None
