from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.errors import Conflict
from app.core.permissions import Actor, Role, require
from app.core.wording import in_words
from app.jobs import queries as jobs_queries
from app.market import current_market
from app.operator import audit_files, books, odometer, queries, service, verifying
from app.operator.forms import RefundForm
from app.orders import queries as orders_queries
from app.payments.gateway import GatewayError, PaymentGateway
from app.payouts import queries as payouts_queries
from app.payouts import runs as records
from app.payouts import service as payouts_service
from app.reconciliation import queries as reconciliations
from app.reconciliation import service as comparing
from app.refunds import service as refunding
from app.search import queries as lists
from app.statements import periods
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached

bp = Blueprint("operator", __name__, url_prefix="/operator")
#: So many wishes are shown, the most frequent ones.
WISHES = 30


def _gateway() -> PaymentGateway:
    gateway: PaymentGateway = current_market().gateway
    return gateway


def _operator() -> Actor:
    actor = current_actor()
    require(actor, Role.OPERATOR)
    return actor


@bp.get("")
@login_required
def overview() -> str:
    return render_template("operator/overview.html", view=queries.overview(_operator()))


@bp.get("/collections")
@login_required
def collections() -> str:
    lines = queries.collection_lines(_operator())
    return render_template("operator/collections.html", lines=lines, wishes=lists.wishes(WISHES))


@bp.get("/jobs")
@login_required
def jobs() -> str:
    _operator()
    return render_template("operator/jobs.html", jobs=jobs_queries.latest(200))


@bp.post("/jobs/<job_id>/retry")
@login_required
def retry(job_id: str) -> Response:
    service.retry_job(_operator(), job_id)
    flash(_l("The worker will try this job again."), "success")
    return redirect(url_for("operator.jobs"))


@bp.get("/orders")
@login_required
def orders() -> str:
    _operator()
    return render_template("operator/orders.html", orders=orders_queries.latest(200))


@bp.get("/orders/<order_id>/refund")
@login_required
def ask_refund(order_id: str) -> str:
    return _refund_page(order_id, RefundForm())


def _refund_page(order_id: str, form: RefundForm) -> str:
    return render_template(
        "operator/refund.html",
        order=orders_queries.order(_operator(), order_id),
        refunds=orders_queries.refunds(order_id),
        later=refunding.later_purchases(order_id),
        form=form,
    )


@bp.post("/orders/<order_id>/refund")
@login_required
@limited("60/hour")
def refund(order_id: str) -> Response | tuple[str, int]:
    actor = _operator()
    orders_queries.order(actor, order_id)
    form = RefundForm()
    if not form.validate_on_submit():
        return _refund_page(order_id, form), 422
    try:
        refunding.refund(
            actor,
            _gateway(),
            order_id,
            form.amount.data,
            form.reason.data or "",
            form.once.data or None,
        )
        flash(_l("The buyer gets their money back."), "success")
    except (GatewayError, Conflict) as error:
        flash(in_words(error), "error")
        return redirect(url_for("operator.ask_refund", order_id=order_id))
    return redirect(url_for("operator.orders"))


@bp.get("/book")
@login_required
def book() -> str:
    return render_template("operator/book.html", view=books.page(_operator()))


@bp.post("/book/verify")
@login_required
@limited("30/hour")
def verify_book() -> Response:
    verifying.ask(_operator())
    flash(_l("The worker works the book out again."), "success")
    return redirect(url_for("operator.book"))


@bp.get("/book/days")
@login_required
def book_days() -> str:
    actor = _operator()
    month = periods.read_month(request.args.get("month", "").strip(), now().date())
    return render_template("operator/days.html", month=month, parts=books.days(actor, month))


@bp.get("/book/lines.csv")
@login_required
@limited("60/hour")
def book_lines() -> Response:
    _operator()
    month = periods.read_month(request.args.get("month", "").strip(), now().date())
    db = current_market().db
    lines = audit_files.lines_csv(db, month)
    return attached(lines, "text/csv", f"moisson-book-{month.first:%Y-%m}.csv")


@bp.get("/privacy")
@login_required
def privacy() -> str:
    actor = _operator()
    view = odometer.privacy(actor, current_market().settings.account_ceiling_micro_rho)
    wanted = request.args.get("page", 1, type=int)
    return render_template(
        "operator/privacy.html",
        view=view,
        listed=odometer.charges(actor, wanted, view.charges),
    )


@bp.get("/payouts")
@login_required
def payouts() -> str:
    _operator()
    return render_template(
        "operator/payouts.html",
        payouts=payouts_queries.latest_payouts(200),
        runs=records.latest_runs(),
        every=current_market().settings.payout_every,
        job=jobs_queries.latest_of(f"{payouts_service.PAYOUTS_JOB}:"),
    )


@bp.post("/payouts")
@login_required
@limited("60/hour")
def run_payouts() -> Response:
    payouts_service.ask_for_run(_operator())
    flash(_l("The worker pays everybody who can be paid."), "success")
    return redirect(url_for("operator.payouts"))


@bp.get("/reconciliation")
@login_required
def reconciliation() -> str:
    _operator()
    return render_template(
        "operator/reconciliation.html", view=reconciliations.latest_reconciliation()
    )


@bp.post("/reconciliation")
@login_required
@limited("60/hour")
def reconcile() -> Response:
    actor = _operator()
    try:
        comparing.compare(actor, _gateway())
    except GatewayError as error:
        flash(in_words(error), "error")
    back = "money.covered" if request.args.get("back") == "reserve" else "operator.reconciliation"
    return redirect(url_for(back))


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
