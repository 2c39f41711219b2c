"""One request to the API, as its handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stripe_stand_in.config import StandInConfig
from stripe_stand_in.params import Shape
from stripe_stand_in.problems import Problem, missing
from stripe_stand_in.store import Transaction

#: The setting with the seconds a control has added to the clock.
ADDED = "clock_added"

#: What an id must be, said as Stripe says it.
NAMES = {
    "checkout.session": "checkout.session",
    "payment_intent": "payment_intent",
    "charge": "charge",
    "refund": "refund",
    "transfer": "transfer",
    "v2.core.account": "account",
}


@dataclass
class Call:
    """A request inside its transaction.

    Parameters
    ----------
    config : StandInConfig
        Of this stand-in.
    tx : Transaction
        Of this request.
    params : dict
        Checked parameters.
    path : str
        Of the request.
    key : str or None
        Its idempotency key.
    """

    config: StandInConfig
    tx: Transaction
    params: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    key: str | None = None

    @property
    def now(self) -> int:
        """Return the second it is, in the stand-in's own time."""
        return self.config.now() + self.added

    def now_again(self) -> int:
        """Return the second it is after the clock was set."""
        self.__dict__.pop("added", None)
        return self.now

    @cached_property
    def added(self) -> int:
        """Return the seconds that a control has added to the clock."""
        # One transaction writes at a time, so what was added stays until this one ends.
        return int(self.tx.setting(ADDED, 0))

    def get(self, kind: str, identifier: str) -> dict[str, Any]:
        """Return an object.

        Raises
        ------
        Problem
            404, if there is none of that kind.
        """
        found = self.tx.find(identifier, kind)
        if found is None:
            raise missing(NAMES.get(kind, kind), identifier)
        return found

    def named(self, kind: str, param: str) -> dict[str, Any]:
        """Return the object that a parameter names; it is a fault of the request if absent."""
        found = self.tx.find(self.params[param], kind)
        if found is None:
            raise Problem(
                f"No such {NAMES.get(kind, kind)}: '{self.params[param]}'",
                code="resource_missing",
                param=param,
            )
        return found


Handler = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """One method of one address of the API, with the parameters it takes."""

    method: str
    rule: str
    handler: Handler
    shape: Shape

    @property
    def version(self) -> int:
        """Return 1 or 2, the version of the API."""
        return 2 if self.rule.startswith("/v2/") else 1
