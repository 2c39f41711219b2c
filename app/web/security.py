"""Who may send a form, and what a browser enforces for us."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import current_user
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core.config import Settings

#: Where programs ask, and are answered in their own way.
PROGRAMS = "/api/"
#: Files that are the same for everybody.
SHARED = ("static", "assets", "in_browser.part")
View = TypeVar("View", bound=Callable[..., Any])


def signed_by_sender(view: View) -> View:
    """Mark a view that is no form's: what it receives is signed, and it checks that itself."""
    view.__dict__["signed_by_sender"] = True
    return view


def same_for_everybody(view: View) -> View:
    """Mark a view whose answer is nobody's own: it sets no cookie, and any cache may keep it."""
    view.__dict__["same_for_everybody"] = True
    return view


def _is_shared(response: Response) -> bool:
    """Tell whether an answer is the same for everybody; a page that refuses is its reader's."""
    view = current_app.view_functions.get(request.endpoint or "")
    marked = request.endpoint in SHARED or getattr(view, "same_for_everybody", False)
    return marked and response.status_code < 400


class Sessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie; what is the same for everybody neither sets one nor varies.

    Programs are told apart by their tokens: no cookie is read or set where they ask.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie, but for programs."""
        if request.path.startswith(PROGRAMS):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where it changed, and say that the answer is of one cookie alone."""
        if not _is_shared(response) and not request.path.startswith(PROGRAMS):
            super().save_session(app, session, response)


def answer_with(directives: Mapping[str, str]) -> None:
    """Let the answer to this request alone carry other directives of the policy than all others."""
    g.directives = directives


#: What no page of ours, and nothing in it, may use of a browser.
REFUSED_POWERS = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "interest-cohort",
    "microphone",
    "payment",
    "usb",
)


def install_security(app: Flask, settings: Settings, form_targets: tuple[str, ...]) -> None:
    """Install CSRF, proxies and the headers that a browser enforces; once all views are there.

    Parameters
    ----------
    form_targets : tuple of str
        Origins that a form may lead to: the payment provider's pages.
    """
    app.session_interface = Sessions()
    csrf = CSRFProtect(app)
    for view in app.view_functions.values():
        if getattr(view, "signed_by_sender", False):
            csrf.exempt(view)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": " ".join(("'self'", *form_targets)),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }

    @app.after_request
    def change(response: Response) -> Response:
        # Said before Talisman's own, so that it comes after.
        if directives := g.pop("directives", None):
            changed = {**policy, **directives}.items()
            response.headers["Content-Security-Policy"] = "; ".join(map(" ".join, changed))
        return response

    Talisman(
        app,
        force_https=settings.production,
        strict_transport_security=settings.production,
        session_cookie_secure=settings.production,
        session_cookie_samesite="Lax",
        referrer_policy="same-origin",
        frame_options="DENY",
        permissions_policy=dict.fromkeys(REFUSED_POWERS, "()"),
        content_security_policy=policy,
    )

    @app.after_request
    def keep_apart(response: Response) -> Response:
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        mine = not _is_shared(response) and current_user.is_authenticated
        if mine and "no-store" not in response.headers.get("Cache-Control", ""):
            # Nobody who comes to this browser afterwards finds it in a cache.
            response.headers["Cache-Control"] = "no-store"
        return response
