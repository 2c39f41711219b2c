"""What changed between the tables of two editions, figure by figure, with its noise interval."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erfc, hypot, sqrt

from privacy.noise.intervals import QUANTILE
from privacy.tables import rollup
from privacy.tables.rollup import Figure
from privacy.tables.table import CONTRIBUTIONS, MEAN, SUM

#: Which statistics can be compared.
COMPARED = (CONTRIBUTIONS, SUM, MEAN)


@dataclass(frozen=True)
class Change:
    """One figure less the same figure of an earlier edition.

    Attributes
    ----------
    figure : Figure
    chance : float
        How often noise alone would set two equal figures as far apart or farther.
    named : bool
        Whether it is told apart, of as many as were compared at once.
    """

    figure: Figure
    chance: float
    named: bool = False


def changes(*pairs: tuple[Sequence[Figure], Sequence[Figure]]) -> tuple[tuple[Change, ...], ...]:
    """Return what changed in each pair of a later and an earlier edition's figures.

    Which are told apart is said of all comparisons together, so that on average at most one in
    twenty of those named is so by noise alone.
    """
    found = [
        [_change(new, old) for new, old in zip(later, earlier, strict=True)]
        for later, earlier in pairs
    ]
    chances = [each.chance for one in found for each in one]
    named = iter(rollup.told_apart(chances))
    return tuple(tuple(replace(each, named=next(named)) for each in one) for one in found)


def _change(new: Figure, old: Figure) -> Change:
    """Subtract two figures whose noises are independent, so that their variances add up.

    Each side of an interval goes with the other side of the other.

    References
    ----------
    Zou, Donner (2008), Construction of confidence limits about effect measures, Stat. Med. 27.
    """
    value = new.value - old.value
    known = new.statistic != MEAN or (new.distinct and old.distinct)
    if known:
        low = value - hypot(new.value - new.low, old.high - old.value)
        high = value + hypot(new.high - new.value, old.value - old.low)
    else:
        # A mean of nothing may be anything within its bounds, on either side of its value.
        low, high = new.low - old.high, new.high - old.low
    # The noise towards zero is what may have set two equal figures apart.
    near = (value - low if value > 0 else high - value) / QUANTILE
    chance = erfc(abs(value) / near / sqrt(2)) if known and near else 1.0
    figure = Figure(
        new.cell,
        new.statistic,
        new.measure,
        new.unit,
        value,
        (high - low) / 2 / QUANTILE,
        low,
        high,
        known and (low > 0 or high < 0),
        new.cells,
    )
    return Change(figure, chance)
