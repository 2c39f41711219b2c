from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.permissions import Actor, Role, require
from app.operator.price_books import queries
from app.operator.price_books.fields import exact
from app.operator.price_books.forms import PriceBookForm, filled_in
from app.prices import queries as prices
from app.prices import service
from app.prices.errors import BookRefused, Superseded, VersionTaken
from app.users.login import current_actor
from app.web.limits import limited
from pricing.price_book import PriceBook

bp = Blueprint("price_books", __name__, url_prefix="/operator/prices")


def _operator() -> Actor:
    actor = current_actor()
    require(actor, Role.OPERATOR)
    return actor


@bp.get("")
@login_required
def show() -> str:
    history = queries.history(_operator())
    return render_template(
        "operator/price_book.html",
        view=history.versions[0],
        history=history,
        labels=queries.LABELS,
        exact=exact,
    )


@bp.get("/<version>")
@login_required
def version(version: str) -> str:
    history = queries.history(_operator())
    return render_template(
        "operator/price_book.html",
        view=prices.published(version),
        history=history,
        labels=queries.LABELS,
        exact=exact,
    )


@bp.route("/new", methods=["GET", "POST"])
@login_required
@limited("240/hour", ["POST"])
def new() -> str | Response | tuple[str, int]:
    actor = _operator()
    present = prices.in_force()
    form = PriceBookForm(data=filled_in(present, queries.next_name()))
    # "Back to the form" brings what was typed, right or wrong, and asks for nothing.
    if request.method == "GET" or "back" in request.form:
        return _page(form, present)
    try:
        book = _checked(form, present)
        if book is not None and "publish" in request.form:
            service.publish(actor, book, form.note.data, based_on=form.based_on.data)
            flash(_("Price book %(version)s is in force.", version=book.version), "success")
            return redirect(url_for("price_books.show"))
    except VersionTaken as error:
        book, form.version.errors = None, [error.user_message]
    except (BookRefused, Superseded) as error:
        book, form.form_errors = None, [error.user_message]
    if book is None:
        return _page(form, present), 422
    return render_template(
        "operator/price_book_preview.html",
        form=form,
        view=queries.preview(actor, book),
        labels=queries.LABELS,
        exact=exact,
    )


def _page(form: PriceBookForm, present: PriceBook) -> str:
    page: str = render_template(
        "operator/price_book_new.html", form=form, present=present, exact=exact
    )
    return page


def _checked(form: PriceBookForm, present: PriceBook) -> PriceBook | None:
    """Return the typed book, once it could be published; None with errors in the form."""
    if not form.validate():
        return None
    book = service.draw_up(form.plain(present.currency))
    service.check(book, based_on=form.based_on.data)
    if not queries.differing(present, book):
        form.form_errors = [_("Nothing differs from the book in force: change a number first.")]
        return None
    return book


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
