"""Answers that are files."""

from werkzeug.wrappers import Response


def attached(content: object, kind: str, name: str) -> Response:
    """Answer with a file that is nobody else's.

    Parameters
    ----------
    content : bytes, str or iterable of bytes
    kind : str
        Its media type.
    name : str
        Under which a browser keeps it.
    """
    return Response(
        content,  # type: ignore[arg-type]
        mimetype=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
