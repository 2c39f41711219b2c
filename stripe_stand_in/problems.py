"""Refusals, in the shape of Stripe's errors."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    message : str
        For the developer.
    code : str
        Stripe's short code, "" for none.
    param : str
        The parameter at fault, "" for none.
    status : int
        HTTP status.
    kind : str
        Stripe's type of error.
    """

    user_message = "The stand-in refused this."

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        param: str = "",
        status: int = 400,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.status = status
        self.kind = kind

    def body(self, *, version: int) -> dict[str, Any]:
        """Return the error as version 1 or 2 of the API writes it."""
        error: dict[str, Any] = {"message": self.message}
        if version == 1:
            error["type"] = self.kind
            if self.param:
                error["param"] = self.param
            if self.code:
                error["code"] = self.code
        else:
            error["code"] = self.code or self.kind
            if self.kind == "idempotency_error":
                error["type"] = self.kind
        return {"error": error}


class InvalidParameter(Problem):
    """A parameter is unknown, missing or wrong: nothing was begun."""


def missing(kind: str, identifier: str) -> Problem:
    """Say that an object does not exist."""
    return Problem(
        f"No such {kind}: '{identifier}'", code="resource_missing", param="id", status=404
    )
