"""Structured logs: a request id on every line, never personal data.

Paths are logged by route pattern, not by address: a token may stand in an address.
"""

import logging
import re
import sys
import time
import uuid

import structlog
from flask import Flask, Response, g, request

REQUEST_ID = re.compile(r"^[0-9a-zA-Z-]{8,64}$")


def configure_logs(kind: str) -> None:
    """Write one line an event: JSON, or columns for a developer's console."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if kind == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


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
        if request.endpoint not in ("static", "health.live", "core_assets"):
            log.info(
                "request",
                method=request.method,
                route=rule,
                status=response.status_code,
                ms=round(1000 * (time.perf_counter() - g.get("began", time.perf_counter()))),
            )
        return response
