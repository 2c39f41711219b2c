"""A browser without scripts, for tests of pages."""

import re
from contextvars import Context
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.clock import fixed_at, now
from app.core.permissions import Actor
from app.market import market_of
from app.users import queries
from tests.support import factories


class Browser:
    """Signed in as an account, or nobody's; each request runs as a server would run it.

    A fixture that holds an application context open would share `flask.g`, and with it the
    signed-in user, among the requests of a test. Each one therefore gets an empty context, in
    which only the clock is what it was.
    """

    def __init__(self, app: Flask, user: Actor | None = None, *, fresh: bool = True) -> None:
        self.client: FlaskClient = app.test_client()
        if user is not None:
            with market_of(app).db.unit_of_work(write=False):
                view = queries.user(user.user_id)
                assert view is not None
            who = {"email": view.email, "password": factories.PASSWORD}
            assert self.post("/login", who).status_code == 302
            if not fresh:
                with self.client.session_transaction() as session:
                    session["_fresh"] = False

    def open(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        return Context().run(self._open, now(), path, method, more)

    def _open(self, at: datetime, path: str, method: str, more: dict[str, Any]) -> TestResponse:
        with fixed_at(at):
            return self.client.open(path, method=method, buffered=True, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.open(path, **more)

    def token(self) -> str:
        for page in ("/", "/login"):  # a visitor's first page has no form
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text)
            if found:
                return found[1]
        raise AssertionError("no form has a token")

    def post(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        data = {"csrf_token": self.token(), **(fields or {})}
        return self.open(path, "POST", data=data, **more)
