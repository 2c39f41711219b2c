from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Flask, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.catalog.drawing import drawn
from app.catalog.products import Product, ProductKey
from app.catalog.reading_aloud import sentence
from app.collections import wording
from app.core.errors import Invalid, NotFound
from app.desk import asked, own_number, service
from app.desk.asked import Ask
from app.desk.own_number import OwnNumber
from app.desk.service import Beside, Owned
from app.downloads.formats import FORMATS
from app.releases.queries import ReleaseView
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached
from privacy.tables.changes import COMPARED
from privacy.tables.rollup import MEDIAN, STATISTICS, Figure

bp = Blueprint("desk", __name__, url_prefix="/tables")
PAGE = 200


@dataclass(frozen=True)
class Line:
    """A figure on the page: its cell in words, its place, what it is compared with."""

    cell: list[str]
    figure: Figure
    place: int
    beside: Beside | None
    since: Beside | None


@bp.get("/<key>")
@login_required
@limited("300/hour")
def table(key: str) -> str:
    actor = current_actor()
    one, ask = _asked(key)
    figures = service.rolled(one, ask)
    first = [each for each in figures if each.statistic == ask.statistics[0]]
    beside = _beside(one, ask)
    editions = service.earlier(actor, one)
    since = _since(one, ask, editions)
    spoken = partial(wording.value, rules=one.view.rules)
    said = partial(sentence, rules=one.view.rules)
    lines = [
        Line(
            [spoken(value, axis) for axis, value in each.cell],
            each,
            place % max(1, len(first)),
            beside[place] if beside and place < len(beside) else None,
            since[place] if since and place < len(since) else None,
        )
        for place, each in enumerate(figures)
    ]
    find = request.args.get("find", "").strip().casefold()[:60]
    shown = [line for line in lines if find in " ".join(line.cell).casefold()]
    order = request.args.get("sort", "")
    if order in ("value", "-value"):
        shown.sort(key=lambda line: line.figure.value, reverse=order == "-value")
    own, own_problem = _own_number(first)
    return render_template(
        "desk/table.html",
        one=one,
        key=key,
        ask=ask,
        along={each.axis: each for each in ask.along},
        columns=[axis for axis, _ in figures[0].cell] if figures else [],
        lines=shown[:PAGE],
        more=max(0, len(shown) - PAGE),
        chart=drawn(first, spoken, said),
        statistics=[name for name in STATISTICS if _tells(one, name)],
        formats=FORMATS.values(),
        editions=editions,
        desk_kept=_kept,
        address=url_for("desk.table", key=key, _external=True, **_kept()),
        view_of=partial(_view_address, key),
        comparable=ask.statistics[0] in COMPARED,
        reference=_place("beside"),
        named=[", ".join(spoken(value, axis) for axis, value in each.cell) for each in first],
        own=own,
        own_problem=own_problem,
        args=request.args,
    )


@bp.get("/<key>/view.<kind>")
@login_required
@limited("300/hour")
def view(key: str, kind: str) -> Response:
    if kind not in FORMATS:
        raise NotFound(_l("Tables are not made in this format."))
    one, ask = _asked(key)
    address = url_for("desk.table", key=key, _external=True, **_kept())
    made = service.content(one, ask, service.rolled(one, ask), address)
    ending = kind.replace("json-stat", "json-stat.json")
    chosen = FORMATS[kind]
    return attached(chosen.write(made), chosen.media_type, f"{made.name}.{ending}")


def _asked(key: str) -> tuple[Owned, Ask]:
    one = service.owned(current_actor(), ProductKey.parse(key))
    return one, asked.read(request.args.to_dict(flat=False), one.table)


def _beside(one: Owned, ask: Ask) -> tuple[Beside | None, ...]:
    place = _place("beside")
    return () if place is None else service.beside(one, ask, place)


def _since(
    one: Owned, ask: Ask, editions: tuple[tuple[ReleaseView, Product], ...]
) -> tuple[Beside, ...]:
    text = request.args.get("since", "")
    if not text or text not in {str(other.key) for _, other in editions}:
        return ()
    return service.since(one, service.owned(current_actor(), ProductKey.parse(text)), ask)


def _own_number(figures: list[Figure]) -> tuple[OwnNumber | None, str]:
    """Return what can be said of the number that the reader typed, or what is wrong with it."""
    typed = (request.args.get(name, "") for name in ("own_line", "own", "own_margin"))
    try:
        return own_number.beside(figures, *typed), ""
    except Invalid as error:
        return None, error.user_message


def _place(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _kept() -> dict[str, Any]:
    """Return what of the address is about the figures, and nothing else that it may hold."""
    return {
        name: values
        for name, values in request.args.to_dict(flat=False).items()
        if asked.is_asked(name) and any(values)
    }


def _view_address(key: str, kind: str) -> str:
    return url_for("desk.view", key=key, kind=kind, **_kept())


def _tells(one: Owned, statistic: str) -> bool:
    measures = one.table.soft
    if statistic == MEDIAN:
        knots = [one.view.rules.schema.measure(name).knots for name in measures]
        return len(knots) == 1 and len(knots[0]) > 2
    return bool(measures) or statistic not in ("sum", "mean")


def _owned_here(view: ReleaseView) -> tuple[Product, ...]:
    """Return the tables of a release that the reader owns; none for a visitor."""
    return service.owned_of(current_actor(), view) if current_user.is_authenticated else ()


def install(app: Flask) -> None:
    """Add these pages to an application, and to a release's what the reader owns of it."""
    app.register_blueprint(bp)
    app.context_processor(lambda: {"owned_here": _owned_here})
