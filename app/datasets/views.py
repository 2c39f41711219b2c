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
from app.collections.lists import BY_KEY, ROUND_NUMBERS
from app.collections.rules import CollectionRules, Identifier, Purpose
from app.collections.service import Proposal
from app.consent import queries as consent
from app.consent.texts import TEXTS
from app.core.db import checkpoint
from app.core.errors import Conflict, Invalid
from app.core.permissions import Role, require
from app.datasets import offering, people, queries, samples, service
from app.datasets.errors import BadFile, NoRoom
from app.datasets.forms import (
    EPSILONS,
    CollectionForm,
    ColumnsForm,
    JoinForm,
    PublishForm,
    UploadForm,
)
from app.datasets.ingest.profiling import ColumnProfile
from app.datasets.people import PeopleNotSure
from app.datasets.problems import problem_texts
from app.datasets.states import DatasetState
from app.datasets.suggesting import columns_data, join_data
from app.datasets.understanding import Answers, ColumnAnswer, schema_of
from app.jobs import queries as jobs_queries
from app.market import current_market, market_of
from app.users.login import current_actor, verified_actor
from app.web.limits import limited
from pricing.money import MICROS_PER_UNIT
from privacy.loss import right_guesses

bp = Blueprint("datasets", __name__, url_prefix="/datasets")
EVERYONE_IS_ME = ""
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
            return redirect(url_for("datasets.columns", dataset_id=dataset_id))
        except (BadFile, NoRoom) as error:
            form.file.errors = [error.user_message]
    page = render_template("datasets/new.html", form=form, rules=rules)
    return page, (422 if form.errors or form.file.errors else 200)


@bp.route("/<dataset_id>/columns", methods=["GET", "POST"])
@login_required
def columns(dataset_id: str) -> str | Response | tuple[str, int]:
    actor = current_actor()
    view = queries.dataset(actor, dataset_id)
    if view.state not in (DatasetState.UPLOADED, DatasetState.CHECKED):
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    profiles = service.understood(actor, _doors(), dataset_id)
    rules = collections.rules(view.collection_id) if view.joining and view.collection_id else None
    form: JoinForm | ColumnsForm
    if rules is not None:
        form = JoinForm(data=join_data(view.answers, rules, profiles))
        for entry in form.columns:
            entry.column.choices = [
                SelectChoice("", "–"),
                *(SelectChoice(p.name, p.name) for p in profiles),
            ]
    else:
        form = ColumnsForm(data=columns_data(view.answers, profiles, view.offered))
    form.person.choices = [
        SelectChoice(EVERYONE_IS_ME, _("All rows are about me")),
        *(
            SelectChoice(name, _("Column “%(column)s” tells people apart", column=name))
            for name in people.candidates(profiles)
        ),
    ]
    if any(
        entry.form.column.data not in {p.name for p in profiles}
        for entry in (form.columns if isinstance(form, ColumnsForm) else ())
    ):
        raise Invalid(_l("This form is about columns that the file does not have. Open it again."))
    asked = None
    if form.validate_on_submit():
        answers = _answers(form, profiles)
        try:
            if "find" in request.form:
                people.check(profiles, answers.person, answers.sure)
                offering.keep_draft(actor, dataset_id, answers)
                return redirect(_finding(dataset_id, request.form["find"]))
            service.answer(actor, _doors(), dataset_id, answers)
            return redirect(url_for("datasets.show", dataset_id=dataset_id))
        except PeopleNotSure as error:
            service.keep_answers(actor, dataset_id, answers)
            checkpoint()
            asked = error.found
            form.person.errors = [error.user_message]
        except BadRules as error:
            service.keep_answers(actor, dataset_id, answers)
            checkpoint()
            flash(error.user_message, "error")
    page = render_template(
        "datasets/columns.html",
        view=view,
        form=form,
        profiles={p.name: p for p in profiles},
        rules=rules,
        asked=asked,
        round_numbers=ROUND_NUMBERS,
        problems=problem_texts(view.problems),
    )
    return page, (422 if request.method == "POST" else 200)


def _finding(dataset_id: str, position: str) -> str:
    """Return where the categories of a column are found: a page of the releases."""
    place = int(position) if position.isdecimal() and len(position) < 5 else 0
    return url_for("categories.show", dataset_id=dataset_id, position=place)


def _answers(form: JoinForm | ColumnsForm, profiles: tuple[ColumnProfile, ...]) -> Answers:
    date_forms = {p.name: p.date_form for p in profiles}
    if isinstance(form, JoinForm):
        joined = tuple(
            ColumnAnswer(
                column=entry.data["column"],
                role="",
                name=entry.data["name"],
                date_form=date_forms.get(entry.data["column"], ""),
            )
            for entry in form.columns
        )
        return Answers(form.person.data, 1, joined, _sure(form))
    given = tuple(
        ColumnAnswer(**_typed(entry.data), date_form=date_forms.get(entry.data["column"], ""))
        for entry in form.columns
        if entry.data["column"] != form.person.data
    )
    return Answers(form.person.data, form.bound.data, given, _sure(form))


def _sure(form: JoinForm | ColumnsForm) -> str:
    """Return the column that the box was ticked for, if it is still the one chosen."""
    return form.person.data if form.sure.data == form.person.data else ""


def _typed(data: dict[str, Any]) -> dict[str, Any]:
    taken = BY_KEY.get(data["listed"] or "")
    if taken and not (data["categories"] or "").strip():
        data = {**data, "categories": "\n".join(taken.values)}
        data["source"] = (data["source"] or "").strip() or taken.source
    names = set(ColumnAnswer.__dataclass_fields__) - {"date_form", "other"}
    return {**{name: data[name] or "" for name in names}, "other": bool(data["other"])}


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
        texts=TEXTS,
        in_no_edition=_in_no_edition(view),
        paused=view.state == DatasetState.LISTED and consent.choices(actor.user_id).paused,
    )


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
    form = CollectionForm()
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


def _privacy_words(epsilon: float) -> str:
    words: str = _(
        "epsilon %(epsilon)s: of 100 guesses about one person, at most %(right)s are right",
        epsilon=epsilon,
        right=round(right_guesses(epsilon)),
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
            flash(_l("Listed. It will be measured when the edition closes."), "success")
            return redirect(url_for("datasets.show", dataset_id=dataset_id))
        except Conflict as error:
            form.purposes.errors = [error.user_message]
    page = render_template(
        "datasets/publish.html", view=view, form=form, rules=rules, texts=TEXTS, **_plan(rules)
    )
    return page, (422 if form.errors or form.purposes.errors else 200)


def _plan(rules: CollectionRules) -> dict[str, Any]:
    return {"plan": plans.shown(rules), "guesses": right_guesses(rules.epsilon)}


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
