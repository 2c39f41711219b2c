import functools
from contextlib import suppress
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.bundles import builder, quotes, suggestions
from app.bundles import bundle as bundles
from app.bundles.errors import OwnData
from app.catalog import queries as catalog
from app.catalog.price_lists import price_book
from app.catalog.products import Product, ProductKey
from app.collections.rules import Purpose
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor, Role, require_any
from app.core.wording import in_words
from app.invoicing import queries as invoicing
from app.invoicing.queries import Series
from app.invoicing.tax import TaxRules
from app.market import current_market
from app.orders import (
    holdings,
    paying,
    queries,
    service,
    statements,
    waiting,
)
from app.orders.forms import OrderBillingForm, PlaceForm
from app.orders.purposes import sentence
from app.orders.states import OrderState
from app.payments.gateway import GatewayError, PaymentGateway
from app.releases.queries import ReleaseView
from app.statements import views as statement_pages
from app.statements.statement import Heading
from app.statements.views import Read
from app.users import queries as users
from app.users import teams
from app.users.login import current_actor, current_person, verified_actor
from app.web.limits import limited

bp = Blueprint("orders", __name__)


def _gateway() -> PaymentGateway:
    gateway: PaymentGateway = current_market().gateway
    return gateway


@bp.get("/bundle")
@login_required
def bundle() -> str:
    actor = current_actor()
    require_any(actor, Role.BUYER, Role.ANALYST)
    return _builder("orders/bundle.html", actor)


def _builder(template: str, actor: Actor) -> str:
    composed = holdings.bundle_of(actor.user_id)
    form = PlaceForm()
    form.offer(composed.purposes)
    form.keep(request.values.get("purpose", ""))
    form.quote.data = quotes.sign(current_market().settings.secret_key, actor.user_id, composed)
    whole = request.values.get("lines") == "all"
    parts = builder.built(composed, request.values.get("open", ""), whole=whole)
    return render_template(
        template,
        bundle=composed,
        builder=parts,
        curve=parts.curve() if parts.tiers else None,
        suggestions=suggestions.suggested(composed),
        form=form,
        book=price_book(),
        tax=_tax_rules(),
        holds=quotes.QUOTE_LIFE,
    )


@bp.post("/bundle/add")
@login_required
def add() -> Response:
    chosen = request.form.getlist("product")
    if not chosen:
        flash(_l("Tick a table first."), "warn")
    try:
        bundles.add(current_actor(), chosen)
    except OwnData as error:
        flash(error.user_message, "error")
    return redirect(url_for("orders.bundle"))


@bp.post("/bundle")
@login_required
def change() -> str | Response:
    actor = current_actor()
    require_any(actor, Role.BUYER, Role.ANALYST)
    chosen = builder.chosen_keys(request.form.to_dict(), request.form.getlist("product"))
    bundles.replace(actor, chosen)
    if request.headers.get("HX-Request"):
        return _builder("orders/moved.html", actor)
    return redirect(url_for("orders.bundle", open=request.form.get("open") or None))


@bp.post("/orders")
@login_required
@limited("60/hour")
def place() -> Response:
    actor = verified_actor()
    form = PlaceForm()
    form.offer(frozenset(Purpose))
    if not form.validate_on_submit():
        flash(_l("Say what you will use the tables for."), "error")
        return redirect(url_for("orders.bundle"))
    try:
        order_id = service.place(
            actor,
            current_market().settings.secret_key,
            Purpose(form.purpose.data),
            form.quote.data or "",
            _tax_rules(),
        )
    except (Conflict, Invalid) as error:
        flash(error.user_message, "error")
        return redirect(url_for("orders.bundle"))
    if request.form.get("as") == "quote":
        flash(_l("Your quote is ready: download it as PDF below."), "success")
    return redirect(url_for("orders.show", order_id=order_id))


def _tax_rules() -> TaxRules:
    return TaxRules.of(current_market().settings)


@bp.get("/orders")
@login_required
def mine() -> str:
    actor = current_actor()
    require_any(actor, Role.BUYER, Role.ANALYST)
    orders = queries.of_buyer(actor.user_id)
    people = teams.names_of({one.placed_by for one in orders if one.placed_by})
    return render_template("orders/mine.html", orders=orders, people=people)


def _statement() -> tuple[Heading, Read]:
    actor = current_actor()
    require_any(actor, Role.BUYER, Role.ANALYST)
    heading = Heading(
        _("Statement of purchases"),
        _("The balance is what the buyer paid in all, less what came back."),
        users.display_name(actor.user_id),
        actor.user_id,
    )
    currency = price_book().currency
    return heading, functools.partial(statements.statement, actor.user_id, currency=currency)


@bp.get("/orders/statement")
@login_required
@limited("600/hour")
def statement() -> tuple[str, int]:
    return statement_pages.page(*_statement(), "orders.statement", ("orders.mine", _("Purchases")))


@bp.get("/orders/statement.csv")
@login_required
@limited("300/hour")
def statement_csv() -> Response:
    return statement_pages.csv("purchases", _statement()[1])


@bp.get("/orders/statement.pdf")
@login_required
@limited("120/hour")
def statement_pdf() -> Response:
    return statement_pages.pdf("purchases", *_statement())


@bp.get("/orders/<order_id>")
@login_required
def show(order_id: str) -> str | Response:
    try:
        order = queries.order(current_actor(), order_id)
    except NotFound:
        return _led_to_team(order_id)
    return render_template(
        "orders/order.html",
        **_payment(order, waiting.number(request.args.get("back", ""))),
        found=_found(order),
        purpose=sentence(order.purpose, paid=order.paid_at is not None),
        sale=queries.booked(order),
        refunds=queries.refunds(order.id),
        documents=invoicing.of_order(order.id),
        waits=holdings.waits(order),
        people=teams.names_of({order.placed_by}) if order.placed_by else {},
    )


def _led_to_team(order_id: str) -> Response:
    """Lead whoever is in the team that an order is of to where they act for it.

    Raises
    ------
    NotFound
    """
    buyer = queries.buyer_of(order_id)
    team = teams.team(current_person().actor, buyer)
    flash(_("This order is of the team “%(team)s”. Act for it to see it.", team=team.name), "warn")
    return redirect(url_for("teams.show", team_id=team.id))


def _payment(order: queries.OrderView, look: int) -> dict[str, Any]:
    """Return what the part that asks for the payment shows: while it looks, nothing to pay."""
    looking = order.state is OrderState.PAYING
    return {
        "order": order,
        "look": look if looking else 0,
        "pause": waiting.delay(look) if looking else None,
    }


@bp.get("/orders/<order_id>/invoice")
@login_required
def invoice(order_id: str) -> Response:
    order = queries.order(current_actor(), order_id)
    if order.invoice_number is None:
        raise NotFound(_l("There is an invoice once the order is paid."))
    return redirect(url_for("documents.show", series=Series.INVOICE, number=order.invoice_number))


def _found(order: queries.OrderView) -> list[tuple[ProductKey, ReleaseView, Product]]:
    found = catalog.found_all(order.products)
    return [(key, *one) for key, one in zip(order.products, found, strict=True)]


@bp.post("/orders/<order_id>/cancel")
@login_required
@limited("60/hour")
def cancel(order_id: str) -> Response:
    try:
        ended = service.cancel(current_actor(), _gateway(), order_id)
    except (GatewayError, Conflict) as error:
        flash(in_words(error), "error")
        return redirect(url_for("orders.show", order_id=order_id))
    if ended:
        flash(_l("The order is called off; nothing was charged."), "success")
    else:
        flash(_l("The payment had arrived already."), "warn")
    return redirect(url_for("orders.show", order_id=order_id))


@bp.post("/orders/<order_id>/again")
@login_required
def again(order_id: str) -> Response:
    service.compose_again(current_actor(), order_id)
    return redirect(url_for("orders.bundle"))


@bp.post("/orders/<order_id>/pay")
@login_required
@limited("30/hour")
def pay(order_id: str) -> Response:
    actor = verified_actor()
    order = queries.order(actor, order_id)
    if order.state is OrderState.QUOTED and invoicing.details(actor.user_id) is None:
        return redirect(url_for("orders.bill", order_id=order_id), code=303)
    return _pay_billed(actor, order_id, moved=service.bill(actor, order_id, _tax_rules()))


@bp.route("/orders/<order_id>/billing", methods=["GET", "POST"])
@login_required
@limited("60/hour", ["POST"])
def bill(order_id: str) -> str | Response | tuple[str, int]:
    actor = current_actor()
    order = queries.order(actor, order_id)
    if order.state is not OrderState.QUOTED or order.buyer_id != actor.user_id:
        return redirect(url_for("orders.show", order_id=order_id))
    kept = invoicing.details(actor.user_id)
    form = OrderBillingForm(obj=kept, purchase_number=order.purchase_number)
    form.offer()
    form.keep(kept)
    if not form.validate_on_submit():
        page = render_template("orders/billing.html", form=form, order=order)
        return page, (422 if form.errors else 200)
    number = form.purchase_number.data or ""
    moved = service.bill(verified_actor(), order_id, _tax_rules(), form.party(), number)
    if request.args.get("then") == "earnings":
        return redirect(url_for("payouts.ask_spend", order_id=order_id))
    return _pay_billed(actor, order_id, moved=moved)


def _pay_billed(actor: Actor, order_id: str, *, moved: bool) -> Response:
    """Go on to the payment, unless the total is another one: that has to be seen first."""
    if moved:
        flash(_l("The total changed with the VAT for your address. Please look at it."), "warn")
        return redirect(url_for("orders.show", order_id=order_id), code=303)
    back = service.Return(
        # The provider replaces the braces, which must stay as they are.
        current_market().settings.base_url
        + url_for("orders.came_back", order_id=order_id)
        + "?session={CHECKOUT_SESSION_ID}",
        current_market().settings.base_url + url_for("orders.show", order_id=order_id),
        str(get_locale() or "en"),
        current_market().settings.large_cents,
    )
    try:
        address = service.check_out(actor, _gateway(), order_id, back)
    except (GatewayError, Conflict) as error:
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
@limited("60/hour")
def check(order_id: str) -> Response:
    order = queries.order(current_actor(), order_id)
    try:
        if paying.fulfil(_gateway(), order.id):
            flash(_l("The payment has arrived."), "success")
        else:
            flash(_l("The payment provider has not confirmed the payment yet."), "warn")
    except GatewayError as error:
        flash(in_words(error), "error")
    return redirect(url_for("orders.show", order_id=order_id))


@bp.post("/orders/<order_id>/look/<int(max=100):number>")
@login_required
@limited("300/hour")
def look(order_id: str, number: int) -> Response:
    """Look for the payment, as the page that a buyer came back to does by itself."""
    order = queries.order(current_actor(), order_id)
    with suppress(GatewayError):
        # One that does not answer now is asked again at the next look.
        paying.fulfil(_gateway(), order.id)
    order = queries.order(current_actor(), order_id)
    if not request.headers.get("HX-Request"):
        return redirect(url_for("orders.show", order_id=order_id, back=number))
    if order.state is not OrderState.PAYING:
        return Response(headers={"HX-Redirect": url_for("orders.show", order_id=order_id)})
    shown = _payment(order, number + 1)
    if shown["pause"]:
        return Response(render_template("orders/look.html", **shown), mimetype="text/html")
    over = {"HX-Retarget": "#pay", "HX-Reswap": "outerHTML"}
    return Response(render_template("orders/pay.html", **shown), headers=over, mimetype="text/html")


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
