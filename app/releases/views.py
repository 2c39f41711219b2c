from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.collections import queries as collections
from app.core.errors import NotFound
from app.core.permissions import Role
from app.jobs import queries as jobs_queries
from app.market import current_market
from app.releases import queries, service
from app.releases.measuring import JOB
from app.releases.states import EditionState
from app.users.login import current_actor

bp = Blueprint("editions", __name__)


@bp.post("/collections/<collection_id>/close-edition")
@login_required
def close(collection_id: str) -> Response:
    """Let the time until the public date pass: to try things out, never where real people are."""
    if current_market().settings.production:
        raise NotFound(_l("Editions close on public dates only."))
    made = service.close(current_actor(), collection_id)
    flash(_l("The edition is closed: its people are being counted."), "success")
    return redirect(url_for("editions.show", edition_id=made[0]))


@bp.get("/editions/<edition_id>")
@login_required
def show(edition_id: str) -> str | Response:
    edition = queries.edition(edition_id)
    actor = current_actor()
    rules = collections.rules(edition.collection_id)
    if edition.state is EditionState.PUBLISHED:
        address = url_for("catalog.release", edition_id=edition_id)
        if request.headers.get("HX-Request"):
            return Response(headers={"HX-Redirect": address})
        return redirect(address)
    if request.headers.get("HX-Request") and edition.state in queries.HIDDEN:
        return Response(headers={"HX-Refresh": "true"})
    near = actor.user_id == rules.owner_id or actor.has(Role.OPERATOR)
    template = "fragment" if request.headers.get("HX-Request") else "edition"
    return render_template(
        f"releases/{template}.html",
        edition=edition,
        rules=rules,
        next_closing=service.next_closing(rules),
        job=jobs_queries.with_key(f"{JOB}:{edition_id}") if near else None,
    )


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
