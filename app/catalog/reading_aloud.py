"""Figures in sentences: one of them, or what a whole chart says first."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.catalog.previews import WHICH, Preview
from app.collections import wording
from app.collections.rules import CollectionRules
from app.releases.queries import EditionView
from app.web.filters import month, number
from privacy.tables.rollup import Figure
from privacy.tables.table import CONTRIBUTIONS, SUM

STATISTICS = {
    "mean": _l("Mean"),
    "quantile_25": _l("A quarter are below"),
    "median": _l("Half are below"),
    "quantile_75": _l("Three quarters are below"),
}


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def value(key: str, axis: str, rules: CollectionRules) -> str:
    """Return what a value of a column is called, or which figure of a measure it is."""
    if axis == WHICH and axis not in rules.schema.axes:
        return str(STATISTICS.get(key, key))
    return wording.value(key, axis, rules=rules)


def cell(figure: Figure, rules: CollectionRules) -> str:
    """Return what a figure is about."""
    words = " · ".join(value(key, axis, rules) for axis, key in figure.cell)
    return words or _("All")


def edition_name(edition: EditionView) -> str:
    """Return what an edition is called beside others of its collection: by its month, or number."""
    if edition.period:
        return month(edition.period)
    return _("edition %(n)s", n=edition.number)


def sentence(figure: Figure, rules: CollectionRules) -> str:
    """Read a figure aloud."""
    counted = figure.statistic == CONTRIBUTIONS
    unit = wording.record(rules) if counted else wording.unit(figure.unit, rules)
    low, middle, high = written(figure)
    return _(
        "%(cell)s: %(value)s %(unit)s, noise interval %(low)s to %(high)s",
        cell=cell(figure, rules),
        value=middle,
        unit=unit,
        low=low,
        high=high,
    )


def written(figure: Figure) -> tuple[str, str, str]:
    """Write a figure and the ends of its interval, with as many decimals as it has on the page."""
    whole = figure.statistic in (CONTRIBUTIONS, SUM) or abs(figure.value) >= 100
    digits = 0 if whole else 2
    low, middle, high = (number(each, digits) for each in (figure.low, figure.value, figure.high))
    return low, middle, high


def summary(preview: Preview, rules: CollectionRules) -> str:
    """Say the first thing that a preview shows, with its unit and its interval."""
    first = preview.figures[0]
    if preview.counts:
        return _of_counts(preview, rules)
    low, middle, high = written(first)
    if not first.distinct:
        return _("Too few contributions to tell this mean from any other, with so much noise.")
    return _(
        "On average: %(value)s %(unit)s. The noise may have moved it: it lies between %(low)s and "
        "%(high)s.",
        value=middle,
        unit=wording.unit(first.unit, rules),
        low=low,
        high=high,
    )


def _of_counts(preview: Preview, rules: CollectionRules) -> str:
    told = [figure for figure in preview.figures if figure.distinct and figure.value > 0]
    if not told:
        return _("No bar here can be told apart from zero: this preview is too noisy.")
    most = max(told, key=lambda figure: figure.value)
    low, middle, high = written(most)
    return _(
        "The longest bar is “%(cell)s”: about %(value)s contributions. The noise may have moved "
        "it: it lies between %(low)s and %(high)s.",
        cell=cell(most, rules),
        value=middle,
        low=low,
        high=high,
    )
