"""How often an address, an account or a recipient may be served, and how much may be sent.

A view carries its limits as a mark; each application enforces them before anything else looks at a
request: before its form is read for its token, and before its view.
"""

import hashlib
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from math import ceil
from time import time
from typing import IO, Any, TypeVar

from flask import Flask, Request, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from limits import parse_many
from werkzeug.exceptions import TooManyRequests

#: For every visitor and address that has no limit of its own.
USUAL = "600/minute"
ABOUT = "about:"
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
    recipient : str
        The field of the form that names whom it is about: that address has a limit of its own,
        wherever it is asked from.
    times : int
        So many times the rate: from one place alone nobody uses it up for somebody else.
    """

    rate: str
    methods: tuple[str, ...] = ()
    recipient: str = ""
    times: int = 10


def limited(
    rate: str, methods: Collection[str] = (), recipient: str = "", times: int = 10
) -> Callable[[View], View]:
    """Mark a view with a limit, such as "60/hour"; decorators around it hand the mark on."""

    def mark(view: View) -> View:
        view.__dict__["limit"] = Limit(rate, tuple(methods), recipient, times)
        return view

    return mark


def unlimited(view: View) -> View:
    """Mark a view that may be asked for as often as anybody likes."""
    return limited("")(view)


def install_limits(app: Flask, *, enabled: bool, storage: str = "memory://") -> None:
    """Enforce the limits of the views of an application; to be called once all are registered.

    Parameters
    ----------
    storage : str
        Where counts are kept, as the library `limits` writes it: one that several processes share
        makes them count together.
    """
    app.config["RATELIMIT_ENABLED"] = enabled
    app.config["RATELIMIT_STORAGE_URI"] = storage
    limiter = Limiter(visitor, default_limits=[USUAL], headers_enabled=True)
    limiter.init_app(app)
    # Held by its application: the views that it wraps know it weakly.
    app.extensions["moisson-limiter"] = limiter
    own: dict[str, Limit] = {}
    for endpoint, view in app.view_functions.items():
        limit = getattr(view, "limit", None)
        if isinstance(limit, Limit):
            exempt: Any = limiter.exempt
            app.view_functions[endpoint] = exempt(view)
            if limit.rate:
                own[endpoint] = limit

    @app.before_request
    def enforce() -> None:
        limit = own.get(request.endpoint or "")
        if not enabled or limit is None or (limit.methods and request.method not in limit.methods):
            return
        for item in parse_many(limit.rate):
            for key in _keys(limit):
                if key.startswith(ABOUT):
                    item = type(item)(item.amount * limit.times, item.multiples)
                counted = (request.endpoint or "", key)
                if not limiter.limiter.hit(item, *counted):
                    until = limiter.limiter.get_window_stats(item, *counted).reset_time
                    raise TooManyRequests(retry_after=max(1, ceil(until - time())))


def visitor() -> str:
    """Name where a request comes from: its address, of IPv6 the network that one house has (/64).

    One house has so many addresses there that each alone would be no limit (RFC 6177).
    """
    text = get_remote_address()
    try:
        address = ip_address(text)
    except ValueError:
        return text
    inner = getattr(address, "ipv4_mapped", None)
    if inner is not None:
        return str(inner)
    return text if address.version == 4 else str(ip_network((int(address) >> 64 << 64, 64)))


def _keys(limit: Limit) -> Iterator[str]:
    """Name who is counted: the address, the account, and whom it is about."""
    yield f"from:{visitor()}"
    if current_user.is_authenticated:
        # Whoever acts for teams is served no more often for it.
        yield f"account:{(current_user.view.person or current_user.view).id}"
    if limit.recipient and request.method == "POST":
        about = request.form.get(limit.recipient, "").strip().lower()
        # Only its hash is kept, wherever counts are kept.
        yield f"{ABOUT}{hashlib.sha256(about.encode()).hexdigest()[:32]}"


def allow_visitors(app: Flask, endpoints: Mapping[str, int]) -> None:
    """Let some pages take bodies of a size of anybody, and keep their files in memory alone.

    What a visitor sends there is read and thrown away: it never touches the disk.
    """

    class InMemory(Request):
        def _get_file_stream(
            self,
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None = None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            if self.endpoint in endpoints:
                return io.BytesIO()
            return super()._get_file_stream(
                total_content_length, content_type, filename, content_length
            )

    app.request_class = InMemory

    @app.before_request
    def widen() -> None:
        size = endpoints.get(request.endpoint or "")
        if size is not None:
            request.max_content_length = size


def allow_uploads(app: Flask, endpoints: frozenset[str], size: int) -> None:
    """Let some pages take bodies of up to `size` bytes, of whoever is signed in.

    All others stay at the app's limit. To be called before the CSRF check is installed, which
    reads the form.
    """

    @app.before_request
    def widen() -> None:
        if request.endpoint in endpoints and current_user.is_authenticated:
            request.max_content_length = size
