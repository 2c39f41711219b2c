from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import fresh_login_required, login_required
from werkzeug.wrappers import Response

from app.core.errors import NotFound
from app.core.permissions import Role, require
from app.market import current_market
from app.operator.measures import service
from app.operator.measures.forms import MeasureForm
from app.payouts import queries as payouts
from app.users.login import current_actor
from app.web.limits import limited

bp = Blueprint("measures", __name__, url_prefix="/operator/measures")


@bp.route("", methods=["GET", "POST"])
@login_required
@fresh_login_required
@limited("60/hour", ["POST"])
def take() -> str | Response | tuple[str, int]:
    require(current_actor(), Role.OPERATOR)
    form = MeasureForm(data=request.args)
    if form.validate_on_submit():
        asked = (form.measure.data, form.about.data.strip(), form.reason.data.strip())
        try:
            service.take(current_actor(), *asked)
            flash(_l("Done, and written into the log."), "success")
            return redirect(url_for("measures.take"))
        except NotFound as error:
            form.about.errors = [error.user_message]
    terms = payouts.terms(current_market().settings)
    page = render_template(
        "operator/measures.html", form=form, waiting=payouts.looked_at_first(terms)
    )
    return page, (422 if request.method == "POST" else 200)


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
