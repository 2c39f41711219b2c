"""Flask-Login's side: which account a request comes from."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask import session as cookie
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, logout_user

from app.core.clock import now
from app.core.errors import Forbidden
from app.core.permissions import Actor, Role
from app.users import queries, service
from app.users.queries import UserView

#: A password that was typed so long ago is asked for again before what cannot be undone.
FRESH = timedelta(minutes=10)
#: A browser that was away for so long is signed out, and any after so long.
IDLE, ABSOLUTE = timedelta(days=7), timedelta(days=30)
SEEN_EVERY = timedelta(minutes=10)
VISITOR = Actor("", frozenset())


class SignedIn(UserMixin):  # type: ignore[misc,unused-ignore]
    """The account of a request; Flask-Login's identifier is the session's."""

    def __init__(self, session_id: str, view: UserView) -> None:
        self.session_id = session_id
        self.view = view

    def get_id(self) -> str:
        """Return what the cookie holds: the revocable session."""
        return self.session_id


class Visitor(AnonymousUserMixin):  # type: ignore[misc,unused-ignore]
    """Somebody who is not signed in."""

    view = None


def install_login(app: Flask) -> None:
    """Wire Flask-Login to the accounts; passwords cost what the environment needs."""
    manager = LoginManager(app)
    manager.login_view = "users.login"
    manager.refresh_view = "users.login_again"
    manager.anonymous_user = Visitor
    manager.session_protection = "basic"
    manager.login_message = _l("Please sign in to see this page.")
    manager.needs_refresh_message = _l("Please confirm your password first.")

    @manager.user_loader  # type: ignore[untyped-decorator,unused-ignore]
    def load(session_id: str) -> SignedIn | None:
        view = queries.user_of_session(session_id)
        return None if view is None else SignedIn(session_id, view)

    watch_sessions(app)

    @app.context_processor
    def names() -> dict[str, Any]:
        return {"me": current_user.view, "Role": Role}


def just_signed_in() -> None:
    """Note when a password was typed: what needs a fresh one asks again after a while."""
    moment = now().timestamp()
    cookie["fresh_at"] = cookie["seen_at"] = moment
    cookie.setdefault("since", moment)


def forget_session() -> None:
    """Forget when a browser was signed in and seen, so that the next one begins anew."""
    for name in ("fresh_at", "seen_at", "since"):
        cookie.pop(name, None)


def _stale() -> bool:
    """Say whether a browser was away for too long, or has been signed in for too long."""
    moment = now().timestamp()
    seen, since = cookie.get("seen_at", moment), cookie.get("since", moment)
    return bool(moment - seen > IDLE.total_seconds() or moment - since > ABSOLUTE.total_seconds())


def watch_sessions(app: Flask) -> None:
    """End sessions that were idle or are old; forget after a while that a password was typed."""

    @app.before_request
    def watch() -> None:
        if not current_user.is_authenticated:
            return
        moment = now().timestamp()
        if _stale():
            service.sign_out(current_user.session_id)
            logout_user()
            forget_session()
            return
        if cookie.get("_fresh") and moment - cookie.get("fresh_at", 0) > FRESH.total_seconds():
            cookie["_fresh"] = False
        # Written seldom: each time sends the cookie again.
        if moment - cookie.get("seen_at", 0) > SEEN_EVERY.total_seconds():
            cookie["seen_at"] = moment
            cookie.setdefault("since", moment)


def current_actor() -> Actor:
    """Return who acts in this request; a visitor has no roles."""
    view = current_user.view
    return VISITOR if view is None else view.actor


def current_person() -> UserView:
    """Return the person who is signed in, also where they act for a team."""
    view: UserView = current_user.view
    return view.person or view


def verified_actor() -> Actor:
    """Return who acts, if their address is verified: needed to publish and to pay.

    Raises
    ------
    Forbidden
    """
    view = current_user.view
    if view is None or not view.verified:
        raise Forbidden(
            _l("Please confirm your e-mail address first: open the link in our letter to you.")
        )
    actor: Actor = view.actor
    return actor
