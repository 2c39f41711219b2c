"""How often an address may be asked, and how much may be sent to it.

A view carries its limits as a mark; each application enforces them by a limiter of its own.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

#: For every visitor and address that has no limit of its own.
USUAL = "600/minute"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Limit:
    """How often a view may be asked for, instead of the usual.

    Attributes
    ----------
    rate : str
        Such as "60/hour"; empty for as often as anybody likes.
    methods : tuple of str
        Only these; all where it is empty.
    """

    rate: str
    methods: tuple[str, ...] = ()


def limited(rate: str, methods: Collection[str] = ()) -> Callable[[View], View]:
    """Mark a view with a limit, such as "60/hour"; decorators around it hand the mark on."""

    def mark(view: View) -> View:
        view.__dict__["limit"] = Limit(rate, tuple(methods))
        return view

    return mark


def unlimited(view: View) -> View:
    """Mark a view that may be asked for as often as anybody likes."""
    return limited("")(view)


def install_limits(app: Flask, *, enabled: bool) -> None:
    """Enforce the limits of the views of an application; to be called once all are registered."""
    app.config["RATELIMIT_ENABLED"] = enabled
    app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    limiter = Limiter(get_remote_address, default_limits=[USUAL], headers_enabled=True)
    limiter.init_app(app)
    # Held by its application: the views that it wraps know it weakly.
    app.extensions["moisson-limiter"] = limiter
    for endpoint, view in app.view_functions.items():
        limit = getattr(view, "limit", None)
        if isinstance(limit, Limit):
            methods = list(limit.methods) or None
            enforce: Any = limiter.exempt
            if limit.rate:
                enforce = limiter.limit(limit.rate, methods=methods)
            app.view_functions[endpoint] = enforce(view)


def allow_uploads(app: Flask, endpoints: frozenset[str], size: int) -> None:
    """Let some pages take bodies of up to `size` bytes; all others stay at the app's limit.

    To be called before the CSRF check is installed, which reads the form.
    """

    @app.before_request
    def widen() -> None:
        if request.endpoint in endpoints:
            request.max_content_length = size
