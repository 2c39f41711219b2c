from functools import partial
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from app.catalog import (
    estimates,
    lessons,
    listing,
    previews,
    products,
    provenance,
    queries,
    rarity_index,
    reading_aloud,
    series,
    topic_report,
)
from app.catalog.asking import LONGEST, address_of, search_of
from app.catalog.drawing import Bars, Tiles, drawn
from app.catalog.forms import EstimateForm
from app.catalog.price_lists import price_book
from app.catalog.reading_aloud import edition_name
from app.collections import plans, wording
from app.collections import queries as collections
from app.collections.rules import TOPICS, CollectionRules, Purpose
from app.collections.texts import TOPIC_NAMES
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.core.wording import in_words
from app.market import current_market
from app.releases import queries as releases
from app.releases import service as releases_service
from app.search import queries as lists
from app.search import service as search_service
from app.search.lists import Sort
from app.search.standing import STEPS
from app.users import queries as users
from app.users.login import current_actor
from app.web.caching import same_for_visitors
from app.web.limits import limited
from app.web.looks import Look, looked_at
from pricing.errors import PricingError
from pricing.money import Money
from privacy.tables.rollup import Figure

bp = Blueprint("catalog", __name__)
NOBODY = Actor("", frozenset())
#: So many collections that take data are named beneath what is on sale.
JOINABLE = 6


@bp.get("/catalogue")
@same_for_visitors
def search() -> str:
    asked = search_of(request.args)
    found = lists.find(asked)
    return render_template(
        "catalog/search.html",
        asked=asked,
        found=found,
        address=address_of(asked),
        collections=() if address_of(asked) or asked.after else _joinable(),
        topics=TOPICS,
        purposes=tuple(Purpose),
        steps=STEPS,
        sorts=tuple(Sort),
    )


def _joinable() -> tuple[CollectionRules, ...]:
    return collections.open_collections(JOINABLE)


@bp.post("/wishes")
@limited("30/hour")
def wish() -> Response:
    text = request.form.get("q", "")[:LONGEST]
    if search_service.wish(text):
        flash(_("Thank you. Your wish is counted, without your name."), "success")
    return redirect(url_for("catalog.search", q=text))


@bp.get("/catalogue/<edition_id>")
@same_for_visitors
def release(edition_id: str) -> str:
    view = releases.release(edition_id)
    shown, listed = _preview(view), series.editions(view.rules, view.edition)
    _note(view.rules, edition_id, preview=bool(shown) and "table" in request.args)
    return render_template(
        "catalog/release.html",
        view=view,
        shown=shown,
        places=previews.places(view),
        chart=_chart(view.rules, shown.figures) if shown else None,
        summary=reading_aloud.summary(shown, view.rules) if shown else "",
        step=series.step(view, shown, listed) if shown else None,
        editions=listed,
        facts=provenance.facts(view),
        missing=provenance.missing(view, shown),
        plan=view.release.plan,
        sold=products.sold_tiers(view.release.plan),
        previewed=products.preview_tier(view.release.plan),
        people=products.people(view),
        least=listing.least_people(view.rules, price_book()),
        priced=queries.priced(view),
        noisy=products.is_mostly_noise(view),
        guesses=view.rules.guesses,
    )


def _note(rules: CollectionRules, edition_id: str = "", *, preview: bool) -> None:
    """Note what is looked at, unless it is one's own or an operator looks."""
    if current_user.is_authenticated:
        actor = current_actor()
        if actor.has(Role.OPERATOR) or rules.owner_id in (actor.user_id, current_user.view.id):
            return
    if rules.public:
        looked_at(Look(rules.id, edition_id, preview))


def _preview(view: releases.ReleaseView) -> previews.Preview | None:
    """Return the preview that the address asks for."""
    place = previews.chosen(view, request.args.get("table", ""))
    return None if place is None else previews.preview(view, place)


def _chart(rules: CollectionRules, figures: tuple[Figure, ...]) -> Bars | Tiles | None:
    spoken = partial(reading_aloud.value, rules=rules)
    return drawn(figures, spoken, partial(reading_aloud.sentence, rules=rules))


def _over_editions(rules: CollectionRules) -> dict[str, Any]:
    """Return what the page of a collection shows of its editions one after the other."""
    found = series.of_collection(rules, request.args.get("table", "")) if rules.public else None
    if found is None:
        return {"series": None}
    return {
        "series": found,
        "places": previews.places(found.views[-1]),
        "chart": _chart(rules, found.figures),
    }


def _seen(collection_id: str) -> CollectionRules:
    actor = current_actor() if current_user.is_authenticated else NOBODY
    return collections.seen_by(actor.user_id, collection_id, operator=actor.has(Role.OPERATOR))


@bp.get("/collections/<collection_id>")
def collection(collection_id: str) -> str:
    rules = _seen(collection_id)
    mine = current_user.is_authenticated and current_user.view.id == rules.owner_id
    chooses = mine or (current_user.is_authenticated and current_actor().has(Role.OPERATOR))
    over = _over_editions(rules)
    _note(rules, preview=over["series"] is not None and "table" in request.args)
    return render_template(
        "catalog/collection.html",
        rules=rules,
        lesson=lessons.of_collection(rules) if chooses else None,
        plan=plans.shown(rules),
        owner=users.display_name(rules.owner_id),
        mine=mine,
        editions=releases.editions_of(rules),
        carried_over=releases.carried_over(rules),
        may_hurry=mine and not current_market().settings.production,
        closing=releases_service.next_closing(rules),
        guesses=rules.guesses,
        **over,
    )


@bp.get("/rarity")
@same_for_visitors
def rarity() -> str:
    index = rarity_index.rarity_index()
    names = {topic: str(TOPIC_NAMES[topic]) for topic in TOPICS}
    return render_template(
        "catalog/rarity.html",
        index=index,
        names=names,
        chart=index.chart(names) if index.moments else None,
        book=price_book(),
    )


@bp.get("/topics/<topic>")
@same_for_visitors
def topic(topic: str) -> str:
    if topic not in TOPICS:
        raise NotFound(_l("There is no such page, or it is not yours."))
    found = topic_report.report(topic, str(TOPIC_NAMES[topic]))
    return render_template("catalog/topic.html", report=found)


@bp.get("/collections/<collection_id>/estimate")
def estimate(collection_id: str) -> str | tuple[str, int]:
    rules = _seen(collection_id)
    start = estimates.supposed(rules)
    form = EstimateForm(request.args if "people" in request.args else None)
    asked = "people" in request.args
    if not asked:
        form.fill(start)
    worked, problem = None, ""
    if not asked or form.validate():
        try:
            worked = estimates.estimate(rules, form.assumptions() if asked else start)
        except PricingError as error:
            problem = in_words(error)
    names = {
        "one": _("one table, coarsest"),
        "some": _("every column, finest"),
        "all": _("everything, finest"),
    }
    page = render_template(
        "catalog/estimate.html",
        rules=rules,
        form=form,
        worked=worked,
        problem=problem,
        chart=worked.chart(names) if worked else None,
        names=names,
        book=price_book(),
        fee=(estimates.FEE_BASIS_POINTS, estimates.FEE_CENTS),
        Money=Money,
    )
    return page if not form.errors else (page, 422)


def _lessons(topic: str) -> tuple[lessons.Lesson, ...]:
    """Return what earlier editions say to whoever founds a collection."""
    return lessons.for_founder(current_actor().user_id, topic)


def install(app: Flask) -> None:
    """Add these pages to an application, and tell those of datasets what editions say."""
    app.context_processor(lambda: {"lessons_for": _lessons})
    app.register_blueprint(bp)
    app.jinja_env.filters |= {
        "title_of": wording.title,
        "about_of": wording.about,
        "person_of": wording.person,
        "record_of": wording.record,
        "column_of": wording.column,
        "columns_of": wording.columns,
        "value_of": wording.value,
        "entry_title": wording.entry_title,
        "entry_about": wording.entry_about,
        "entry_person": wording.entry_person,
        "unit_of": wording.unit,
        "cell_of": reading_aloud.cell,
        "edition_name": edition_name,
    }
