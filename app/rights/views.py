from math import ceil

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import fresh_login_required, login_required, logout_user
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from app.collections.rules import Purpose
from app.consent import queries as consent
from app.consent import service as consent_service
from app.consent.texts import TEXTS
from app.contributions import queries as contributions
from app.contributions.forms import NAMES, level_of
from app.contributions.views import title_of
from app.core.clock import now
from app.core.errors import Conflict
from app.core.permissions import Role
from app.datasets import service as datasets_service
from app.datasets.service import Checking
from app.letters import post
from app.market import current_market
from app.releases import queries as releases
from app.releases.odometer import DELTA, loss_of
from app.rights import export, exports, queries, service
from app.rights.forms import CeilingForm, ConsentForm, EraseForm
from app.users import queries as users
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached
from privacy.loss import rho_for, right_guesses

bp = Blueprint("rights", __name__, url_prefix="/rights")
CEILINGS = (1, 2, 4, 8)


def _doors() -> Checking:
    return datasets_service.checking(current_market())


def _ceiling_form(present: int | None) -> CeilingForm:
    form = CeilingForm()
    market = current_market().settings.account_ceiling_micro_rho
    every = [(rho_for(e, DELTA), e) for e in CEILINGS]
    # One above the market's would be no ceiling of one's own.
    offered = [(rho, e) for rho, e in every if rho.micro < market]
    form.ceiling.choices = [
        SelectChoice(
            "", _("the market's ceiling, epsilon %(e)s", e=round(loss_of(market).epsilon, 1))
        ),
        *(
            SelectChoice(
                str(rho.micro),
                _("epsilon %(e)s (%(g)s of 100 guesses)", e=e, g=ceil(right_guesses(rho))),
            )
            for rho, e in offered
        ),
    ]
    if present is not None and not form.is_submitted():
        form.ceiling.data = str(present)
    return form


@bp.get("/")
@login_required
def centre() -> str:
    actor = current_actor()
    choices = consent.choices(actor.user_id)
    return render_template(
        "rights/centre.html",
        form=ConsentForm(purposes=[p.value for p in consent.granted(actor.user_id)]),
        ceiling=_ceiling_form(choices.ceiling_micro_rho),
        choices=choices,
        receipts=consent.receipts(actor.user_id),
        texts=TEXTS,
        spent=loss_of(releases.spent(actor.user_id)),
        given=[
            (each, title_of(each.template), NAMES.get(level_of(each.purposes)))
            for each in contributions.agreements(actor)
        ],
        traces=queries.traces(actor) if actor.has(Role.PRODUCER) else (),
        days=current_market().settings.backup_days,
    )


@bp.get("/privacy")
@login_required
def privacy() -> str:
    actor = current_actor()
    page = queries.privacy_account(actor, current_market().settings.account_ceiling_micro_rho)
    choices = consent.choices(actor.user_id)
    return render_template(
        "rights/privacy.html",
        page=page,
        choices=choices,
        ceiling=_ceiling_form(choices.ceiling_micro_rho),
        until=now(),
    )


@bp.post("/consent")
@login_required
def decide() -> Response:
    form = ConsentForm()
    if form.validate_on_submit():
        consent_service.decide(
            current_actor(), frozenset(Purpose(p) for p in form.purposes.data or ())
        )
        flash(_l("Your choices are saved, each with its receipt."), "success")
    return redirect(url_for("rights.centre"))


@bp.post("/pause")
@login_required
def pause() -> Response:
    actor = current_actor()
    paused = not consent.choices(actor.user_id).paused
    consent_service.pause(actor, paused)
    message = _l("Paused: nothing of yours enters an edition until you resume.")
    flash(message if paused else _l("Resumed."), "success")
    return redirect(url_for("rights.centre"))


@bp.post("/ceiling")
@login_required
def ceiling() -> Response:
    form = _ceiling_form(None)
    if form.validate_on_submit():
        chosen = form.ceiling.data
        consent_service.set_ceiling(current_actor(), int(chosen) if chosen else None)
        flash(_l("Your ceiling is set."), "success")
    account = request.args.get("back") == "account"
    return redirect(url_for("rights.privacy" if account else "rights.centre"))


@bp.get("/export")
@fresh_login_required
def show_export() -> str:
    template = "fragment" if request.headers.get("HX-Request") else "page"
    return render_template(f"rights/export_{template}.html", made=exports.own(current_actor()))


@bp.post("/export")
@fresh_login_required
@limited("10/hour")
def ask_export() -> Response:
    exports.ask(current_actor(), _doors())
    return redirect(url_for("rights.show_export"))


@bp.get("/export.zip")
@fresh_login_required
@limited("30/hour")
def download() -> Response:
    actor = current_actor()
    made = exports.own(actor)
    if made is None or not made.ready:
        return redirect(url_for("rights.show_export"))
    # Read while nothing is locked; that it was fetched is written by itself.
    with current_market().db.unit_of_work():
        export.record(actor)
    return attached(exports.parts(made, _doors()), "application/zip", "moisson-my-data.zip")


@bp.route("/erase", methods=["GET", "POST"])
@fresh_login_required
def erase() -> str | Response | tuple[str, int]:
    actor = current_actor()
    form = EraseForm()
    if form.validate_on_submit():
        try:
            settings = current_market().settings
            profile = users.user(actor.user_id)
            service.erase_account(actor, _doors(), settings.edition_secret, form.waive.data)
            if profile is not None:
                post.forget(settings, profile.email)
            logout_user()
            flash(_l("Your account and all your rows are erased."), "success")
            return redirect(url_for("pages.home"))
        except Conflict as error:
            form.waive.errors = [error.user_message]
    page = render_template("rights/erase.html", form=form, owed=service.owed(actor))
    return page, (422 if form.errors or form.waive.errors else 200)


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
