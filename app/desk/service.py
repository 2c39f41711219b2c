"""Look at a table that somebody owns: roll it up, compare, see what changed since an edition."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.catalog import queries as catalog
from app.catalog.products import Product, ProductKey, product, table
from app.core.permissions import Actor
from app.desk.asked import Ask, refused
from app.downloads import service as downloads
from app.downloads import together
from app.downloads.content import Content, file_name, rounded
from app.downloads.facts import table_facts
from app.orders import holdings
from app.releases.queries import ReleaseView
from privacy.errors import PlanError
from privacy.tables import rollup
from privacy.tables.changes import COMPARED, changes
from privacy.tables.rollup import Along, Cell, Figure
from privacy.tables.table import CONTRIBUTIONS, Table

ROLLED = (
    "statistic",
    "measure",
    "value",
    "noise_sd",
    "noise_interval_95_low",
    "noise_interval_95_high",
    "unit",
    "told_apart_from_zero",
    "cells",
)


@dataclass(frozen=True)
class Owned:
    """A table that somebody may look at."""

    view: ReleaseView
    product: Product
    table: Table


@dataclass(frozen=True)
class Beside:
    """A figure beside another: a group of the same table, or the same group of another edition.

    Attributes
    ----------
    figure : Figure
        The first less the second.
    ratio : tuple of (float, float, float), or None
    named : bool
        Whether it is told apart, of as many as were compared at once.
    """

    figure: Figure
    ratio: tuple[float, float, float] | None
    named: bool


def owned(actor: Actor, key: ProductKey) -> Owned:
    """Return a table that the actor owns.

    Raises
    ------
    NotFound
        When they do not, or it was refunded.
    """
    downloads.fetch(actor, key)
    view, product = catalog.found(key)
    return Owned(view, product, table(view, product))


def owned_of(actor: Actor, view: ReleaseView) -> tuple[Product, ...]:
    """Return the tables of a release that the actor owns, those of few columns first."""
    keys = [key for key in holdings.owned(actor.user_id) if key.edition == view.edition.id]
    found = [product(view, key) for key in keys]
    return tuple(sorted(found, key=lambda one: (len(one.key.axes), one.key)))


def rolled(one: Owned, ask: Ask) -> tuple[Figure, ...]:
    """Return what is asked of a table.

    Raises
    ------
    Invalid
        For what the table cannot tell.
    """
    try:
        return rollup.roll_up(one.table, ask.along, ask.statistics, ask.measure)
    except PlanError as error:
        raise refused(error) from error


def cells(one: Owned, ask: Ask) -> tuple[Cell, ...]:
    """Return the groups of cells that are asked for.

    Raises
    ------
    Invalid
    """
    try:
        return rollup.cells_of(one.table, ask.along)
    except PlanError as error:
        raise refused(error) from error


def beside(one: Owned, ask: Ask, reference: int) -> tuple[Beside | None, ...]:
    """Compare every group of cells with one of them: None for itself.

    Which are told apart is said of all comparisons together, so that on average at most one in
    twenty of those named is so by noise alone.

    Raises
    ------
    Invalid
        For a statistic that cannot be compared, or no such group.
    """
    found = cells(one, ask)
    try:
        if not 0 <= reference < len(found):
            raise PlanError("There is no such line to compare with")
        made = [
            None
            if place == reference
            else rollup.compare(cell, found[reference], ask.statistics[0], ask.measure)
            for place, cell in enumerate(found)
        ]
    except PlanError as error:
        raise refused(error) from error
    named = iter(rollup.told_apart([each.chance for each in made if each is not None]))
    return tuple(
        None if each is None else Beside(each.difference, each.ratio, next(named)) for each in made
    )


def earlier(actor: Actor, one: Owned) -> tuple[tuple[ReleaseView, Product], ...]:
    """List the other editions in which the actor owns the same table, newest first."""
    series = together.editions(one.view, one.product, holdings.owned(actor.user_id))
    return tuple(
        pair for pair in reversed(series) if pair[1].key.edition != one.product.key.edition
    )


def since(one: Owned, other: Owned, ask: Ask) -> tuple[Beside, ...]:
    """Return what changed from another edition's table to this one, group by group.

    Raises
    ------
    Invalid
        For a statistic that cannot be compared.
    """
    if ask.statistics[0] not in COMPARED:
        raise refused(PlanError("Only contributions, sums and means can be compared"))
    now, then = (rolled(each, _first(ask)) for each in (one, other))
    (found,) = changes((now, then))
    return tuple(Beside(each.figure, None, each.named) for each in found)


def content(one: Owned, ask: Ask, figures: Sequence[Figure], address: str) -> Content:
    """Return rolled up figures as files hold them.

    Parameters
    ----------
    address : str
        Where they can be seen.
    """
    told_apart = [axis for axis in one.table.hard if axis not in _over(ask.along)]
    lines = tuple(
        (
            *(dict(figure.cell)[axis] for axis in told_apart),
            figure.statistic,
            figure.measure,
            rounded(figure.value),
            rounded(figure.sd),
            rounded(figure.low),
            rounded(figure.high),
            unit_of(one, figure) or None,
            figure.distinct,
            figure.cells,
        )
        for figure in figures
    )
    facts = {
        **table_facts(one.view, one.product),
        "address": address,
        "groups": {each.axis: dict(each.groups) for each in ask.along},
    }
    name = f"{file_name(one.view, one.product)}-view"
    return Content(one.view.rules.title, name, tuple(told_apart), lines, facts, ROLLED)


def unit_of(one: Owned, figure: Figure) -> str:
    """Return the unit of a figure: of a count, what one contribution is."""
    return one.view.rules.record if figure.statistic == CONTRIBUTIONS else figure.unit


def _over(along: Sequence[Along]) -> set[str]:
    return {one.axis for one in along if one.over}


def _first(ask: Ask) -> Ask:
    return Ask(ask.along, ask.statistics[:1], ask.measure)
