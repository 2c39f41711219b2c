"""Mine beside everybody's: somebody's own month, and the statistics that they made possible.

Whoever is in an edition may read its tables of one column for nothing. Nothing here is computed
from anybody's rows but their own.

What is released is the mean over contributions, and each cell of a person is one: of weekdays, for
instance, over each block of hours that somebody has. So one's own number is the mean over one's own
cells, too, and not their sum, which other pictures of the page show.
"""

from dataclasses import dataclass
from statistics import fmean

from app.catalog.charts import charts_of
from app.collections.rules import CollectionRules
from app.contributions.cells import Months
from app.core.permissions import Actor
from app.releases import queries as releases
from privacy.tables.table import MEAN
from traces.schema import Template


@dataclass(frozen=True)
class Row:
    """One value of a column: mine, everybody's, and how far the noise may have moved that.

    Attributes
    ----------
    mine : float or None
        The mean over my cells of this value.
    cells : int
        How many these are.
    apart : str
        "more", "less" or "" where the two are not told apart.
    """

    value: str
    mine: float | None
    cells: int
    everybody: float
    low: float
    high: float
    apart: str


@dataclass(frozen=True)
class Comparison:
    """One column of an edition, beside one's own.

    Attributes
    ----------
    period, own : str
        The month that the edition is of, and the one of mine that stands beside it.
    """

    edition_id: str
    period: str
    own: str
    people: int
    dimension: str
    measure: str
    rows: tuple[Row, ...]


def compared(
    actor: Actor, template: Template, rules: CollectionRules, months: Months
) -> tuple[Comparison, ...]:
    """Return one's own month beside the newest edition that one is in; empty before the first."""
    mine = {part.edition_id for part in releases.participations(actor.user_id) if part.shares}
    for edition in releases.editions_of(rules):
        if edition.id in mine and edition.published_at is not None:
            break
    else:
        return ()
    view = releases.release(edition.id)
    finest = view.release.plan.tiers[0]
    measure = template.measures[0].key
    month = edition.period if edition.period in months else max(months)
    people = max(0, round(view.release.people(finest).value))
    made = []
    for place, dimension in enumerate(template.dimensions):
        own: dict[str, list[float]] = {}
        for cell in months[month]:
            own.setdefault(cell.values[place], []).append(cell.numbers[0])
        table = view.release.table((dimension.key, measure), finest)
        (chart,) = (each for each in charts_of(table) if each.statistic == MEAN)
        rows = tuple(
            _row(bar.label, own.get(bar.label), (bar.value, bar.low, bar.high))
            for bar in chart.bars
            if bar.high - bar.low < float(template.measures[0].high - template.measures[0].low)
        )
        if rows:
            seen = (edition.id, edition.period, month, people)
            made.append(Comparison(*seen, dimension.key, measure, rows))
    return tuple(made)


def _row(value: str, own: list[float] | None, released: tuple[float, float, float]) -> Row:
    everybody, low, high = released
    mine = fmean(own) if own else None
    apart = ""
    if mine is not None:
        apart = "more" if mine > high else "less" if mine < low else ""
    return Row(value, mine, len(own or ()), everybody, low, high, apart)
