"""The free preview, one column at a time: which there are, and the figures of the chosen one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.catalog.charts import quartiles
from app.catalog.products import preview_table
from app.releases.queries import ReleaseView
from privacy.tables.changes import COMPARED, Change, changes
from privacy.tables.rollup import Figure
from privacy.tables.table import CONTRIBUTIONS, MEAN, Estimate

#: Stands for a column where figures of a measure differ in nothing but what they are.
WHICH = "statistic"


@dataclass(frozen=True)
class Preview:
    """One column of a free preview.

    Attributes
    ----------
    place : int
        Of the column in the schema: stands in addresses.
    axis : str
    figures : tuple of Figure
        Contributions by the values of a dimension; of a measure its mean, and its quartiles where
        it has knots for them.
    """

    place: int
    axis: str
    figures: tuple[Figure, ...]

    @property
    def counts(self) -> bool:
        """Whether it is of a dimension."""
        return self.figures[0].statistic == CONTRIBUTIONS

    @property
    def comparable(self) -> tuple[Figure, ...]:
        """Those figures that can be compared with another edition's."""
        return tuple(figure for figure in self.figures if figure.statistic in COMPARED)


def places(view: ReleaseView) -> tuple[int, ...]:
    """Return the places of the columns that are previewed."""
    plan = view.release.plan
    return tuple(n for n, axis in enumerate(plan.schema.axes) if (axis,) in plan.closure)


def chosen(view: ReleaseView, text: str) -> int | None:
    """Return the place that an address asks for, else the first; None where nothing is shown."""
    found = places(view)
    asked = int(text) if text.isdecimal() and len(text) < 4 else -1
    return asked if asked in found else next(iter(found), None)


def preview(view: ReleaseView, place: int) -> Preview:
    """Return one column of the free preview."""
    axis = view.release.plan.schema.axes[place]
    table = preview_table(view, axis)
    wanted = CONTRIBUTIONS if table.hard else MEAN
    figures = tuple(_figure(each) for each in table.estimates() if each.statistic == wanted)
    if table.hard:
        return Preview(place, axis, figures)
    rest = (_figure(each) for each in quartiles(table))
    return Preview(place, axis, tuple(_named(figure) for figure in (*figures, *rest)))


def changed(later: Sequence[Preview], earlier: Sequence[Preview]) -> tuple[tuple[Change, ...], ...]:
    """Return what changed in previews of one column, told apart of all of them together."""
    return changes(
        *((new.comparable, old.comparable) for new, old in zip(later, earlier, strict=True))
    )


def is_alike(view: ReleaseView, other: ReleaseView, place: int) -> bool:
    """Tell whether a column of two editions has the same name and values."""
    schemas = [each.release.plan.schema for each in (view, other)]
    if place not in places(other) or schemas[0].axes[place] != schemas[1].axes[place]:
        return False
    axis = schemas[0].axes[place]
    return schemas[0].labels(axis) == schemas[1].labels(axis)


def _figure(one: Estimate) -> Figure:
    numbers = one.value, one.sd, one.low, one.high
    return Figure(one.coordinates, one.statistic, one.measure, one.unit, *numbers, one.distinct, 1)


def _named(figure: Figure) -> Figure:
    return replace(figure, cell=((WHICH, figure.statistic),))
