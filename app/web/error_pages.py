"""Errors become answers, once, for every page."""

from collections.abc import Callable

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, TooManyRequests

from app.core.errors import AppError
from app.web.security import PROGRAMS

#: Refusals that an operator wants to hear of: not allowed, and too often.
WATCHED = (403, 429)
log = structlog.get_logger("web")


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "(no route)"


def _is_program() -> bool:
    return request.path.startswith(PROGRAMS)


def _page(status: int, message: str) -> Response:
    wanted = request.headers.get("HX-Request")
    template = "errors/fragment.html" if wanted else "errors/page.html"
    return make_response(render_template(template, status=status, message=message), status)


def install_error_pages(app: Flask, problem: Callable[[int, str], Response]) -> None:
    """Map errors to answers, once.

    Parameters
    ----------
    problem : callable
        Answers programs with a status and a message.
    """

    def page(status: int, message: str) -> Response:
        if status in WATCHED:
            # Without who it was or what was asked for: how often is what tells of an attack.
            log.warning("security", refused=status, route=_route())
        return problem(status, message) if _is_program() else _page(status, message)

    @app.errorhandler(AppError)
    def app_error(error: AppError) -> Response:
        return page(error.status, error.user_message)

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Response:
        return page(400, _("This form was open for too long. Load the page again and resend it."))

    @app.errorhandler(RateLimitExceeded)
    @app.errorhandler(TooManyRequests)
    def limit_error(error: HTTPException) -> Response:
        seconds = error.retry_after if isinstance(error, TooManyRequests) else None
        minutes = -(-seconds // 60) if isinstance(seconds, int) else 1
        words = ngettext(
            "That was too many requests in a short time. Wait %(num)s minute.",
            "That was too many requests in a short time. Wait %(num)s minutes.",
            minutes,
        )
        answer = page(429, words)
        if seconds is not None:
            answer.headers["Retry-After"] = str(seconds)
        return answer

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
