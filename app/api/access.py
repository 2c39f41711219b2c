"""Who asks: a token in the header, never a cookie; and how often they may."""

import base64
from math import ceil
from time import time
from typing import Any

from flask import Response, current_app, g, request
from flask_babel import lazy_gettext as _l
from limits import parse
from werkzeug.exceptions import TooManyRequests

from app.core.errors import AppError, Forbidden
from app.core.permissions import Actor
from app.market import current_market
from app.users import access_tokens
from app.users.access_tokens import Scope, TokenView
from app.web.limits import visitor

WITH_TOKEN, WITHOUT = parse("3000/hour"), parse("600/hour")
NOBODY = Actor("", frozenset())


class NoToken(AppError):
    """A token is needed, or the one sent does not count."""

    status = 401


def identify() -> None:
    """Find who asks, and count it; a token that does not count is refused, not passed over.

    Raises
    ------
    NoToken
    TooManyRequests
    """
    g.token, g.reader = None, NOBODY
    sent = _sent()
    # Without a token that counts one is counted by address, so that nobody tries tokens out.
    if sent is None:
        _count(WITHOUT, f"from:{visitor()}")
        return
    found = access_tokens.found(sent)
    if found is None:
        _count(WITHOUT, f"from:{visitor()}")
        raise NoToken(_l("This token does not count: it was mistyped, ended, or is over."))
    g.token, g.reader = found
    # All tokens of an account together, else whoever makes more may ask more.
    _count(WITH_TOKEN, f"account:{g.token.user_id}")


def reader(scope: Scope, edition_id: str = "") -> Actor:
    """Return whom the token reads for.

    Raises
    ------
    NoToken
        Without one.
    Forbidden
        Where it may not read this, or not of this edition.
    """
    token: TokenView | None = g.token
    if token is None:
        raise NoToken(_l("This needs a token: make one in your account."))
    if scope not in token.scopes:
        raise Forbidden(_l("This token may not read that: it lacks %(scope)s."), scope=scope.value)
    # Orders are of all that one owns: a token of one edition reads none.
    other = token.edition_id and token.edition_id != edition_id
    if other and (edition_id or scope is Scope.ORDERS):
        raise Forbidden(_l("This token reads one edition only, and this is another."))
    actor: Actor = g.reader
    return actor


def reads_orders() -> bool:
    """Say whether a token was sent that reads all that its account owns."""
    token: TokenView | None = g.token
    return token is not None and Scope.ORDERS in token.scopes and not token.edition_id


def only_edition() -> str:
    """Return the only edition that the token reads; empty for all."""
    token: TokenView | None = g.token
    return "" if token is None else token.edition_id


def tell(response: Response) -> Response:
    """Say how often one may still ask, and note that the token was used."""
    if rate := g.pop("rate", None):
        item, left, reset = rate
        seconds = item.get_expiry()
        response.headers["RateLimit-Policy"] = f'"hour";q={item.amount};w={seconds}'
        response.headers["RateLimit"] = f'"hour";r={left};t={reset}'
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="moisson"'
    token: TokenView | None = g.get("token")
    if token is not None and access_tokens.is_to_be_noted(token):
        db, token_id = current_market().db, token.id

        def note() -> None:
            with db.unit_of_work():
                access_tokens.note_use(token_id)

        response.call_on_close(note)
    response.headers["Vary"] = "Authorization, Accept"
    return response


def _sent() -> str | None:
    """Return the token that was sent: as a bearer, or as the password of any name."""
    header = request.headers.get("Authorization", "")
    kind, _, rest = header.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except ValueError:  # also for letters beyond ASCII, which are no error of binascii
            return ""
    return "" if header else None


def _count(item: Any, key: str) -> None:
    if not current_app.config["RATELIMIT_ENABLED"]:
        return
    limiter = current_app.extensions["moisson-limiter"].limiter
    allowed = limiter.hit(item, "api", key)
    stats = limiter.get_window_stats(item, "api", key)
    reset = max(1, ceil(stats.reset_time - time()))
    g.rate = (item, max(0, stats.remaining), reset)
    if not allowed:
        raise TooManyRequests(retry_after=reset)
