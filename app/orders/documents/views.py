import importlib

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.errors import Conflict, NotFound
from app.invoicing.queries import Series
from app.market import current_market
from app.orders.documents import document as described
from app.orders.documents import offer
from app.orders.documents.document import Described
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached

bp = Blueprint("documents", __name__, url_prefix="/documents")


def _document(series: str, number: int) -> Described:
    if series not in set(Series):
        raise NotFound(_("This page does not exist, or it is not yours."))
    return described.document(current_actor(), Series(series), number)


@bp.get("/<series>/<int(max=2147483647):number>")
@login_required
def show(series: str, number: int) -> str:
    return render_template("orders/document.html", described=_document(series, number))


@bp.get("/<series>/<int(max=2147483647):number>.pdf")
@login_required
@limited("120/hour")
def pdf(series: str, number: int) -> Response:
    return _printed(_document(series, number))


@bp.get("/quote/<order_id>.pdf")
@login_required
@limited("120/hour")
def quote(order_id: str) -> Response:
    try:
        return _printed(offer.offer(current_actor(), order_id))
    except Conflict as error:
        flash(error.user_message, "warn")
        return redirect(url_for("orders.show", order_id=order_id))


def _printed(document: Described) -> Response:
    # Heavy: loaded by the first who prints.
    printed = importlib.import_module("app.orders.documents.pdf")
    content: bytes = printed.as_pdf(document, _banner())
    return attached(content, "application/pdf", document.file)


def _banner() -> str:
    words: dict[str, str] = {
        "stand-in": _("Demonstration: payments go to a local stand-in. No real money moves."),
        "test": _("Rehearsal: payments go to Stripe’s test mode. No real money moves."),
    }
    return words.get(current_market().connection.mode, "")


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
