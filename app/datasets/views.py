from math import ceil
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from app.collections import plans
from app.collections import queries as collections
from app.collections.errors import BadRules
from app.collections.rules import CollectionRules, Identifier, Purpose
from app.collections.service import DELTA_EXPONENT, Proposal
from app.consent import queries as consent
from app.consent.texts import TEXTS
from app.core.errors import Conflict
from app.core.permissions import Role, require
from app.datasets import queries, samples, service
from app.datasets.answering import views as answering
from app.datasets.answering.presets import RECORDS
from app.datasets.errors import BadFile, NoRoom
from app.datasets.forms import (
    EPSILONS,
    CollectionForm,
    PublishForm,
    UploadForm,
)
from app.datasets.problems import problem_texts
from app.datasets.states import DatasetState
from app.datasets.understanding import Answers, schema_of
from app.jobs import queries as jobs_queries
from app.market import current_market, market_of
from app.users.login import current_actor, verified_actor
from app.web.limits import limited
from pricing.money import MICROS_PER_UNIT
from privacy.loss import rho_for, right_guesses

bp = Blueprint("datasets", __name__, url_prefix="/datasets")
answering.add_to(bp)
UNDER_WAY = (DatasetState.READING, DatasetState.CHECKING)


def _doors() -> service.Checking:
    return service.checking(current_market())


@bp.get("/")
@login_required
def mine() -> str:
    actor = current_actor()
    require(actor, Role.PRODUCER)
    return render_template(
        "datasets/mine.html",
        datasets=queries.of_producer(actor.user_id),
        titles={c.id: c.title for c in collections.all_collections()},
        owned=collections.owned_by(actor.user_id),
    )


@bp.route("/new", methods=["GET", "POST"])
@login_required
@limited("60/hour", ["POST"])
def new() -> str | Response | tuple[str, int]:
    # Asked before anything is typed, so that nothing typed is lost.
    require(verified_actor(), Role.PRODUCER)
    joined = request.args.get("collection", "")
    rules = collections.seen_by(current_actor().user_id, joined) if joined else None
    form = UploadForm()
    form.sample.choices = [
        SelectChoice("", _("none")),
        *(SelectChoice(s.name, s.title) for s in samples.available()),
    ]
    if form.validate_on_submit():
        chosen = form.sample.data
        try:
            with samples.open_sample(chosen) if chosen else form.file.data.stream as stream:
                dataset_id = service.upload(
                    verified_actor(), _doors(), stream, form.title.data, joined or None
                )
            return redirect(_first_questions(dataset_id))
        except (BadFile, NoRoom) as error:
            form.file.errors = [error.user_message]
    page = render_template("datasets/new.html", form=form, rules=rules)
    return page, (422 if form.errors or form.file.errors else 200)


def _first_questions(dataset_id: str) -> str:
    """Return the page that comes after an upload: three questions, or the page of its state."""
    state = queries.dataset(current_actor(), dataset_id).state
    page = "datasets.simple" if state is DatasetState.UPLOADED else "datasets.show"
    return url_for(page, dataset_id=dataset_id)


@bp.get("/<dataset_id>")
@login_required
def show(dataset_id: str) -> str | Response:
    actor = current_actor()
    view = queries.dataset(actor, dataset_id)
    if request.headers.get("HX-Request") and view.state not in UNDER_WAY:
        response = Response()
        response.headers["HX-Refresh"] = "true"
        return response
    template = "fragment" if request.headers.get("HX-Request") else "show"
    return render_template(
        f"datasets/{template}.html",
        view=view,
        job=jobs_queries.latest_of(f"{_job_kind(view.state)}:{dataset_id}:"),
        rules=collections.rules(view.collection_id) if view.collection_id else None,
        problems=problem_texts(view.problems),
        tables=service.tables_of(actor, _doors(), dataset_id),
        texts=TEXTS,
        in_no_edition=_in_no_edition(view),
        paused=view.state == DatasetState.LISTED and consent.choices(actor.user_id).paused,
    )


@bp.post("/<dataset_id>/table")
@login_required
def choose_table(dataset_id: str) -> Response:
    chosen = request.form.get("table", "")
    place = int(chosen) if chosen.isdecimal() and len(chosen) < 5 else -1
    service.choose_table(current_actor(), _doors(), dataset_id, place)
    return redirect(url_for("datasets.show", dataset_id=dataset_id))


def _job_kind(state: DatasetState) -> str:
    return service.READ if state is DatasetState.READING else service.JOB


def _in_no_edition(view: queries.DatasetView) -> bool:
    """Say whether a listed dataset waits in vain: its owner took back what every level needs."""
    if view.state != DatasetState.LISTED or view.collection_id is None:
        return False
    agreed = view.purposes & consent.granted(view.producer_id)
    return not collections.rules(view.collection_id).level(agreed)


@bp.route("/<dataset_id>/collection", methods=["GET", "POST"])
@login_required
def found(dataset_id: str) -> str | Response | tuple[str, int]:
    actor = current_actor()
    view = queries.dataset(actor, dataset_id)
    if view.state != DatasetState.CHECKED or view.collection_id is not None:
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    form = CollectionForm(data=_supposed(view.answers.get("topic", "")))
    form.epsilon_milli.choices = [SelectChoice(str(e), _privacy_words(e / 1000)) for e in EPSILONS]
    schema, rules, _feeds = schema_of(Answers.from_dict(view.answers))
    if form.validate_on_submit():
        try:
            service.found_collection(actor, dataset_id, _proposal(form, schema, rules))
            return redirect(url_for("datasets.publish", dataset_id=dataset_id))
        except BadRules as error:
            form.title.errors = [*form.title.errors, error.user_message]
    page = render_template("datasets/collection.html", view=view, form=form, schema=schema)
    return page, (422 if form.errors else 200)


def _supposed(topic: str) -> dict[str, Any]:
    """Return what the rules of a collection are filled in with, once its topic was asked."""
    if topic not in RECORDS:
        return {}
    return {"topic": topic, "person": _("person"), "record": str(RECORDS[topic])}


def _listed(rules: CollectionRules) -> str:
    words: str = _(
        "Listed. When the edition closes people are counted; tables are made if %(n)s came.",
        n=rules.minimum_people,
    )
    return words


def _privacy_words(epsilon: float) -> str:
    words: str = _(
        "epsilon %(epsilon)s: of 100 guesses about one person, at most %(right)s are right",
        epsilon=epsilon,
        right=ceil(right_guesses(rho_for(epsilon, 10.0**-DELTA_EXPONENT))),
    )
    return words


def _proposal(form: CollectionForm, schema: Any, rules: Any) -> Proposal:
    return Proposal(
        title=form.title.data,
        description=form.description.data,
        topic=form.topic.data,
        person=form.person.data,
        record=form.record.data,
        schema=schema,
        columns=rules,
        ways=int(form.ways.data),
        epsilon_milli=int(form.epsilon_milli.data),
        purposes=frozenset(Purpose(p) for p in form.purposes.data or ()),
        steps=bool(form.steps.data),
        minimum_people=int(form.minimum_people.data),
        edition_days=int(form.edition_days.data),
        floor_micros=int((form.floor.data or 0) * MICROS_PER_UNIT),
        identifier=Identifier(form.identifier.data),
    )


@bp.route("/<dataset_id>/publish", methods=["GET", "POST"])
@login_required
def publish(dataset_id: str) -> str | Response | tuple[str, int]:
    actor = verified_actor()
    view = queries.dataset(actor, dataset_id)
    if view.state != DatasetState.CHECKED or view.collection_id is None:
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    rules = collections.rules(view.collection_id)
    form = PublishForm()
    form.purposes.choices = [
        SelectChoice(p.value, TEXTS[p].title) for p in Purpose if p in rules.purposes
    ]
    if form.validate_on_submit():
        try:
            wanted = frozenset(Purpose(p) for p in form.purposes.data or ())
            service.publish(actor, _doors(), dataset_id, wanted)
            flash(_listed(rules), "success")
            return redirect(url_for("datasets.show", dataset_id=dataset_id))
        except Conflict as error:
            form.purposes.errors = [error.user_message]
    page = render_template(
        "datasets/publish.html", view=view, form=form, rules=rules, texts=TEXTS, **_plan(rules)
    )
    return page, (422 if form.errors or form.purposes.errors else 200)


def _plan(rules: CollectionRules) -> dict[str, Any]:
    return {"plan": plans.shown(rules), "guesses": rules.guesses}


@bp.post("/<dataset_id>/unlist")
@login_required
def unlist(dataset_id: str) -> Response:
    service.unlist(current_actor(), dataset_id)
    flash(_l("Taken back. Nothing of it was measured."), "success")
    return redirect(url_for("datasets.show", dataset_id=dataset_id))


@bp.route("/<dataset_id>/erase", methods=["GET", "POST"])
@login_required
def erase(dataset_id: str) -> str | Response:
    view = queries.dataset(current_actor(), dataset_id)
    if request.method == "POST":
        service.erase(current_actor(), _doors(), dataset_id)
        flash(_l("Erased: the rows and the key they were encrypted with are gone."), "success")
        return redirect(url_for("datasets.mine"))
    return render_template("datasets/erase.html", view=view)


def install(app: Flask) -> None:
    """Add these pages to an application, whose vault can be opened."""
    service.checking(market_of(app))
    app.register_blueprint(bp)
