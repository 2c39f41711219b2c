"""What all pages of the stand-in share: their language, and what they may load and send."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, render_template, request

from stripe_stand_in.translations import LANGUAGES


def language_of(preferred: str | None) -> str:
    """Return the language of the answer: asked for, else preferred, else the browser's."""
    asked = request.args.get("locale") or preferred
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def show(
    template: str,
    language: str,
    leads_to: tuple[str | None, ...] = (),
    status: int = 200,
    **facts: Any,
) -> Response:
    """Render a page that may send its form here and on to the market's own addresses."""
    words = LANGUAGES[language]
    other = "en" if language == "fr" else "fr"
    html = render_template(
        template, words=words, language=language, other=other, path=request.path, **facts
    )
    origins = {f"{p.scheme}://{p.netloc}" for p in map(urlsplit, filter(None, leads_to))}
    response = Response(html, status=status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {' '.join([repr('self'), *sorted(origins)])}"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
