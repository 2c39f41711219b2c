"""What the tables that somebody owns say together, beside each alone.

A table of several columns that was bought at a coarse level, rebuilt from the finest of its parts
that its buyer owns in other tables of the edition; and one table over all the editions of its
collection that its buyer owns. Both are made of what was bought, and of nothing else.
"""

import csv
import io
from collections.abc import Collection, Sequence
from itertools import combinations

from app.catalog.products import Product, ProductKey, product, table
from app.core.spreadsheets import guarded
from app.downloads.content import rounded, written
from app.downloads.files import Companion, table_csv
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from privacy.plan.tiers import Mixed, Tier
from privacy.tables.smoothing import over_editions
from privacy.tables.table import CONTRIBUTIONS, SUM, Table, plain

#: With fewer editions nothing can be told of how figures move.
FEWEST_EDITIONS = 3
#: Cells of all editions together that one answer smooths.
MOST_CELLS = 200_000
REBUILT = (
    "the same table, its totals and margins taken from the finest tables of this edition that you "
    "own, so that all of them agree. Unbiased, each figure with its own noise interval; no better "
    "where your other tables are no finer than this one"
)
EDITIONS = (
    "this table in all editions that you own, each at the finest level, with smoothed_value beside "
    "value; dictionary.csv says what it is good and bad for"
)
COLUMNS = {
    "period": "the month of the edition, or the day on which it was closed",
    "tier": "its level of accuracy",
    "smoothed_value": (
        "value drawn towards the editions around it, as far as noise may have moved it; nearer to "
        "the truth on the whole, best where little changes and noise is large, late where "
        "something jumps, and the noise interval belongs to value, not to it"
    ),
}


def companions(
    view: ReleaseView, chosen: Product, owned: Collection[ProductKey]
) -> tuple[Companion, ...]:
    """Return the files that stand beside a table for somebody who owns these tables."""
    found = []
    finer = rebuilt(view, chosen, owned)
    if finer is not None:
        found.append(Companion("rebuilt.csv", table_csv(view, chosen, finer), REBUILT))
    series = editions(view, chosen, owned)
    if len(series) >= FEWEST_EDITIONS:
        content = editions_csv(chosen, series)
        found.append(Companion("editions.csv", content, EDITIONS, COLUMNS))
    return tuple(found)


def rebuilt(view: ReleaseView, chosen: Product, owned: Collection[ProductKey]) -> Table | None:
    """Return a table made of the finest of its parts; None where none is finer than the table.

    Of Gaussian noise alone, where each part has noise of its own.
    """
    plan = view.release.plan
    if not plan.noise.normal:
        return None
    beside = [product(view, key) for key in owned if key.edition == chosen.key.edition]
    finer = tuple(
        (subset, best)
        for size in range(len(chosen.marginal))
        for subset in combinations(chosen.marginal, size)
        for best in [_finest(subset, beside, chosen.tier)]
        if best != chosen.tier
    )
    if not finer:
        return None
    mixed = Mixed(chosen.tier.name, chosen.tier.variance_factor, finer)
    return view.release.table(chosen.marginal, mixed)


def _finest(subset: tuple[str, ...], beside: Sequence[Product], own: Tier) -> Tier:
    """Return the finest tier at which somebody owns a table that has these columns."""
    tiers = [one.tier for one in beside if {*subset} <= {*one.marginal}]
    return min([*tiers, own], key=lambda tier: tier.variance_factor)


def editions(
    view: ReleaseView, chosen: Product, owned: Collection[ProductKey]
) -> tuple[tuple[ReleaseView, Product], ...]:
    """List the editions in which somebody owns a table, each at the finest level, in order of time.

    Editions of the same collection for the same purposes, with the same categories; the newest
    ones, where all would be too much for one answer.
    """
    of_collection = {one.id for one in releases.every_edition_of(view.edition.collection_id)}
    found: dict[int, tuple[ReleaseView, Product]] = {}
    for key in sorted((key for key in owned if key.edition in of_collection), key=str):
        other = releases.release(key.edition)
        one = product(other, key)
        if _is_alike(view, chosen, other, one):
            at = time_of(other)
            known = found.get(at)
            if known is None or one.tier.variance_factor < known[1].tier.variance_factor:
                found[at] = other, one
    most = max(1, MOST_CELLS // chosen.cells)
    return tuple(found[at] for at in sorted(found)[-most:])


def _is_alike(view: ReleaseView, chosen: Product, other: ReleaseView, one: Product) -> bool:
    schemas = view.release.plan.schema, other.release.plan.schema
    return (
        other.edition.purposes == view.edition.purposes
        and one.marginal == chosen.marginal
        and all(schemas[0].labels(axis) == schemas[1].labels(axis) for axis in one.marginal)
    )


def time_of(view: ReleaseView) -> int:
    """Return when an edition was: in months where it is of a month, else in milliseconds."""
    if view.edition.period:
        year, month = view.edition.period.split("-")
        return int(year) * 12 + int(month)
    return int(view.edition.closed_at.timestamp() * 1000)


def editions_csv(chosen: Product, series: Sequence[tuple[ReleaseView, Product]]) -> bytes:
    """Return contributions and sums of a table over editions, as released and smoothed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "period",
            "tier",
            *(guarded(name) for name in chosen.dimensions),
            "statistic",
            "measure",
            "value",
            "smoothed_value",
            "noise_interval_95_low",
            "noise_interval_95_high",
            "unit",
        ]
    )
    tables = [table(view, one) for view, one in series]
    times = [time_of(view) for view, _ in series]
    counts = over_editions(tables, times)
    smooth: dict[str | None, list[list[float]]] = {None: [one.ravel().tolist() for one in counts]}
    for name in chosen.measures:
        lower = float(tables[0].plan.schema.measure(name).lower)
        above = over_editions(tables, times, name)
        smooth[name] = [
            (one + lower * count).ravel().tolist() for one, count in zip(above, counts, strict=True)
        ]
    for place, ((view, one), seen) in enumerate(zip(series, tables, strict=True)):
        period = view.edition.period or view.edition.closed_at.date().isoformat()
        for measure, smoothed in smooth.items():
            values = (seen.contributions() if measure is None else seen.sums(measure)).ravel()
            unit = seen.plan.schema.measure(measure).unit if measure else view.rules.record
            statistic = SUM if measure else CONTRIBUTIONS
            noise = seen.noise_of(measure)
            for cell, value, better in zip(
                seen.cells(), values.tolist(), smoothed[place], strict=True
            ):
                told = plain(cell, statistic, measure, unit, value, noise)
                writer.writerow(
                    [
                        period,
                        one.tier.name,
                        *(guarded(label) for _, label in cell),
                        statistic,
                        guarded(measure or ""),
                        written(rounded(value)),
                        written(rounded(better)),
                        written(rounded(told.low)),
                        written(rounded(told.high)),
                        guarded(unit),
                    ]
                )
    return text.getvalue().encode()
