from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.invoicing import queries, service
from app.invoicing.forms import BillingForm
from app.users.login import current_actor
from app.web.limits import limited

bp = Blueprint("billing", __name__)


@bp.route("/account/billing", methods=["GET", "POST"])
@login_required
@limited("60/hour", ["POST"])
def details() -> str | Response | tuple[str, int]:
    actor = current_actor()
    kept = queries.details(actor.user_id)
    form = BillingForm(obj=kept)
    form.offer()
    form.keep(kept)
    if form.validate_on_submit():
        service.change_details(actor, form.party())
        flash(_l("Saved. Documents that were issued before keep what they say."), "success")
        return redirect(url_for("billing.details"))
    page = render_template("invoicing/details.html", form=form, kept=kept)
    return page, (422 if form.errors else 200)


@bp.post("/account/billing/remove")
@login_required
def remove() -> Response:
    service.forget_details(current_actor())
    flash(_l("Removed. Invoices are made out to your public name again."), "success")
    return redirect(url_for("billing.details"))


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
