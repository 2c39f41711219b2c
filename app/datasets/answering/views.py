from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response
from wtforms import Field, SelectChoice

from app.collections import queries as collections
from app.collections.errors import BadRules
from app.collections.lists import BY_KEY, ROUND_NUMBERS
from app.collections.rules import TOPICS, CollectionRules
from app.collections.texts import TOPIC_NAMES
from app.core.db import checkpoint
from app.core.errors import Invalid
from app.datasets import offering, people, queries, service
from app.datasets.answering import presets
from app.datasets.answering.forms import (
    READ_AS,
    RULES,
    ColumnsForm,
    JoinForm,
    PeopleForm,
    SimpleForm,
)
from app.datasets.ingest.profiling import ColumnProfile
from app.datasets.people import People, PeopleNotSure
from app.datasets.problems import problem_texts
from app.datasets.queries import DatasetView
from app.datasets.states import DatasetState
from app.datasets.suggesting import columns_data, join_data
from app.datasets.understanding import (
    Answers,
    ColumnAnswer,
    ColumnRole,
    check_columns,
)
from app.datasets.wrong_answers import WrongAnswers
from app.market import current_market
from app.users.login import current_actor
from privacy.schema import MeasureRule

EVERYONE_IS_ME = ""
#: What the lists of a column's form offer.
OFFERED = {
    "transform": {choice.value for choice in READ_AS},
    "rule": {choice.value for choice in RULES},
}
#: Of the three questions, what the first may be answered with.
TOPIC, COLLECTION = "topic:", "collection:"
Profiles = tuple[ColumnProfile, ...]


def _doors() -> service.Checking:
    return service.checking(current_market())


@login_required
def columns(dataset_id: str) -> str | Response | tuple[str, int]:
    """Ask everything about the columns, on one page."""
    view = queries.dataset(current_actor(), dataset_id)
    if view.state not in (DatasetState.UPLOADED, DatasetState.CHECKED):
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    profiles = service.understood(current_actor(), _doors(), dataset_id)
    rules = _joined(view)
    form = _join_form(view, rules, profiles) if rules else _columns_form(view, profiles)
    asked = None
    if form.is_submitted():
        valid, answers = form.validate(), _answers(form, view, profiles)
        if valid and "find" in request.form:
            sent, asked = _find(dataset_id, form, answers, profiles)
        else:
            sent, asked = _send(dataset_id, form, answers, rules, valid)
        if sent is not None:
            return sent
    page = render_template(
        "datasets/columns.html",
        view=view,
        form=form,
        profiles={p.name: p for p in profiles},
        rules=rules,
        asked=asked,
        wrong=_wrong_fields(form),
        round_numbers=ROUND_NUMBERS,
        problems=problem_texts(view.problems),
    )
    return page, (422 if request.method == "POST" else 200)


@login_required
def simple(dataset_id: str) -> str | Response | tuple[str, int]:
    """Ask three questions, which lead to the same answers as the full page."""
    view = queries.dataset(current_actor(), dataset_id)
    if view.state not in (DatasetState.UPLOADED, DatasetState.CHECKED):
        return redirect(url_for("datasets.show", dataset_id=dataset_id))
    profiles = service.understood(current_actor(), _doors(), dataset_id)
    rules = _joined(view)
    about = f"{COLLECTION}{view.collection_id}" if rules else f"{TOPIC}{_topic(view)}"
    form = SimpleForm(data={"about": about, "shown": about} | _simple_data(view, profiles, rules))
    form.about.choices = _subjects(rules)
    form.person.choices = _people_choices(profiles)
    _offer_uses(form, view, profiles, rules)
    asked = None
    if form.is_submitted():
        if "apply" in request.form or form.about.data != about:
            return _turn_to(view, form)
        valid, answers = form.validate(), _simple_answers(form, view, profiles, rules)
        sent, asked = _send(dataset_id, form, answers, rules, valid)
        if sent is not None:
            return sent
    page = render_template(
        "datasets/simple.html",
        view=view,
        form=form,
        rules=rules,
        asked=asked,
        wrong=_wrong_fields(form),
        problems=problem_texts(view.problems),
    )
    return page, (422 if request.method == "POST" else 200)


def _joined(view: DatasetView) -> CollectionRules | None:
    joined = view.joining and view.collection_id
    return collections.rules(view.collection_id or "") if joined else None


def _topic(view: DatasetView) -> str:
    kept = view.answers.get("topic", "")
    return kept if kept in TOPICS else TOPICS[-1]


def _people_choices(profiles: Profiles) -> list[SelectChoice]:
    return [
        SelectChoice(EVERYONE_IS_ME, _("All rows are about me")),
        *(
            SelectChoice(name, _("Column “%(column)s” tells people apart", column=name))
            for name in people.candidates(profiles)
        ),
    ]


def _columns_form(view: DatasetView, profiles: Profiles) -> ColumnsForm:
    form = ColumnsForm(data=columns_data(view.answers, profiles, view.offered))
    form.person.choices = _people_choices(profiles)
    _check_names((entry.form.column.data for entry in form.columns), _names(profiles))
    return form


def _join_form(view: DatasetView, rules: CollectionRules, profiles: Profiles) -> JoinForm:
    form = JoinForm(data=join_data(view.answers, rules, profiles))
    form.person.choices = _people_choices(profiles)
    for entry in form.columns:
        entry.column.choices = _column_choices(profiles)
    _check_names((entry.form["name"].data for entry in form.columns), rules.schema.axes)
    return form


def _column_choices(profiles: Profiles) -> list[SelectChoice]:
    return [SelectChoice("", "–"), *(SelectChoice(p.name, p.name) for p in profiles)]


def _names(profiles: Profiles) -> list[str]:
    return [profile.name for profile in profiles]


def _check_names(names: Iterable[str], known: Iterable[str]) -> None:
    if not set(names) <= set(known):
        raise Invalid(_l("This form is about columns that the file does not have. Open it again."))


def _send(
    dataset_id: str,
    form: PeopleForm,
    answers: Answers,
    rules: CollectionRules | None,
    valid: bool,
) -> tuple[Response | None, People | None]:
    """Have the file checked against the answers, or tell all that is wrong, each at its field."""
    asked, said = None, None
    if valid:
        try:
            service.answer(current_actor(), _doors(), dataset_id, answers)
            return redirect(url_for("datasets.show", dataset_id=dataset_id)), None
        except PeopleNotSure as error:
            asked, said = error.found, error.user_message
        except WrongAnswers:
            pass  # told below, at the fields
        except BadRules as error:
            said = error.user_message
        service.keep_answers(current_actor(), dataset_id, answers)
        checkpoint()
    about_columns = _tell(form, answers, rules)
    if about_columns:
        flash(about_columns, "error")
    if said and said != about_columns:
        form.person.errors = [*form.person.errors, said]
    return None, asked


def _find(
    dataset_id: str, form: PeopleForm, answers: Answers, profiles: Profiles
) -> tuple[Response | None, People | None]:
    """Go to where the categories of a column are found: a page of the releases."""
    try:
        people.check(profiles, answers.person, answers.sure)
    except BadRules as error:
        form.person.errors = [error.user_message]
        service.keep_answers(current_actor(), dataset_id, answers)
        checkpoint()
        return None, error.found if isinstance(error, PeopleNotSure) else None
    offering.keep_draft(current_actor(), dataset_id, answers)
    position = request.form["find"]
    place = int(position) if position.isdecimal() and len(position) < 5 else 0
    return redirect(url_for("categories.show", dataset_id=dataset_id, position=place)), None


def _tell(form: Any, answers: Answers, rules: CollectionRules | None) -> str | None:
    """Put what is wrong with the columns at their fields; return what is about none of them."""
    try:
        check_columns(answers, rules.columns if rules else None, rules.schema if rules else None)
    except WrongAnswers as error:
        entries = {_about(entry.form): entry.form for entry in form.columns}
        for wrong in error.found:
            entry = entries.get(wrong.column)
            if entry is None:  # a form that was not ours
                return str(wrong.message)
            field = next(entry[n] for n in (wrong.field, "use", "column") if n in entry)
            field.errors = [*field.errors, wrong.message]
    except BadRules as error:
        return error.user_message
    return None


def _about(entry: Any) -> str:
    """Return what an entry is about: a column of the file, or one of the collection joined."""
    if "name" in entry and "role" not in entry:
        return str(entry["name"].data)
    return str(entry["column"].data)


def _wrong_fields(form: Any) -> list[tuple[Field, str]]:
    """Return fields with what is wrong, in the order of the page; the same words stand once."""
    own = [field for field in (form.person, getattr(form, "bound", None)) if field is not None]
    inside = [field for entry in form.columns for field in entry.form]
    told = ((" ".join(map(str, f.errors)), f) for f in reversed((*own, *inside)) if f.errors)
    return [(field, said) for said, field in reversed(dict(told).items())]


def _answers(form: JoinForm | ColumnsForm, view: DatasetView, profiles: Profiles) -> Answers:
    written = _written(profiles)
    topic = view.answers.get("topic", "")
    if isinstance(form, JoinForm):
        joined = tuple(
            ColumnAnswer(
                column=entry.data["column"] or "",
                role="",
                name=entry.data["name"] or "",
                aliases=entry.data["aliases"] or "",
                **written.get(entry.data["column"], {}),
            )
            for entry in form.columns
        )
        return Answers(form.person.data or "", 1, joined, _sure(form), topic)
    given = tuple(
        ColumnAnswer(**_typed(entry.data), **written.get(entry.data["column"], {}))
        for entry in form.columns
        if entry.data["column"] != form.person.data
    )
    return Answers(form.person.data or "", form.bound.data or 1, given, _sure(form), topic)


def _written(profiles: Profiles) -> dict[str, dict[str, Any]]:
    """Return how the cells of each column are written."""
    return {p.name: {"date_form": p.date_form, "decimal": p.decimal} for p in profiles}


def _sure(form: PeopleForm) -> str:
    """Return the column that the box was ticked for, if it is still the one chosen."""
    return form.person.data or "" if form.sure.data == form.person.data else ""


def _typed(data: dict[str, Any]) -> dict[str, Any]:
    taken = BY_KEY.get(data["listed"] or "")
    if taken and not (data["categories"] or "").strip():
        data = {**data, "categories": "\n".join(taken.values)}
        data["source"] = (data["source"] or "").strip() or taken.source
    # What no list offers is refused at its field; what else is wrong is told beside it.
    data = {**data, **{name: "" for name, listed in OFFERED.items() if data[name] not in listed}}
    data["rule"] = data["rule"] or MeasureRule.SUM.value
    names = {field.name for field in fields(ColumnAnswer)} - {"date_form", "decimal", "other"}
    return {**{name: data[name] or "" for name in names}, "other": bool(data["other"])}


def _subjects(rules: CollectionRules | None) -> list[SelectChoice]:
    """Return what the rows may be about: a topic, for something new, or a collection to join."""
    open_ones = {c.id: c for c in collections.public_collections() if c.open and not c.template}
    if rules is not None:
        open_ones[rules.id] = rules
    new, old = _("Something new"), _("Join a collection")
    return [
        *(SelectChoice(f"{TOPIC}{t}", TOPIC_NAMES[t], optgroup=new) for t in TOPICS),
        *(
            SelectChoice(f"{COLLECTION}{c.id}", c.title, optgroup=old)
            for c in sorted(open_ones.values(), key=lambda c: str(c.title))
        ),
    ]


def _simple_data(
    view: DatasetView, profiles: Profiles, rules: CollectionRules | None
) -> dict[str, Any]:
    about_people = {"person": view.answers.get("person", ""), "sure": view.answers.get("sure", "")}
    if rules is not None:
        joined = join_data(view.answers, rules, profiles)["columns"]
        entries = [{"column": each["name"], "use": each["column"]} for each in joined]
        return about_people | {"columns": entries}
    kept = {c["column"]: ColumnAnswer(**c) for c in view.answers.get("columns", ())}
    language = str(get_locale() or "en")[:2]
    entries = [
        {
            "column": p.name,
            "use": presets.key_of(kept[p.name])
            if p.name in kept
            else presets.usual(p, _topic(view), language),
        }
        for p in profiles
    ]
    return about_people | {"columns": entries}


def _offer_uses(
    form: SimpleForm, view: DatasetView, profiles: Profiles, rules: CollectionRules | None
) -> None:
    names: Iterable[str] = _names(profiles)
    if rules is not None:
        names = rules.schema.axes
        for entry in form.columns:
            entry.form.use.choices = _column_choices(profiles)
    else:
        kept = {c["column"]: ColumnAnswer(**c) for c in view.answers.get("columns", ())}
        ways = [SelectChoice(p.key, p.words, optgroup=str(p.group)) for p in presets.PRESETS]
        leave = SelectChoice(presets.LEAVE, _("leave out"))
        for entry in form.columns:
            answer = kept.get(entry.form.column.data)
            own = answer is not None and presets.key_of(answer) == presets.KEPT
            as_kept = [SelectChoice(presets.KEPT, _("as on the full page"))] if own else []
            entry.form.use.choices = [leave, *as_kept, *ways]
    _check_names((entry.form.column.data for entry in form.columns), names)


def _simple_answers(
    form: SimpleForm, view: DatasetView, profiles: Profiles, rules: CollectionRules | None
) -> Answers:
    written = _written(profiles)
    person, topic = form.person.data or "", _topic(view)
    given = [(entry.form.column.data, entry.form.use.data or "") for entry in form.columns]
    if rules is not None:
        kept = {c["name"]: c.get("aliases", "") for c in view.answers.get("columns", ())}
        joined = tuple(
            ColumnAnswer(use, "", name, aliases=kept.get(name, ""), **written.get(use, {}))
            for name, use in given
        )
        return Answers(person, 1, joined, _sure(form), topic)
    before = {c["column"]: ColumnAnswer(**c) for c in view.answers.get("columns", ())}
    bound = view.answers.get("bound", presets.BOUND) if before else presets.BOUND
    columns = tuple(
        before[name]
        if use == presets.KEPT and name in before
        else presets.BY_KEY[use].of(name, **written[name])
        if use in presets.BY_KEY
        else ColumnAnswer(name, ColumnRole.LEAVE, name)
        for name, use in given
        if name != person
    )
    return Answers(person, bound, columns, _sure(form), topic)


def _turn_to(view: DatasetView, form: SimpleForm) -> Response:
    """Show what is suggested for another topic, or the columns of a collection to join."""
    about = form.about.data or ""
    if about not in {choice.value for choice in form.about.choices}:
        raise Invalid(_l("Choose what the rows are about from the list."))
    collection_id = about.removeprefix(COLLECTION) if about.startswith(COLLECTION) else None
    service.turn_to(current_actor(), view.id, collection_id)
    topic = about.removeprefix(TOPIC) if collection_id is None else ""
    answers = Answers(form.person.data or "", presets.BOUND, (), _sure(form), topic)
    service.keep_answers(current_actor(), view.id, answers)
    return redirect(url_for("datasets.simple", dataset_id=view.id))


def add_to(bp: Blueprint) -> None:
    """Add these pages to those of datasets."""
    methods = ["GET", "POST"]
    bp.add_url_rule("/<dataset_id>/columns", "columns", columns, methods=methods)
    bp.add_url_rule("/<dataset_id>/simple", "simple", simple, methods=methods)
