"""How the interface answers: JSON with a strong ETag, and problems in the form of RFC 9457."""

import base64
import hashlib
import io
from http import HTTPStatus

import msgspec
from flask import Response, request, send_file

from app.api.shapes import Problem

PUBLIC, PRIVATE = "public, max-age=60", "private, no-cache"
#: A writer that writes the same figures otherwise gets another number, so that tags change.
WRITER = "1"


def answer(shape: object, *, public: bool = False) -> Response:
    """Return a shape as JSON; 304 where the client has it already."""
    content = msgspec.json.encode(shape, order="deterministic")
    made = Response(content, mimetype="application/json")
    made.set_etag(hashlib.sha256(content).hexdigest()[:32])
    made.headers["Cache-Control"] = PUBLIC if public else PRIVATE
    if public:
        made.headers["Access-Control-Allow-Origin"] = "*"
        made.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    made.make_conditional(request)
    return made


def tag_of(*parts: str) -> str:
    """Return the tag of a file that follows from these parts."""
    return hashlib.sha256("\n".join((*parts, WRITER)).encode()).hexdigest()[:32]


def known(tag: str) -> Response | None:
    """Return 304 where the client has the file already, so that it need not be made."""
    if tag not in request.if_none_match:
        return None
    same = Response(status=304)
    same.set_etag(tag)
    return same


def file(content: bytes, media_type: str, name: str, tag: str) -> Response:
    """Return a file: whole, or the ranges that were asked for."""
    made: Response = send_file(
        io.BytesIO(content),
        mimetype=media_type,
        as_attachment=True,
        download_name=name,
        conditional=True,
        etag=tag,
    )
    made.headers["Cache-Control"] = PRIVATE
    made.headers["Repr-Digest"] = f"sha-256=:{_base64(content)}:"
    return made


def problem(status: int, detail: str) -> Response:
    """Return what went wrong."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    content = msgspec.json.encode(
        Problem(
            type="about:blank", title=title, status=status, detail=detail, instance=request.path
        )
    )
    made = Response(content, status, mimetype="application/problem+json")
    made.headers["Cache-Control"] = "no-store"
    return made


def _base64(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
