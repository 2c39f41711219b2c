"""One transaction for each request: committed when it succeeds, else rolled back."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from app.core.db import Database

View = TypeVar("View", bound=Callable[..., Any])
READING = {"GET", "HEAD", "OPTIONS"}


def writes(view: View) -> View:
    """Mark a view that writes although it answers a GET (a link from an e-mail).

    The mark is on the function, and decorators around it hand it on, so that the names of its
    blueprint and its folder do not matter.
    """
    view.__dict__["writes"] = True
    return view


def _is_writing() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method not in READING or getattr(view, "writes", False)


def install_unit_of_work(app: Flask, db: Database) -> None:
    """Give each request one transaction: committed when it succeeds, else rolled back."""

    @app.before_request
    def begin() -> None:
        # Costs nothing where nothing is read: the session connects at its first query.
        g.unit = ExitStack()
        g.unit.enter_context(db.unit_of_work(write=_is_writing()))

    @app.after_request
    def end(response: Response) -> Response:
        unit: ExitStack | None = g.pop("unit", None)
        if unit is not None:
            if response.status_code < 400:
                unit.close()
            else:
                _abandon(unit)
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        unit: ExitStack | None = g.pop("unit", None)
        if unit is not None:
            _abandon(unit)


class _Abandoned(Exception):
    """Rolls a unit of work back."""


def _abandon(unit: ExitStack) -> None:
    error = _Abandoned()
    try:
        unit.__exit__(_Abandoned, error, None)
    except _Abandoned:
        pass
