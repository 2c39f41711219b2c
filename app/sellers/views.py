from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from werkzeug.wrappers import Response

from app.catalog.drawing import Bars, Tiles, drawn
from app.catalog.price_lists import currency
from app.core.db import Database
from app.core.errors import Invalid
from app.core.permissions import Role, require
from app.sellers import queries, service, topic_share
from app.sellers.counting import EVERY, Counted, Tally
from app.sellers.kinds import GoalKind
from app.sellers.queries import Detail, Month
from app.sellers.steps import Step
from app.users.login import current_actor, verified_actor
from app.web.filters import day, money, month, number
from app.web.limits import limited
from pricing.money import Money
from privacy.tables.rollup import Figure

bp = Blueprint("sellers", __name__)
#: Where an application keeps the sums of looks of its process.
TALLY = "moisson-looks"


@bp.get("/selling")
@login_required
def overview() -> str:
    actor = current_actor()
    require(actor, Role.PRODUCER)
    found = queries.overview(actor.user_id)
    return render_template(
        "sellers/overview.html",
        found=found,
        chart=_earned(found.months),
        currency=currency(),
        kinds=tuple(GoalKind),
    )


@bp.get("/selling/<collection_id>")
@login_required
def detail(collection_id: str) -> str:
    found = queries.detail(current_actor().user_id, collection_id)
    return render_template(
        "sellers/detail.html",
        found=found,
        looks=_looks(found),
        earned=_earned(found.line.months),
        fewest=topic_share.FEWEST,
    )


@bp.post("/selling/goals/new")
@login_required
@limited("60/hour")
def set_goal() -> Response:
    actor, given = verified_actor(), request.form
    require(actor, Role.PRODUCER)
    try:
        kind = GoalKind(given.get("kind", ""))
        target = _target(kind, given.get("target", ""))
        service.set_goal(actor, kind, target, given.get("collection", "")[:32])
    except ValueError:
        flash(_("Choose what the goal is about."), "error")
    except Invalid as error:
        flash(error.user_message, "error")
    else:
        flash(_("Your goal is kept."), "success")
    return redirect(url_for("sellers.overview") + "#goals")


@bp.post("/selling/goals/<goal_id>/drop")
@login_required
@limited("60/hour")
def drop_goal(goal_id: str) -> Response:
    service.drop_goal(current_actor(), goal_id)
    flash(_("The goal is deleted."), "success")
    return redirect(url_for("sellers.overview") + "#goals")


def _target(kind: GoalKind, text: str) -> int:
    """Read a whole number, or an amount of money as cents.

    Raises
    ------
    Invalid
    """
    try:
        value = Decimal("".join(text.split()).replace(",", ".")[:20])
    except InvalidOperation as error:
        raise Invalid(_l("A goal is a number above nought.")) from error
    if not value.is_finite() or abs(value) > service.MOST_WANTED:
        raise Invalid(_l("A goal is a number above nought."))
    return int(value * 100 if kind is GoalKind.EARNED else value)


def in_words(step: int | Step) -> str:
    """Write a count, or the step that it lies in."""
    if isinstance(step, int):
        return number(step)
    if step.most is None:
        return str(_("%(n)s or more", n=number(step.low)))
    if not step.low:
        return str(_("fewer than %(n)s", n=number(step.most + 1)))
    return str(_("%(low)s to %(high)s", low=number(step.low), high=number(step.most)))


def percent(rate: tuple[float, float] | None) -> str:
    """Write between which two shares something lies, in percent."""
    if rate is None:
        return str(_("too few to tell"))
    low, high = (number(100 * each, 2 if 0 < each < 0.01 else 1) for each in rate)
    if low == high:
        return str(_("%(n)s %%", n=low))
    return str(_("%(low)s to %(high)s %%", low=low, high=high))


def reached(kind: GoalKind, value: int) -> str:
    """Write a number of a goal."""
    if kind is not GoalKind.EARNED:
        return number(value)
    return money(Money.from_cents(value, currency()))


def _earned(months: Sequence[Month]) -> Bars | Tiles | None:
    """Lay out what each month earned."""
    told = {one.month: money(one.earned) for one in months}
    figures = [_figure("month", one.month, max(0.0, one.earned.micros / 1e6)) for one in months]

    def says(figure: Figure) -> str:
        return told[figure.cell[0][1]]

    return drawn(figures, lambda name, _axis: month(name), says)


def _looks(found: Detail) -> Bars | Tiles | None:
    """Lay out the looks of each week: a bar up to where the step begins, a line to its end."""
    told = {f"{monday}": in_words(step) for monday, step, _previews in found.weekly}
    figures = [
        _figure("week", f"{monday}", step.low, step.most or step.low)
        for monday, step, _previews in found.weekly
    ]

    def says(figure: Figure) -> str:
        return told[figure.cell[0][1]]

    return drawn(figures, lambda name, _axis: day(name), says)


def _figure(axis: str, name: str, value: float, high: float | None = None) -> Figure:
    end = value if high is None else high
    return Figure(((axis, name),), "sum", None, "", value, 0.0, value, end, True, 1)


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
    app.jinja_env.filters |= {"step": in_words, "percent_between": percent}
    app.jinja_env.globals["goal_number"] = reached


def count_looks(app: Flask, db: Database) -> None:
    """Count looks at the public pages of an application, around all else that answers them."""
    tally = Tally(db, None if app.testing else EVERY)
    app.extensions[TALLY] = tally
    if not app.testing:
        tally.write_at_the_end()
    app.wsgi_app = Counted(app.wsgi_app, tally)  # type: ignore[method-assign,assignment]
