from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.collections import queries as collections
from app.collections.own_diaries import every_diary
from app.collections.rules import Purpose
from app.collections.templates import collection_of, words_of
from app.collections.units import unit_of
from app.consent import queries as consents
from app.contributions import (
    cells,
    comparing,
    diary_entries,
    drafts,
    presenting,
    queries,
    service,
    supposing,
    waiting,
)
from app.contributions.cells import Months, Read
from app.contributions.comparing import Comparison
from app.contributions.errors import NothingToGive, NothingWaits, TooMuch
from app.contributions.families import Family, families, fed_by, group_of
from app.contributions.families import family as family_of
from app.contributions.forms import LEVELS, NAMES, AccountForm, AgreeForm, LevelForm, level_of
from app.contributions.in_browser import views as in_browser
from app.contributions.reading import Asked, Elsewhere, NotRead, Reader
from app.contributions.texts import (
    ANSWERS,
    QUESTIONS,
    amount_of,
    euros,
    go_to,
    reason_of,
)
from app.core.db import checkpoint
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.datasets import service as datasets
from app.datasets.service import Checking
from app.market import current_market, market_of
from app.releases.periods import next_closing, open_period
from app.users import service as users
from app.users.login import current_actor
from app.users.views import when_confirmed
from app.web.filters import month as in_words
from app.web.limits import limited
from traces import how_to
from traces.diary import UNSAID
from traces.formats import formats
from traces.reasons import Reason
from traces.schema import Dimension, Template

bp = Blueprint("contributions", __name__)
#: The reader of an application, in its extensions.
READER = "moisson-reader"
#: Every address that takes files, and how many bytes of a visitor, in memory.
IN_MEMORY = {
    "contributions.give": 24 * 1024 * 1024,
    "in_browser.take": in_browser.MOST_BYTES,
}


@dataclass(frozen=True)
class Line:
    """One cell as a person reads it: which, how much, how long its bar is.

    Attributes
    ----------
    place : str
        Names it in a form.
    """

    place: str
    label: str
    numbers: tuple[float, ...]
    percent: int


@dataclass(frozen=True)
class Sheet:
    """The cells of one template and month, as a person reads them."""

    template: Template
    title: str
    month: str
    months: int
    columns: tuple[str, ...]
    units: tuple[str, ...]
    lines: tuple[Line, ...]
    offered: bool


def _doors() -> Checking:
    return datasets.checking(current_market())


def _family(key: str) -> Family:
    found = family_of(key)
    if found is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return found


@bp.get("/give")
def choose() -> str:
    return render_template("contributions/choose.html", families=families(), diaries=_diaries())


@bp.route("/give/<family>", methods=["GET", "POST"])
@limited("30/hour", ["POST"])
def give(family: str) -> str | Response | tuple[str, int]:
    found = _family(family)
    asked, error, other = None, "", None
    if request.method == "POST":
        files = [cast(BinaryIO, f.stream) for f in request.files.getlist("file") if f.filename]
        # Nothing is locked while a stranger's files are read.
        checkpoint()
        try:
            read = the_reader().read(found, files, request.form)
            if not isinstance(read, Asked):
                waiting.add(session, read)
                return redirect(url_for("contributions.look"))
            asked = read
        except (NotRead, TooMuch) as refused:
            error = refused.user_message
            other = refused.family if isinstance(refused, Elsewhere) else None
    page = render_template(
        "contributions/give.html",
        family=found,
        asked=asked,
        legends=QUESTIONS,
        answers=ANSWERS,
        here=in_browser.offer(found),
        guides=_guides(found),
        error=error,
        other=other,
        go_to=go_to,
        currency=found.templates[0][1].currency,
        guesses=found.guesses,
        earned=max(queries.earned_by_one(rules).micros for _, rules in found.templates),
        questions=list(
            dict.fromkeys(words_of(_template(each).question) for each, _ in found.templates)
        ),
        dropped=words_of(_template(found.templates[0][0]).dropped),
    )
    return page, (422 if error or asked else 200)


@bp.route("/giving/look", methods=["GET", "POST"])
@limited("60/hour", ["POST"])
def look() -> str | Response | tuple[str, int]:
    try:
        read = waiting.find(session)
    except NothingWaits as gone:
        return _begin_again(gone)
    form, sensitive = AgreeForm(), any(_template(key).sensitive for key in read.traces)
    shown = set(request.form.getlist("place"))
    # In another tab somebody may have chosen more meanwhile.
    if form.agreed_to(sensitive=sensitive, seen=_places(read) <= shown):
        left = _without(read, shown, request.form.getlist("keep"))
        if not left.traces:
            return redirect(url_for("contributions.choose"))
        waiting.keep(session, left)
        session[waiting.AGREED], session[waiting.EXPLICIT] = form.level.data, form.explicit.data
        if current_user.is_authenticated:
            return _join(current_actor(), left)
        return redirect(url_for("contributions.account"))
    page = render_template(
        "contributions/look.html",
        read=read,
        form=form,
        sensitive=sensitive,
        sheets=[_sheet(key, months) for key, months in read.traces.items()],
        others={key: _others(key, months) for key, months in read.traces.items()},
        gone=shown - set(request.form.getlist("keep")),
        dropped=[(reason_of(Reason(reason)), count) for reason, count in read.dropped.items()],
        period=open_period(),
        closes_at=next_closing(),
        diaries=every_diary(),
        words=words_of,
        unsaid=UNSAID,
    )
    return page, (422 if form.errors else 200)


@bp.route("/giving/account", methods=["GET", "POST"])
@limited("20/hour", ["POST"], "email")
def account() -> str | Response | tuple[str, int]:
    try:
        read = waiting.find(session)
    except NothingWaits as gone:
        return _begin_again(gone)
    if waiting.AGREED not in session:
        return redirect(url_for("contributions.look"))
    if current_user.is_authenticated:
        if request.method == "POST":
            return _join(current_actor(), read)
        return render_template("contributions/account.html", form=None)
    form = AccountForm()
    if form.validate_on_submit():
        # The same page for an address that is known: its owner is told by e-mail.
        user_id = users.sign_up(
            form.email.data,
            form.password.data,
            "",
            {Role.PRODUCER},
            str(get_locale() or "en"),
        )
        if user_id is not None:
            _give(Actor(user_id, frozenset({Role.PRODUCER})), read)
        # Whether the address was known or not, nothing waits any more.
        waiting.forget(session)
        return redirect(url_for("contributions.done"))
    page = render_template("contributions/account.html", form=form)
    return page, (422 if form.errors else 200)


def _begin_again(gone: NothingWaits) -> Response:
    flash(gone.user_message, "error")
    return redirect(url_for("contributions.choose"))


def the_reader() -> Reader:
    """Return the reader of the present application."""
    found: Reader = current_app.extensions[READER]
    return found


def _join(actor: Actor, read: Read) -> Response:
    _give(actor, read)
    waiting.forget(session)
    return redirect(url_for("contributions.done"))


def _give(actor: Actor, read: Read) -> None:
    if not actor.has(Role.PRODUCER):
        users.offer_too(actor)
        actor = Actor(actor.user_id, actor.roles | {Role.PRODUCER})
    before = {entry.template: queries.has_given(actor, entry.template) for entry in read.entries}
    written = Counter(entry.template for entry in read.entries)
    service.join(actor, _doors(), read, _agreed(), explicit=bool(session.get(waiting.EXPLICIT)))
    for entry in read.entries:
        diary_entries.keep(actor, _doors(), entry)
        drafts.forget(actor, _doors(), entry.template)
        drafts.forget_for_visitor(session)
        if before[entry.template] or written[entry.template] > 1:
            # There are other entries of the month: all of them count.
            diary_entries.count_again(
                actor, _doors(), entry.template, entry.day[:7], the_reader().key
            )


def _agreed() -> frozenset[Purpose]:
    return LEVELS.get(session.get(waiting.AGREED, ""), frozenset())


@bp.get("/giving/done")
def done() -> str:
    return render_template(
        "contributions/done.html", period=open_period(), closes_at=next_closing()
    )


@bp.get("/my-traces")
@login_required
def mine() -> str:
    actor = current_actor()
    tiles = queries.tiles(actor)
    given = {tile.template: service.trace(actor, _doors(), tile.template) for tile in tiles}
    every = families()
    sources = {tile.template: fed_by(tile.template, tile.format_ids, every) for tile in tiles}
    present = {tile.template for tile in tiles if not tile.stopped}
    fed = {sources[template] for template in present}
    return render_template(
        "contributions/mine.html",
        tiles=tiles,
        paused=consents.choices(actor.user_id).paused,
        levels={tile.template: NAMES.get(level_of(tile.purposes)) for tile in tiles},
        families=[each for each in every if each.key not in fed],
        sources=sources,
        earned=queries.earned_so_far(collections.template_collections()),
        diaries=[each for each in _diaries() if each[0] not in present],
        written=every_diary(),
        titles={tile.template: tile.rules.title for tile in tiles},
        highlights={
            key: presenting.highlight(found, months)
            for key, months in given.items()
            if months and (found := cells.template_of(key))
        },
    )


@bp.get("/my-traces/<template>")
@login_required
def own(template: str) -> str:
    actor = current_actor()
    months = service.trace(actor, _doors(), template)
    if not months:
        raise NotFound(_l("There is no such page, or it is not yours."))
    month, found = request.args.get("month", ""), _template(template)
    shown = month if month in months else max(months)
    return render_template(
        "contributions/own.html",
        template=found,
        title=words_of(found.title),
        sheet=_sheet(template, {shown: months[shown]}),
        months=sorted(months),
        shown=shown,
        insights=presenting.insights(found, months, shown, request.args.get("measure", "")),
        supposed=supposing.supposed(found, months, shown, request.args),
        kept={key: text for key, text in request.args.items() if key in supposing.IN_ADDRESS},
        amount_of=amount_of,
        words=words_of,
        comparisons=_comparisons(actor, template, months),
        closes_at=next_closing(),
        tile=next((t for t in queries.tiles(actor) if t.template == template), None),
    )


@bp.get("/my-traces/<template>/erase/ask")
@login_required
def ask_erase(template: str) -> str:
    """Ask before all that somebody gave to a template is erased."""
    if not queries.has_given(current_actor(), template):
        raise NotFound(_l("There is no such page, or it is not yours."))
    title = title_of(template)
    return render_template("contributions/erase.html", template=template, title=title)


@bp.route("/my-traces/<template>/consent/change", methods=["GET", "POST"])
@login_required
def consent(template: str) -> str | Response | tuple[str, int]:
    """Change what one thing that somebody gives may be sold for."""
    actor = current_actor()
    given = {each.template: each.purposes for each in queries.agreements(actor)}
    if template not in given:
        raise NotFound(_l("There is no such page, or it is not yours."))
    form = LevelForm(level=level_of(given[template]))
    if form.validate_on_submit():
        service.agree_to(actor, template, LEVELS[form.level.data])
        flash(_l("Saved: this is what it may be sold for from now on."), "success")
        return redirect(url_for("contributions.mine"))
    page = render_template("contributions/consent.html", form=form, title=title_of(template))
    return page, (422 if form.errors else 200)


def title_of(template: str) -> str:
    """Return what a template is called, in the reader's language."""
    known = cells.template_of(template)
    return words_of(known.title) if known else template


#: What is said once something was done.
DONE = {
    "skip": _l("%(month)s of “%(title)s” is skipped: it is not counted."),
    "give": _l("You give “%(title)s” again."),
    "stop": _l("Stopped: nothing more of “%(title)s” is counted. Your own numbers stay here."),
    "erase": _l("Erased: “%(title)s” is no longer here, and nothing more of it is counted."),
}


@bp.post("/my-traces/<template>/<verb>")
@login_required
def change(template: str, verb: str) -> Response:
    verbs = {
        "skip": service.skip,
        "give": service.give_after_all,
        "stop": service.stop,
        "erase": _erase,
    }
    if verb not in verbs:
        raise NotFound(_l("There is no such page, or it is not yours."))
    try:
        verbs[verb](current_actor(), _doors(), template)
    except NothingToGive:
        raise NotFound(_l("There is no such page, or it is not yours.")) from None
    told = {"title": title_of(template), "month": in_words(open_period())}
    flash(str(DONE[verb]) % told, "success")
    return redirect(url_for("contributions.mine"))


def _erase(actor: Actor, doors: Checking, template: str) -> None:
    service.erase(actor, doors, template)
    diary_entries.erase_all(actor, doors, template)
    drafts.forget(actor, doors, template)


def _comparisons(actor: Actor, key: str, months: Months) -> list[dict[str, object]]:
    """Say how one's own month stands beside everybody's, with labels in the reader's language."""
    collection, template = collection_of(key), _template(key)
    if collection is None:
        return []
    found = comparing.compared(actor, template, collections.rules(collection), months)
    by_key = {each.key: each for each in template.dimensions}
    return [
        {
            "comparison": each,
            "title": words_of(by_key[each.dimension].title),
            "rows": [(_label(by_key[each.dimension], row.value), row) for row in each.rows],
            "measure": words_of(template.measures[0].title),
            "unit": unit_of(template.measures[0].unit),
            "example": _example(template, each, months),
        }
        for each in found
    ]


def _example(template: Template, found: Comparison, months: Months) -> str:
    """Name one of the cells that means are taken over; none where a value has one cell alone."""
    if len(template.dimensions) < 2 or not months[found.own]:
        return ""
    return _line(template, months[found.own][0].values)


def _line(template: Template, values: tuple[str, ...]) -> str:
    labels = (_label(d, v) for d, v in zip(template.dimensions, values, strict=True))
    if template.family != "diary":
        return " · ".join(labels)
    # An answer alone does not say which question it answers.
    names = (words_of(each.title) for each in template.dimensions)
    pairs = zip(names, labels, strict=True)
    return " · ".join(str(_l("%(name)s: %(value)s", name=n, value=v)) for n, v in pairs)


def _template(key: str) -> Template:
    found = cells.template_of(key)
    if found is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return found


def _diaries() -> list[tuple[str, str, str]]:
    """Return the diaries that can be kept: key, title, question."""
    return [
        (key, words_of(each.template.title), words_of(each.template.question))
        for key, each in every_diary().items()
        if collection_of(key)
    ]


def _guides(found: Family) -> list[dict[str, object]]:
    """Return how to get the files of each provider, in the reader's language; theirs first."""
    locale = get_locale()
    every = (guide for named in how_to.families() for guide in how_to.how_to(named))
    return [
        {
            "provider": words_of(guide.provider),
            "wait": words_of(guide.wait),
            "steps": [words_of(step) for step in guide.steps],
            "checked": guide.checked,
        }
        for guide in how_to.ordered(every, locale.language if locale else "en")
        if any(
            group_of(formats()[each]) == found.key for each in guide.formats if each in formats()
        )
    ]


def _without(read: Read, shown: set[str], kept: Iterable[str]) -> Read:
    """Leave out the cells that were shown and not kept, in every month."""
    gone = shown - set(kept)
    traces: dict[str, Months] = {}
    for key, months in read.traces.items():
        left = {
            month: tuple(c for c in each if _place(key, c.values) not in gone)
            for month, each in months.items()
        }
        if some := {month: each for month, each in left.items() if each}:
            traces[key] = some
    entries = tuple(
        each
        for each in read.entries
        if _place(each.template, diary_entries.cell_of(each)) not in gone
    )
    return replace(read, traces=traces, entries=entries)


def _place(template: str, values: tuple[str, ...]) -> str:
    return "/".join((template, *values))


def _shown(months: Months) -> str:
    """Return the month that is given next, else the last one."""
    period = open_period()
    return period if period in months else max(months)


def _others(key: str, months: Months) -> list[Sheet]:
    """Draw the months that are not shown at first, the latest first."""
    rest = sorted(set(months) - {_shown(months)}, reverse=True)
    return [_sheet(key, {month: months[month]}) for month in rest if months[month]]


def _places(read: Read) -> set[str]:
    return {
        _place(key, cell.values)
        for key, months in read.traces.items()
        for each in months.values()
        for cell in each
    }


def _sheet(key: str, months: Months) -> Sheet:
    """Draw the month that is given next, else the last one."""
    template, period = _template(key), open_period()
    month = _shown(months)
    # Cells that only other months have can be taken out, too.
    every = {cell.values: cell for each in months.values() for cell in each}
    here = {cell.values: cell for cell in months[month]}
    order = [dict.fromkeys(d.domain) for d in template.dimensions]
    ranks = [{value: rank for rank, value in enumerate(each)} for each in order]
    placed = sorted(every, key=lambda v: tuple(r[x] for r, x in zip(ranks, v, strict=True)))
    most = max((here[v].numbers[0] for v in placed if v in here), default=0) or 1
    lines = tuple(
        Line(
            _place(key, values),
            _line(template, values),
            here[values].numbers if values in here else (),
            round(100 * here[values].numbers[0] / most) if values in here else 0,
        )
        for values in placed
    )
    columns = tuple(words_of(m.title) for m in template.measures)
    return Sheet(
        template,
        words_of(template.title),
        month,
        len(months),
        columns,
        tuple(unit_of(m.unit) for m in template.measures),
        lines,
        month == period,
    )


def _label(dimension: Dimension, value: str) -> str:
    return next((words_of(v.label) for v in dimension.values if v.key == value), value)


def install(app: Flask) -> None:
    """Add these pages to an application."""
    market = market_of(app)
    app.extensions[READER] = Reader(market.settings.edition_secret)
    app.jinja_env.filters["euros"] = euros
    app.jinja_env.globals["amount_of"] = amount_of
    when_confirmed(app, lambda user_id: service.offer_own(user_id, datasets.checking(market)))
    app.register_blueprint(bp)
