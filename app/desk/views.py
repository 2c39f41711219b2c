from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Flask, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.catalog.products import Product, ProductKey
from app.collections import units, wording
from app.core.errors import NotFound
from app.desk import asked, service
from app.desk.asked import Ask
from app.desk.drawing import drawn
from app.desk.service import Beside, Owned
from app.downloads.formats import FORMATS
from app.releases.queries import ReleaseView
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached
from privacy.tables.rollup import MEDIAN, STATISTICS, Figure
from privacy.tables.table import CONTRIBUTIONS

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
    said = partial(_sentence, one)
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
        comparable=ask.statistics[0] in service.COMPARED,
        reference=_place("beside"),
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


def _sentence(one: Owned, figure: Figure) -> str:
    """Read a figure aloud."""
    rules = one.view.rules
    words = " · ".join(wording.value(value, axis, rules=rules) for axis, value in figure.cell)
    counted = figure.statistic == CONTRIBUTIONS
    unit = wording.record(rules) if counted else units.unit_of(figure.unit)
    return str(
        _(
            "%(cell)s: %(value)s %(unit)s, noise interval %(low)s to %(high)s",
            cell=words or _("All"),
            value=format_decimal(round(figure.value, 2)),
            unit=unit,
            low=format_decimal(round(figure.low, 2)),
            high=format_decimal(round(figure.high, 2)),
        )
    )


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
