"""What every request passes: its unit of work, limits, headers, and error pages."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core.config import Settings
from app.core.db import Database
from app.core.errors import AppError

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=["600/minute"], headers_enabled=True)
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


def allow_uploads(app: Flask, endpoints: frozenset[str], size: int) -> None:
    """Let some pages take bodies of up to `size` bytes; all others stay at the app's limit.

    To be called before the CSRF check is installed, which reads the form.
    """

    @app.before_request
    def widen() -> None:
        if request.endpoint in endpoints:
            request.max_content_length = size


class _Abandoned(Exception):
    """Rolls a unit of work back."""


def _abandon(unit: ExitStack) -> None:
    error = _Abandoned()
    try:
        unit.__exit__(_Abandoned, error, None)
    except _Abandoned:
        pass


def install_security(app: Flask, settings: Settings, form_targets: tuple[str, ...]) -> None:
    """Install CSRF, rate limits, proxies and the headers that a browser enforces.

    Parameters
    ----------
    form_targets : tuple of str
        Origins that a form may lead to: the payment provider's pages.
    """
    csrf.init_app(app)
    app.config["RATELIMIT_ENABLED"] = settings.rate_limits
    app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    limiter.init_app(app)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    Talisman(
        app,
        force_https=settings.production,
        strict_transport_security=settings.production,
        session_cookie_secure=settings.production,
        session_cookie_samesite="Lax",
        referrer_policy="same-origin",
        frame_options="DENY",
        permissions_policy={"interest-cohort": "()", "browsing-topics": "()"},
        content_security_policy={
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": ["'self'", "data:"],
            "connect-src": "'self'",
            "font-src": "'self'",
            "form-action": ["'self'", *form_targets],
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        },
    )


def install_error_pages(app: Flask) -> None:
    """Map errors to answers, once."""

    def page(status: int, message: str) -> Response:
        wanted = request.headers.get("HX-Request")
        template = "errors/fragment.html" if wanted else "errors/page.html"
        return make_response(render_template(template, status=status, message=message), status)

    @app.errorhandler(AppError)
    def app_error(error: AppError) -> Response:
        return page(error.status, error.user_message)

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Response:
        return page(400, _("This form was open for too long. Load the page again and resend it."))

    @app.errorhandler(RateLimitExceeded)
    def limit_error(_error: RateLimitExceeded) -> Response:
        return page(429, _("That was too many requests in a short time. Wait a minute."))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        messages = {
            404: _("There is no such page, or it is not yours."),
            405: _("This address does not answer that kind of request."),
            413: _("This file is larger than the market accepts. Split it, or leave columns out."),
        }
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        return page(status, messages.get(status, _("This request could not be answered.")))

    @app.errorhandler(500)
    def crash(_error: Exception) -> Response:
        return page(500, _("Something broke on our side; nothing was changed. Please try again."))


def settings() -> Settings:
    """Return the settings of the running application."""
    found: Settings = current_app.extensions["settings"]
    return found
