from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.errors import Conflict
from app.core.permissions import Actor, Role, require
from app.core.wording import in_words
from app.market import current_market
from app.operator.forms import CorrectionForm, HandOverForm, TakeBackForm
from app.payments.gateway import GatewayError, PaymentGateway
from app.payouts import queries
from app.payouts import reversals as taking_back
from app.payouts import runs as records
from app.reconciliation import corrections as correcting
from app.reconciliation import cover as reserve
from app.reconciliation import handovers as handing_over
from app.reconciliation import queries as reconciliations
from app.reconciliation.corrections import Against
from app.users.login import current_actor
from app.web.limits import limited
from app.webhooks import service as webhooks

bp = Blueprint("money", __name__, url_prefix="/operator")


def _gateway() -> PaymentGateway:
    gateway: PaymentGateway = current_market().gateway
    return gateway


def _operator() -> Actor:
    actor = current_actor()
    require(actor, Role.OPERATOR)
    return actor


@bp.get("/reserve")
@login_required
@limited("300/hour")
def covered() -> str:
    _operator()
    return _reserve_page(HandOverForm())


def _reserve_page(form: HandOverForm) -> str:
    return render_template(
        "operator/money/reserve.html",
        view=reserve.latest(),
        history=reconciliations.latest_reconciliations(),
        withdrawals=reconciliations.withdrawals(),
        handovers=reconciliations.handovers(),
        form=form,
    )


@bp.post("/reserve/hand-over")
@login_required
@limited("60/hour")
def hand_over() -> Response | tuple[str, int]:
    actor, form = _operator(), HandOverForm()
    if not form.validate_on_submit():
        return _reserve_page(form), 422
    try:
        handing_over.hand_over(
            actor, form.amount.data, form.to_whom.data or "", form.reference.data or ""
        )
        flash(_l("The hand-over is in the book."), "success")
    except Conflict as error:
        flash(error.user_message, "error")
    return redirect(url_for("money.covered") + "#gifts")


@bp.get("/payouts/<payout_id>")
@login_required
def payout(payout_id: str) -> str:
    _operator()
    return _payout_page(payout_id, TakeBackForm())


def _payout_page(payout_id: str, form: TakeBackForm) -> str:
    return render_template(
        "operator/money/payout.html",
        payout=queries.known_payout(payout_id),
        reversals=records.reversals_of(payout_id),
        form=form,
    )


@bp.post("/payouts/<payout_id>/take-back")
@login_required
@limited("60/hour")
def take_back(payout_id: str) -> Response | tuple[str, int]:
    actor, form = _operator(), TakeBackForm()
    queries.known_payout(payout_id)
    if not form.validate_on_submit():
        return _payout_page(payout_id, form), 422
    try:
        taking_back.take_back(
            actor,
            _gateway(),
            payout_id,
            form.amount.data,
            form.reason.data or "",
            form.once.data or None,
        )
        flash(_l("It is taken back and owed to the contributor again."), "success")
    except (GatewayError, Conflict) as error:
        flash(in_words(error), "error")
    return redirect(url_for("money.payout", payout_id=payout_id))


@bp.post("/reconciliation/look-again")
@login_required
@limited("60/hour")
def look_again() -> Response:
    webhooks.catch_up_now(_operator(), current_market().db)
    flash(_l("The worker looks at everything again. Compare once more in a moment."), "success")
    return redirect(url_for("operator.reconciliation"))


@bp.get("/reconciliation/book/<movement>")
@login_required
def ask_correct(movement: str) -> str:
    _operator()
    form = CorrectionForm(movement=movement)
    return _correction_page(form, movement)


def _correction_page(form: CorrectionForm, movement: str) -> str:
    form.offer(_accounts())
    return render_template(
        "operator/money/correction.html",
        difference=reconciliations.unbooked(movement),
        form=form,
    )


def _accounts() -> list[tuple[str, str]]:
    return [
        (Against.PLATFORM.value, _("the market’s own: a fee, a correction")),
        (Against.BANK.value, _("the market’s bank: money put in or taken out")),
    ]


@bp.post("/reconciliation/book")
@login_required
@limited("60/hour")
def correct() -> Response | tuple[str, int]:
    actor, form = _operator(), CorrectionForm()
    form.offer(_accounts())
    movement = request.form.get("movement", "")
    if not form.validate_on_submit():
        return _correction_page(form, movement), 422
    try:
        correcting.correct(
            actor, _gateway(), movement, Against(form.against.data), form.reason.data or ""
        )
        flash(_l("The movement is in the book. Compare once more."), "success")
    except (GatewayError, Conflict) as error:
        flash(in_words(error), "error")
    return redirect(url_for("operator.reconciliation"))


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
