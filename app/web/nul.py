"""No address and no form holds a NUL byte: no keyboard makes one, and PostgreSQL keeps none."""

from flask import Flask, request
from werkzeug.exceptions import BadRequest

NUL = "\0"


def refuse_nul(app: Flask) -> None:
    """Refuse requests with a NUL byte; once it is checked who sends a form."""

    @app.before_request
    def refuse() -> None:
        in_address = NUL in request.path or b"%00" in request.query_string
        if in_address or any(NUL in each for each in _typed()):
            raise BadRequest


def _typed() -> list[str]:
    """Return what the form says; other bodies are left for those who read them."""
    if not request.mimetype.startswith(("multipart/", "application/x-www-form-urlencoded")):
        return []
    return [each for values in request.form.listvalues() for each in values]
