from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.catalog import queries as catalog
from app.catalog.price_lists import price_book
from app.collections.rules import Purpose
from app.core.errors import Conflict, Invalid
from app.core.http import limiter, settings
from app.core.outside import in_words
from app.core.permissions import Role, require
from app.orders import bundle as bundles
from app.orders import queries, service
from app.orders.forms import PlaceForm
from app.payments.gateway import GatewayError, PaymentGateway
from app.users.login import current_actor, verified_actor

bp = Blueprint("orders", __name__)


def _gateway() -> PaymentGateway:
    gateway: PaymentGateway = current_app.extensions["gateway"]
    return gateway


@bp.get("/bundle")
@login_required
def bundle() -> str:
    actor = current_actor()
    require(actor, Role.BUYER)
    return _bundle_page(bundles.composed(actor.user_id))


def _bundle_page(composed: bundles.Bundle, form: PlaceForm | None = None) -> str:
    form = form or PlaceForm()
    form.offer(composed.purposes)
    form.shown_cents.data = composed.quote.total.cents_up() if composed.quote else 0
    editions = {one.view.edition.id: one.view for one in composed.chosen}
    return render_template(
        "orders/bundle.html",
        bundle=composed,
        form=form,
        siblings={edition: catalog.priced(view) for edition, view in sorted(editions.items())},
        views=editions,
        chosen={str(key) for key in composed.keys},
        owned={str(one.key) for one in composed.chosen if one.owned},
        share=price_book().platform_basis_points / 100,
    )


@bp.post("/bundle/add")
@login_required
def add() -> Response:
    bundles.add(current_actor(), request.form.getlist("product"))
    return redirect(url_for("orders.bundle"))


@bp.post("/bundle")
@login_required
def change() -> str | Response:
    actor = current_actor()
    require(actor, Role.BUYER)
    bundles.replace(actor, request.form.getlist("product"))
    if request.headers.get("HX-Request"):
        composed = bundles.composed(actor.user_id)
        form = PlaceForm()
        form.offer(composed.purposes)
        form.shown_cents.data = composed.quote.total.cents_up() if composed.quote else 0
        return render_template(
            "orders/price.html",
            bundle=composed,
            form=form,
            share=price_book().platform_basis_points / 100,
        )
    return redirect(url_for("orders.bundle"))


@bp.post("/orders")
@login_required
@limiter.limit("60/hour")
def place() -> Response:
    actor = verified_actor()
    form = PlaceForm()
    form.offer(frozenset(Purpose))
    if not form.validate_on_submit():
        flash(_l("Say what you will use the tables for."), "error")
        return redirect(url_for("orders.bundle"))
    try:
        order_id = service.place(actor, Purpose(form.purpose.data), form.cents())
    except (Conflict, Invalid) as error:
        flash(error.user_message, "error")
        return redirect(url_for("orders.bundle"))
    return redirect(url_for("orders.show", order_id=order_id))


@bp.get("/orders")
@login_required
def mine() -> str:
    actor = current_actor()
    require(actor, Role.BUYER)
    return render_template("orders/mine.html", orders=queries.of_buyer(actor.user_id))


@bp.get("/orders/<order_id>")
@login_required
def show(order_id: str) -> str:
    order = queries.order(current_actor(), order_id)
    found = [(key, *catalog.found(key)) for key in order.products]
    return render_template("orders/order.html", order=order, found=found)


@bp.post("/orders/<order_id>/pay")
@login_required
@limiter.limit("30/hour")
def pay(order_id: str) -> Response:
    back = service.Return(
        # The provider replaces the braces, which must stay as they are.
        settings().base_url
        + url_for("orders.came_back", order_id=order_id)
        + "?session={CHECKOUT_SESSION_ID}",
        settings().base_url + url_for("orders.show", order_id=order_id),
        str(get_locale() or "en"),
    )
    try:
        address = service.check_out(verified_actor(), _gateway(), order_id, back)
    except GatewayError as error:
        flash(in_words(error), "error")
        return redirect(url_for("orders.show", order_id=order_id))
    return redirect(address, code=303)


@bp.get("/orders/<order_id>/back")
@login_required
def came_back(order_id: str) -> Response:
    # Shows the state only; what is true comes from the provider's webhook.
    order = queries.order(current_actor(), order_id)
    return redirect(url_for("orders.show", order_id=order.id, back=1))


@bp.post("/orders/<order_id>/check")
@login_required
@limiter.limit("60/hour")
def check(order_id: str) -> Response:
    order = queries.order(current_actor(), order_id)
    try:
        if service.fulfil(_gateway(), order.id):
            flash(_l("The payment has arrived."), "success")
        else:
            flash(_l("The payment provider has not confirmed the payment yet."), "warn")
    except GatewayError as error:
        flash(in_words(error), "error")
    return redirect(url_for("orders.show", order_id=order_id))
