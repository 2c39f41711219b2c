"""Refusals of somebody who is signed in go into the audit log, one of a kind an hour.

Of visitors the process's log tells how often alone: a line in the database for each would let
anybody fill it, and a line for a known address alone would tell which addresses are known.
"""

from datetime import timedelta

from flask import Flask, Response, g, request
from flask_login import current_user

from app.core import audit
from app.core.db import Database

#: Not allowed, and too often.
WATCHED = {403: "refused", 429: "too-many-requests"}
EVERY = timedelta(hours=1)


def install_refusals(app: Flask, db: Database) -> None:
    """Write down that somebody who is signed in was refused, once their request has ended."""

    @app.after_request
    def notice(response: Response) -> Response:
        if response.status_code in WATCHED and current_user.is_authenticated:
            place = request.endpoint or "nowhere"
            g.refused = (current_user.view.id, WATCHED[response.status_code], place[:64])
        return response

    @app.teardown_request
    def write(_error: BaseException | None) -> None:
        refused = g.pop("refused", None)
        if refused is None:
            return
        user_id, action, place = refused
        with db.unit_of_work():
            if not audit.was_recorded(user_id, action, place, EVERY):
                audit.record(user_id, action, "page", place)
