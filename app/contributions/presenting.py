"""Insights as their owner reads them: names, numbers and sentences in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction

from babel.dates import format_skeleton
from flask_babel import get_locale
from flask_babel import gettext as _

from app.collections.templates import words_of
from app.collections.units import unit_of
from app.contributions.cells import Months
from app.contributions.insights.budget import Budget, budget
from app.contributions.insights.carbon import Emission, of_electricity, of_trips, total
from app.contributions.insights.charts import Columns, columns
from app.contributions.insights.choices import choice, counted, figures
from app.contributions.insights.figures import Change, Figure, change, levels
from app.contributions.insights.habits import Habits, Week, habits
from app.contributions.insights.tariffs import Cost, Prices, costs, kwh_of
from app.contributions.texts import amount_of
from app.web.filters import month as in_words
from traces.schema import Per, Template

#: Dimensions in the order of a clock: columns side by side; others are lists of bars.
OF_TIME = ("hour", "hour_block")
#: What the whole of a month is measured in, where it is not the unit of a cell.
WHOLE = {"kWh per hour": "kWh per day"}
#: So many months are added up, where a year is told.
YEAR = 12


@dataclass(frozen=True)
class Row:
    """One number of a chart: its name, its number, how long its bar is, whether it is chosen."""

    name: str
    number: Fraction
    percent: int
    here: bool = False


@dataclass(frozen=True)
class Chart:
    """One chart with the same numbers as rows; without columns, a list of bars."""

    title: str
    unit: str
    rows: tuple[Row, ...]
    columns: Columns | None


@dataclass(frozen=True)
class Tariff:
    """What electricity costs at one price and at two, the first month first."""

    prices: Prices
    costs: tuple[Cost, ...]
    kwh: Fraction
    flat: Fraction
    split: Fraction | None
    cheap: int | None


@dataclass(frozen=True)
class Carbon:
    """What a month emitted, beside the months before."""

    emissions: tuple[Emission, ...]
    kwh: Fraction | None
    change: Change


@dataclass(frozen=True)
class Insights:
    """All that a page tells of somebody's own cells."""

    figure: Figure
    title: str
    measures: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    charts: tuple[Chart, ...]
    left_out: tuple[str, ...]
    labels: Mapping[str, str]
    budget: Budget | None


def insights(template: Template, months: Months, month: str, measure: str) -> Insights:
    """Return what is told of somebody's months, of one measure, with a month in front."""
    known = figures(template, months)
    figure = next((each for each in known if each.key == measure), known[0])
    kept, chosen = counted(template, months), choice(template)
    labels = {v.key: words_of(v.label) for d in template.dimensions for v in d.values}
    return Insights(
        figure,
        words_of(figure.measure.title),
        tuple((each.key, words_of(each.measure.title)) for each in known),
        _sentences(figure, habits(figure, kept, month), month, labels),
        tuple(_charts(figure, kept, month, labels)),
        tuple(labels[value] for value in chosen.leave_out),
        labels,
        budget(template, months, month) if "budget" in chosen.sections else None,
    )


def highlight(template: Template, months: Months) -> tuple[str, str]:
    """Return one line on somebody's last month, and what it tells of."""
    figure = figures(template, months)[0]
    month = max(months)
    told = change(levels(figure, counted(template, months)), month)
    return words_of(figure.measure.title), _told(figure, told, month)


def tariff(template: Template, months: Months, prices: Prices, cheap: Iterable[int]) -> Tariff:
    """Return what the last year of somebody's electricity costs."""
    last = costs(template, months, prices, cheap)[-YEAR:]
    kwh = sum((each.kwh for each in last), Fraction(0))
    split = [each.split for each in last if each.split is not None]
    low = sum((each.cheap for each in last if each.cheap is not None), Fraction(0))
    return Tariff(
        prices,
        last,
        kwh,
        sum((each.flat for each in last), Fraction(0)),
        sum(split, Fraction(0)) if split else None,
        round(100 * low / kwh) if split and kwh else None,
    )


def carbon(template: Template, months: Months, month: str, kmh: Mapping[str, Fraction]) -> Carbon:
    """Return what a month of trips or electricity emitted."""
    if template.family == "electricity":
        kwh = kwh_of(template, months)
        emitted = {each: of_electricity(amount) for each, amount in kwh.items()}
        return Carbon((), kwh[month], change(emitted, month))
    trips = {each: of_trips(template, each, cells, kmh) for each, cells in months.items()}
    of_months = {each: total(emissions) for each, emissions in sorted(trips.items())}
    return Carbon(trips[month], None, change(of_months, month))


def _charts(
    figure: Figure, months: Months, month: str, labels: Mapping[str, str]
) -> Iterable[Chart]:
    unit = figure.measure.unit
    if len(months) > 1:
        of_months = {_short(each): level for each, level in levels(figure, months).items()}
        title, whole = _("Month by month"), WHOLE.get(unit, unit)
        yield _chart(title, whole, of_months, drawn=True, here=_short(month))
    for dimension in figure.template.dimensions:
        parts = figure.by_value(month, months[month], dimension.key)
        if len(parts) > 1:
            title = words_of(dimension.title)
            whole = WHOLE.get(unit, unit) if dimension.key == "daytype" else unit
            drawn = dimension.key in OF_TIME
            if drawn and figure.measure.per is Per.DAY:
                # A part of the day without a cell is nought, and has its place on the clock.
                parts = {value: parts.get(value, Fraction(0)) for value in dimension.domain}
            names = {_brief(dimension.key, value, labels): parts[value] for value in parts}
            yield _chart(title, whole, names, drawn=drawn, of=month)


def _chart(
    title: str,
    unit: str,
    numbers: Mapping[str, Fraction],
    *,
    drawn: bool,
    here: str = "",
    of: str = "",
) -> Chart:
    most = max(numbers.values(), default=Fraction(0)) or Fraction(1)
    rows = tuple(
        Row(name, each, round(100 * each / most), name == here) for name, each in numbers.items()
    )
    drawing = columns(numbers, newest_named=bool(here)) if drawn else None
    told = ", ".join(filter(None, (unit_of(unit), of and in_words(of))))
    return Chart(title, told, rows, drawing)


def _brief(dimension: str, value: str, labels: Mapping[str, str]) -> str:
    """Name a value beneath a column, where there is little room."""
    if dimension in ("hour", "hour_block"):
        return value if dimension == "hour_block" else _("%(hour)s h", hour=int(value))
    return labels[value]


def _sentences(
    figure: Figure, found: Habits, month: str, labels: Mapping[str, str]
) -> tuple[str, ...]:
    told = [_told(figure, found.change, month)]
    top, unit = found.top, figure.measure.unit
    budgeted = "budget" in choice(figure.template).sections
    if top is None or (budgeted and figure.key == choice(figure.template).measure):
        pass  # the budget says it
    elif top.share is not None:
        told.append(_("Most: %(value)s, %(share)s%%.", value=labels[top.value], share=top.share))
    else:
        amount = amount_of(unit, float(top.level))
        told.append(_("Most: %(value)s (%(amount)s).", value=labels[top.value], amount=amount))
    if found.week is not None:
        told.append(_in_week(found.week, WHOLE.get(unit, unit)))
    return tuple(told)


def _in_week(week: Week, unit: str) -> str:
    weekday, weekend = (amount_of(unit, float(each)) for each in (week.weekday, week.weekend))
    told = _(
        "Monday to Friday: %(weekday)s. Saturday and Sunday: %(weekend)s.",
        weekday=weekday,
        weekend=weekend,
    )
    return str(told)


def _told(figure: Figure, told: Change, month: str) -> str:
    unit = WHOLE.get(figure.measure.unit, figure.measure.unit)
    amount = amount_of(unit, float(told.now))
    facts = {"month": in_words(month), "amount": amount}
    if told.percent is None:
        return str(_("%(month)s: %(amount)s.", **facts))
    if not told.percent:
        return str(_("%(month)s: %(amount)s, as in the months before.", **facts))
    facts["percent"] = str(abs(told.percent))
    if told.percent > 0:
        return str(_("%(month)s: %(amount)s, %(percent)s%% more than before.", **facts))
    return str(_("%(month)s: %(amount)s, %(percent)s%% less than before.", **facts))


def _short(month: str) -> str:
    """Name a month beneath a column."""
    day = datetime.combine(date.fromisoformat(f"{month}-01"), time(), UTC)
    return str(format_skeleton("yMMM", day, locale=get_locale() or "en"))
