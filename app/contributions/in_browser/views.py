import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    request,
    send_file,
    session,
    url_for,
)
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.contributions import cells, waiting
from app.contributions.errors import NotTaken, TooMuch
from app.contributions.families import Family, families, group_of
from app.contributions.families import family as family_of
from app.contributions.in_browser import parts, posted, words
from app.contributions.in_browser.parts import Parts
from app.contributions.reading import ZONE
from app.contributions.texts import go_to, looks_like
from app.core.db import checkpoint
from app.core.errors import NotFound
from app.market import market_of
from app.web.limits import limited
from app.web.security import answer_with
from traces.formats import formats

bp = Blueprint("in_browser", __name__)
#: What browsers load, in an application's extensions.
PARTS = "moisson-in-browser"
#: What one visitor's cells may take, in bytes: many times what all cells of all months do.
MOST_BYTES = 256 * 1024
YEAR = 365 * 24 * 3600
#: What a worker needs to start Python. It lets nothing else run than what we serve.
PYTHON = "'wasm-unsafe-eval'"


@dataclass(frozen=True)
class Here:
    """What a page needs to read files itself.

    Attributes
    ----------
    worker, python, traces : str
        Addresses of the worker, of the folder of its Python, of the library.
    make : mapping
        How that Python was built.
    megabytes : int
        How much a browser loads, once.
    asked : dict
        What is asked of the library beside the person's own answers.
    words : dict
    elsewhere : dict
        Of each format that another page takes: what to say, that page, what the way is called.
    """

    worker: str
    python: str
    traces: str
    make: Mapping[str, object]
    megabytes: int
    asked: dict[str, object]
    words: dict[str, object]
    elsewhere: dict[str, tuple[str, str, str]]


def offer(family: Family) -> Here | None:
    """Let a page read files itself; None where the browser's Python is not installed."""
    found = _parts()
    if not found.version:
        return None
    module = _address(found.version, "pyodide.mjs")
    return Here(
        _address(found.worker, "reading-worker.js"),
        module.removesuffix("pyodide.mjs"),
        _address(found.traces, "traces.zip"),
        found.make,
        found.megabytes,
        {
            "wanted": [name for name, _ in family.templates],
            "months": cells.MOST_MONTHS,
            "zone": ZONE,
        },
        words.words(),
        _elsewhere(family),
    )


def _elsewhere(family: Family) -> dict[str, tuple[str, str, str]]:
    others = {each.key: each for each in families() if each.key != family.key}
    told = {
        key: (
            looks_like(each.title),
            url_for("contributions.give", family=key),
            go_to(each.title),
        )
        for key, each in others.items()
    }
    return {each.id: told[key] for each in formats().values() if (key := group_of(each)) in told}


@bp.get("/python/<content>/<part>")
def part(content: str, part: str) -> Response:
    found = _parts().by_place.get((content, part))
    if found is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    # A browser holds a worker to the policy of its own script, not to its page's: whatever reads a
    # file may start Python and can reach these addresses, and nothing else.
    here = f"{request.host_url}python/"
    answer_with({"script-src": f"{here} {PYTHON}", "connect-src": here, "form-action": "'none'"})
    packed = found.packed if request.accept_encodings.quality("gzip") else None
    file = packed or found.path or io.BytesIO(found.content)
    answer = send_file(file, found.kind, etag=False, max_age=YEAR)
    answer.cache_control.immutable = True
    answer.vary.add("Accept-Encoding")
    if packed:
        answer.content_encoding = "gzip"
    return answer


@bp.post("/give/<family>/cells")
@limited("30/hour", ["POST"])
def take(family: str) -> Response:
    found = family_of(family)
    if found is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    # Nothing is locked while what a stranger sent is taken apart.
    checkpoint()
    try:
        waiting.add(session, posted.read_of(found, request.form.get("cells", "")))
    except (NotTaken, TooMuch) as refused:
        flash(refused.user_message, "error")
        return redirect(url_for("contributions.give", family=family))
    return redirect(url_for("contributions.look"))


def _address(content: str, name: str) -> str:
    return url_for("in_browser.part", content=content, part=name)


def _parts() -> Parts:
    found: Parts = current_app.extensions[PARTS]
    return found


def install(app: Flask) -> None:
    """Add this way of reading to an application."""
    named = market_of(app).settings.browser_python
    app.extensions[PARTS] = parts.found(named or Path(sys.prefix) / "share" / "pyodide")
    app.register_blueprint(bp)
