from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import fresh_login_required
from werkzeug import Response

from app.core.errors import AppError, NotFound
from app.endpoints import queries, service
from app.endpoints.forms import EndpointForm
from app.endpoints.kinds import NAMES, Kind
from app.endpoints.sending import PORTS
from app.users.login import current_actor, verified_actor
from app.web.limits import limited

bp = Blueprint("endpoints", __name__, url_prefix="/account/webhooks")


@bp.route("", methods=["GET", "POST"])
@fresh_login_required
@limited("60/hour", methods=("POST",))
def listed() -> str | Response | tuple[str, int]:
    actor, form = verified_actor(), EndpointForm()
    if form.validate_on_submit():
        try:
            kinds = [Kind(kind) for kind in form.kinds.data]
            made = service.make(actor, form.url.data.strip(), kinds, PORTS)
        except AppError as error:
            form.url.errors = [error.user_message]
        else:
            return redirect(url_for("endpoints.show", endpoint_id=made))
    page = render_template(
        "endpoints/listed.html", form=form, endpoints=queries.of_account(actor), names=NAMES
    )
    return page, (422 if form.errors else 200)


@bp.get("/<endpoint_id>")
@fresh_login_required
def show(endpoint_id: str) -> str:
    actor = current_actor()
    return render_template(
        "endpoints/show.html",
        endpoint=queries.endpoint(actor, endpoint_id),
        deliveries=queries.deliveries(actor, endpoint_id),
        names=NAMES,
    )


@bp.post("/<endpoint_id>")
@fresh_login_required
@limited("20/hour")
def change(endpoint_id: str) -> Response:
    actor, wanted = current_actor(), request.form.get("do", "")
    if wanted == "test":
        service.test(actor, endpoint_id)
        flash(_l("A test message is on its way. Look again in a moment."), "success")
    elif wanted == "secret":
        service.replace_secret(actor, endpoint_id)
        flash(_l("There is a new secret. The one before signs for one more day, too."), "success")
    elif wanted == "resume":
        service.resume(actor, endpoint_id)
        flash(_l("It is told again from now on."), "success")
    elif wanted == "remove":
        service.remove(actor, endpoint_id)
        flash(_l("It is told nothing more."), "success")
        return redirect(url_for("endpoints.listed"))
    else:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return redirect(url_for("endpoints.show", endpoint_id=endpoint_id))


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
