"""What is logged of requests: a request id on every line, never personal data.

Paths are logged by route pattern, not by address: a token may stand in an address.
"""

import re
import time
import traceback
import uuid
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, request

#: Endpoints that are asked for too often to be worth a line.
UNLOGGED = ("static", "assets", "in_browser.part", "health.live")
REQUEST_ID = re.compile(r"^[0-9a-zA-Z-]{8,64}$")


def log_crashes(app: Flask) -> None:
    """Log what broke and where, without the error's text: it may quote what it broke on."""
    log = structlog.get_logger("web")

    def crashed(error: tuple[Any, ...]) -> None:
        kind, _, trace = error
        frames = [f for f in traceback.extract_tb(trace) if "site-packages" not in f.filename]
        where = [f"{Path(f.filename).name}:{f.lineno}" for f in frames[-3:]]
        log.error("crash", error=getattr(kind, "__name__", "unknown"), where=where)

    app.log_exception = crashed  # type: ignore[method-assign,assignment]


def log_requests(app: Flask) -> None:
    """Give each request an id and log how it ended."""
    log = structlog.get_logger("web")

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        rule = request.url_rule.rule if request.url_rule else "(no route)"
        if request.endpoint not in UNLOGGED:
            log.info(
                "request",
                method=request.method,
                route=rule,
                status=response.status_code,
                ms=round(1000 * (time.perf_counter() - g.get("began", time.perf_counter()))),
            )
        return response
