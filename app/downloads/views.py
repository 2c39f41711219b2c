from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.catalog import queries as catalog
from app.catalog.products import Product, ProductKey
from app.core.errors import NotFound
from app.downloads import files, service, synthetic, together
from app.downloads.content import Content, file_name
from app.downloads.formats import FORMATS, Format
from app.orders import holdings
from app.releases.queries import ReleaseView
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached

bp = Blueprint("downloads", __name__, url_prefix="/downloads")


def _entitled(text: str) -> tuple[ReleaseView, Product]:
    key = ProductKey.parse(text)
    service.fetch(current_actor(), key)
    return catalog.found(key)


@bp.get("/<key>/table.csv")
@login_required
@limited("300/hour")
def csv(key: str) -> Response:
    view, product = _entitled(key)
    return _in_format(files.content(view, product), FORMATS["csv"])


@bp.get("/<key>/table.<kind>")
@login_required
@limited("300/hour")
def table_file(key: str, kind: str) -> Response:
    if kind not in FORMATS:
        raise NotFound(_l("Tables are not made in this format."))
    return _in_format(files.content(*_entitled(key)), FORMATS[kind])


def _in_format(content: Content, chosen: Format) -> Response:
    ending = chosen.name.replace("json-stat", "json-stat.json")
    return attached(chosen.write(content), chosen.media_type, f"{content.name}.{ending}")


@bp.get("/<key>/table.zip")
@login_required
@limited("300/hour")
def archive(key: str) -> Response:
    view, product = _entitled(key)
    owned = holdings.owned(current_actor().user_id)
    packed = files.archive(view, product, together.companions(view, product, owned))
    return attached(packed, "application/zip", f"{file_name(view, product)}.zip")


@bp.post("/editions/<edition_id>/synthetic")
@login_required
@limited("60/hour")
def synthesise(edition_id: str) -> Response:
    key = synthetic.ask(current_actor(), edition_id)
    return redirect(url_for("downloads.synthetic_rows", digest=key))


@bp.get("/synthetic/<digest>")
@login_required
def synthetic_rows(digest: str) -> str:
    template = "fragment" if request.headers.get("HX-Request") else "synthetic"
    return render_template(
        f"downloads/{template}.html", made=synthetic.show(current_actor(), digest)
    )


@bp.get("/synthetic/<digest>/rows.zip")
@login_required
@limited("300/hour")
def synthetic_archive(digest: str) -> Response:
    content = synthetic.fetch(current_actor(), digest)
    if content is None:
        return redirect(url_for("downloads.synthetic_rows", digest=digest))
    return attached(content, "application/zip", f"moisson-synthetic-{digest[:8]}.zip")


def install(app: Flask) -> None:
    """Add these pages to an application, and tell the others what they may offer."""
    app.context_processor(
        lambda: {"synthetic_offered": synthetic.offered, "table_formats": FORMATS.values}
    )
    app.register_blueprint(bp)
