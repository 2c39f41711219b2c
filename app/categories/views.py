from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from app.categories import queries as finding
from app.categories import service as discovering
from app.categories.queries import TERMS
from app.collections.errors import BadRules
from app.consent import queries as consent
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor
from app.datasets import people
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.datasets.ingest.profiling import ColumnProfile
from app.datasets.people import PeopleNotSure
from app.datasets.queries import DatasetView
from app.jobs import queries as jobs_queries
from app.market import current_market
from app.releases import queries
from app.releases.forms import FindForm
from app.releases.odometer import loss_of
from app.users.login import current_actor
from app.web.limits import limited
from privacy.loss import Rho, right_guesses

bp = Blueprint("categories", __name__, url_prefix="/datasets")


def _columns(actor: Actor, dataset_id: str, position: int) -> tuple[ColumnProfile, ...]:
    """Return the columns of one's own file, of which there is one at the position."""
    doors = datasets_service.checking(current_market())
    columns = datasets_service.understood(actor, doors, dataset_id)
    if position >= len(columns):
        raise NotFound(_l("This page does not exist, or it is not yours."))
    return columns


def _form(view: DatasetView, columns: tuple[ColumnProfile, ...], position: int) -> FindForm:
    form = FindForm()
    names = people.candidates(c for n, c in enumerate(columns) if n != position)
    form.person.choices = [
        SelectChoice("", _("choose")),
        *(SelectChoice(name, name) for name in names),
    ]
    if not form.is_submitted():
        form.person.data = view.answers.get("person", "")
    return form


@bp.get("/<dataset_id>/categories/<int:position>")
@login_required
def show(dataset_id: str, position: int) -> str | Response:
    """Say what finding the categories of a column costs, or what was found."""
    actor = current_actor()
    view = datasets.dataset(actor, dataset_id)
    if view.profile_object is None or view.collection_id is not None:
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    columns = _columns(actor, dataset_id, position)
    return _page(view, columns, position, _form(view, columns, position))


@bp.post("/<dataset_id>/categories/<int:position>")
@login_required
@limited("60/hour")
def find(dataset_id: str, position: int) -> str | Response | tuple[str, int]:
    """Have the categories found at a charge; where they were found before, offer them again."""
    actor = current_actor()
    view = datasets.dataset(actor, dataset_id)
    if view.profile_object is None or view.collection_id is not None:
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    columns = _columns(actor, dataset_id, position)
    form = _form(view, columns, position)
    known = finding.finding(dataset_id, position)
    found = known is not None and known.state is finding.SearchState.FOUND
    if not found and not form.validate_on_submit():
        return _page(view, columns, position, form), 422
    person, doors = form.person.data or "", datasets_service.checking(current_market())
    ceiling = Rho(current_market().settings.account_ceiling_micro_rho)
    try:
        found = discovering.ask(actor, doors, ceiling, dataset_id, position, person)
    except PeopleNotSure:
        flash(
            _l("Say first who the people are: choose “%(column)s” here and send.", column=person),
            "error",
        )
        return redirect(url_for("datasets.columns", dataset_id=dataset_id))
    except (BadRules, Conflict) as error:
        flash(error.user_message, "error")
        found = False
    if found:
        flash(_l("Filled in below. Nothing was charged this time."), "success")
        return redirect(url_for("datasets.columns", dataset_id=dataset_id))
    return redirect(url_for("categories.show", dataset_id=dataset_id, position=position))


def _page(
    view: DatasetView, columns: tuple[ColumnProfile, ...], position: int, form: FindForm
) -> str:
    fragment = request.headers.get("HX-Request")
    job = jobs_queries.with_key(discovering.key(view.id, position))
    known = finding.finding(view.id, position)
    spent = queries.spent(view.producer_id)
    return render_template(
        f"categories/{'fragment' if fragment else 'show'}.html",
        view=view,
        column=columns[position],
        position=position,
        form=form,
        finding=known,
        running=known and known.state in ("wanted", "charged") and job and job.state != "failed",
        job=job,
        terms=TERMS,
        alone=right_guesses(TERMS.rho),
        before=loss_of(spent),
        after=loss_of(spent + TERMS.rho.micro),
        paused=consent.choices(view.producer_id).paused,
        reasons=discovering.REASONS,
    )


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
