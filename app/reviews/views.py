from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.collections.rules import CollectionRules
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Actor, Role
from app.core.written import LONGEST, SHORTEST
from app.reviews import queries, service
from app.reviews.queries import Reviews
from app.users.login import current_actor, verified_actor
from app.web.limits import limited

bp = Blueprint("reviews", __name__)


@bp.post("/catalogue/<edition_id>/review")
@login_required
@limited("20/hour")
def write(edition_id: str) -> Response:
    useful = request.form.get("useful", "")
    try:
        service.write(
            verified_actor(),
            edition_id,
            int(useful) if useful.isdecimal() and len(useful) < 3 else 0,
            request.form.get("text", ""),
        )
    except (Invalid, Conflict, Forbidden) as error:
        flash(error.user_message, "error")
    else:
        flash(_("Thank you. Your review is shown once an operator has read it."), "success")
    return redirect(url_for("catalog.release", edition_id=edition_id) + "#reviews")


@bp.get("/reviews")
@login_required
def listed() -> str:
    actor = current_actor()
    return render_template(
        "reviews/listed.html",
        reviews=queries.listed(actor),
        mine=queries.written_by(actor.user_id),
        decides=actor.has(Role.OPERATOR),
    )


@bp.post("/reviews/<review_id>")
@login_required
@limited("60/hour")
def change(review_id: str) -> Response:
    actor, wanted = current_actor(), request.form.get("do", "answer")
    try:
        if wanted in ("show", "refuse"):
            service.decide(actor, review_id, show=wanted == "show")
        else:
            service.answer(actor, review_id, request.form.get("text", ""))
    except (Invalid, Conflict) as error:
        flash(error.user_message, "error")
    else:
        flash(_("Done."), "success")
    return redirect(url_for("reviews.listed"))


def _reviews_of(rules: CollectionRules) -> Reviews:
    actor = current_actor() if current_user.is_authenticated else Actor("", frozenset())
    return queries.of_collection(rules, actor)


def install(app: Flask) -> None:
    """Add these pages to an application, and to an edition's what buyers say of it."""
    app.register_blueprint(bp)
    bounds = {"shortest": SHORTEST, "longest": LONGEST}
    app.context_processor(lambda: {"reviews_of": _reviews_of, "review_length": bounds})
