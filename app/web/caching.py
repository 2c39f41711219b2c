"""What visitors may keep: pages that are the same for all of them, for a minute.

Whoever is signed in keeps nothing (`app.web.security`). Nor does a visitor keep a page that was
made for them alone: one with a form's token or a message, which both stand in their cookie.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, request, session
from flask_login import current_user

from app.web.page_cache import PageCache

SECONDS = 60
View = TypeVar("View", bound=Callable[..., Any])


def same_for_visitors(view: View) -> View:
    """Mark a view that shows the same to everybody who is not signed in."""
    view.__dict__["same_for_visitors"] = True
    return view


def install_caching(app: Flask, most: int) -> None:
    """Let browsers and proxies keep the marked pages, and ask whether they changed.

    Parameters
    ----------
    most : int
        Bytes of them that this process keeps itself; 0: none.
    """
    if most:
        app.wsgi_app = PageCache(app.wsgi_app, most)  # type: ignore[method-assign,assignment]

    @app.after_request
    def keep(response: Response) -> Response:
        view = app.view_functions.get(request.endpoint or "")
        if not getattr(view, "same_for_visitors", False) or response.status_code != 200:
            return response
        if current_user.is_authenticated or request.method not in ("GET", "HEAD"):
            return response
        response.vary.update(("Accept-Language", "Cookie"))
        if session.modified:
            response.cache_control.private = True
            return response
        # A cookie may hold the language: then what it names is for one browser.
        whose = "private" if request.cookies else "public"
        response.headers["Cache-Control"] = f"{whose}, max-age={SECONDS}"
        response.add_etag()
        response.make_conditional(request)
        return response
