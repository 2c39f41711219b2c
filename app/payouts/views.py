import functools

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.catalog.price_lists import currency
from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role, require
from app.core.wording import in_words
from app.earnings import giving, statements
from app.invoicing.tax import TaxRules
from app.market import current_market
from app.orders import queries as orders
from app.payments.gateway import GatewayError, PaymentGateway
from app.payouts import holds, in_kind, queries, service
from app.payouts import income as earned
from app.payouts.errors import CountryRefused
from app.payouts.forms import CountryForm
from app.statements import views as statement_pages
from app.statements.statement import Heading
from app.statements.views import Read
from app.users import queries as users
from app.users.login import current_actor, verified_actor
from app.web.filters import moment, money
from app.web.limits import limited
from app.web.unit_of_work import writes
from pricing.money import Money

bp = Blueprint("payouts", __name__)


def _gateway() -> PaymentGateway:
    gateway: PaymentGateway = current_market().gateway
    return gateway


def _links() -> service.Links:
    base = current_market().settings.base_url
    return service.Links(base + url_for("payouts.came_back"), base + url_for("payouts.fresh_link"))


def _terms() -> queries.PayoutTerms:
    return queries.terms(current_market().settings)


def _page(form: CountryForm) -> str:
    terms = _terms()
    form.offer()
    income = earned.income(current_actor().user_id, terms)
    return render_template(
        "payouts/income.html",
        income=income,
        why=_why(income, terms),
        form=form,
        terms=terms,
        now=now(),
        donation_to=current_market().settings.donation_to,
    )


def _why(income: earned.Income, terms: queries.PayoutTerms) -> str:
    """Say what holds the money, or when it is sent."""
    standing, account = income.standing, income.account
    under_way = standing.held is holds.Held.UNDER_WAY
    return holds.words(
        standing.held,
        amount=money(standing.under_way if under_way else standing.free),
        reason=queries.hold_reason(current_actor().user_id),
        review=terms.review_days,
        days=terms.refund_days,
        minimum=money(Money.from_cents(terms.minimum_cents, currency())),
        day=moment(account.waits_since if account else None, "date"),
        time=moment(service.next_run(now(), terms.every)),
    )


@bp.get("/income")
@login_required
def income() -> str:
    require(current_actor(), Role.PRODUCER)
    return _page(CountryForm())


@bp.post("/income/account")
@login_required
@limited("30/hour")
def connect() -> str | Response | tuple[str, int]:
    actor = verified_actor()
    require(actor, Role.PRODUCER)
    form = CountryForm()
    form.offer()
    mine = queries.account(actor.user_id)
    if mine is not None and mine.account_id is not None:
        form.country.data = mine.country
    elif not form.validate_on_submit():
        return _page(form), 422
    try:
        address = service.connect(actor, _gateway(), form.country.data, _links())
    except (GatewayError, CountryRefused) as error:
        flash(in_words(error), "error")
        return redirect(url_for("payouts.income"))
    return redirect(address, code=303)


@bp.get("/income/account/refresh")
@login_required
@limited("30/hour")
def fresh_link() -> Response:
    # The provider sends a contributor here whose link was used or is too old.
    try:
        return redirect(service.onboard(current_actor(), _gateway(), _links()), code=303)
    except (GatewayError, NotFound) as error:
        flash(in_words(error), "error")
        return redirect(url_for("payouts.income"))


@bp.post("/income/account/dashboard")
@login_required
@limited("30/hour")
def dashboard() -> Response:
    try:
        return redirect(service.dashboard(verified_actor(), _gateway()), code=303)
    except (GatewayError, NotFound) as error:
        flash(in_words(error), "error")
        return redirect(url_for("payouts.income"))


@bp.get("/income/account/return")
@login_required
@limited("60/hour")
@writes
def came_back() -> Response:
    # That somebody comes back proves nothing: how the account stands is asked.
    actor = current_actor()
    require(actor, Role.PRODUCER)
    try:
        if service.refresh(_gateway(), actor.user_id):
            flash(_l("Your payout account is ready."), "success")
        else:
            flash(_l("The payment provider still needs something from you."), "warn")
    except GatewayError as error:
        flash(in_words(error), "error")
    return redirect(url_for("payouts.income"))


@bp.post("/income/give")
@login_required
@limited("30/hour")
def give() -> Response:
    giving.give(verified_actor())
    flash(
        _l("From now on what you earn is given away. What you earned before stays yours."),
        "success",
    )
    return redirect(url_for("payouts.income") + "#giving")


@bp.post("/income/keep")
@login_required
@limited("30/hour")
def keep() -> Response:
    giving.keep(verified_actor())
    flash(_l("From now on what you earn is yours again."), "success")
    return redirect(url_for("payouts.income") + "#giving")


@bp.get("/income/spend/<order_id>")
@login_required
def ask_spend(order_id: str) -> str:
    actor = current_actor()
    return render_template(
        "payouts/spend.html",
        order=orders.order(actor, order_id),
        free=Money.from_cents(in_kind.spendable_cents(actor.user_id, _terms()), currency()),
    )


@bp.post("/income/spend/<order_id>")
@login_required
@limited("30/hour")
def spend(order_id: str) -> Response:
    try:
        rules = TaxRules.of(current_market().settings)
        paid = in_kind.pay(verified_actor(), order_id, _terms(), rules)
    except Conflict as error:
        flash(error.user_message, "error")
        return redirect(url_for("payouts.ask_spend", order_id=order_id))
    if not paid:
        flash(_l("The total changed with the VAT for your address. Please look at it."), "warn")
        return redirect(url_for("payouts.ask_spend", order_id=order_id))
    flash(_l("Paid with what you earned. The tables are yours."), "success")
    return redirect(url_for("orders.show", order_id=order_id))


def _statement() -> tuple[Heading, Read]:
    actor = current_actor()
    require(actor, Role.PRODUCER)
    heading = Heading(
        _("Statement of what your data earned"),
        _("The balance is what the market owes to the contributor."),
        users.display_name(actor.user_id),
        actor.user_id,
    )
    return heading, functools.partial(statements.statement, actor.user_id)


@bp.get("/income/statement")
@login_required
@limited("600/hour")
def statement() -> tuple[str, int]:
    back = ("payouts.income", _("Income"))
    return statement_pages.page(*_statement(), "payouts.statement", back)


@bp.get("/income/statement.csv")
@login_required
@limited("300/hour")
def statement_csv() -> Response:
    return statement_pages.csv("income", _statement()[1])


@bp.get("/income/statement.pdf")
@login_required
@limited("120/hour")
def statement_pdf() -> Response:
    return statement_pages.pdf("income", *_statement())


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
