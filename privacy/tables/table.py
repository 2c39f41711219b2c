"""A released table and its figures, each with its noise interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import sqrt

import numpy as np
import numpy.typing as npt

from privacy.noise import intervals
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.residual import Exact, as_floats
from privacy.plan.tiers import Tier
from privacy.plan.workload import Marginal
from privacy.schema import Measure
from privacy.tables.ratios import RatioNoise

Coordinates = tuple[tuple[str, str], ...]
Floats = npt.NDArray[np.float64]

PEOPLE = "people"
CONTRIBUTIONS = "contributions"
NEAR = "contributions_near"
SUM = "sum"
MEAN = "mean"


@dataclass(frozen=True)
class Estimate:
    """One released figure.

    Parameters
    ----------
    coordinates : tuple of (dimension, value)
        The cell it is about; for `contributions_near` the measure and its knot come last.
    statistic : str
        "people", "contributions", "sum", "mean" or "contributions_near".
    measure : str or None
    unit : str
        Of value, low, high and sd; "" for counts.
    value : float
        Unbiased, so a count may be negative; a mean is held within the measure's bounds.
    low, high : float
        Noise interval (95 %).
    sd : float
        Noise standard deviation; of a mean, half its interval over the Gaussian quantile.
    distinct : bool
        Whether it is told apart from zero; of a mean or a quantile, whether its count is.
    """

    coordinates: Coordinates
    statistic: str
    measure: str | None
    unit: str
    value: float
    low: float
    high: float
    sd: float
    distinct: bool


@dataclass(frozen=True, eq=False)
class Table:
    """A marginal of a release at a tier, in whole numbers over one denominator.

    Parameters
    ----------
    plan : NoisePlan
    marginal : Marginal
    tier : Tier
    numerators : Exact
        One axis per axis of the marginal; along a measure the mass near each knot.
    denominator : int
        > 0.
    """

    plan: NoisePlan
    marginal: Marginal
    tier: Tier
    numerators: Exact
    denominator: int

    @property
    def hard(self) -> Marginal:
        """The dimensions of the table."""
        return tuple(axis for axis in self.marginal if axis in self.plan.schema.hard)

    @property
    def soft(self) -> Marginal:
        """The measures of the table."""
        return tuple(axis for axis in self.marginal if axis in self.plan.schema.soft)

    @cached_property
    def masses(self) -> Floats:
        """All entries as numbers of contributions, one axis per axis of the marginal."""
        return as_floats(self.numerators, self.denominator)

    def contributions(self) -> Floats:
        """Return the contributions of each hard cell: (d_1, ..., d_h) float64."""
        return as_floats(self._over_measures(None), self.denominator)

    def sums(self, measure: str) -> Floats:
        """Return the sum of a measure in each hard cell, in its unit: (d_1, ..., d_h) float64."""
        resolution = Fraction(self.plan.schema.measure(measure).resolution)
        scaled = np.asarray(self._over_measures(measure) * resolution.numerator, dtype=object)
        return as_floats(scaled, self.denominator * resolution.denominator)

    def estimates(self) -> tuple[Estimate, ...]:
        """List all figures, cell by cell in the schema's order."""
        counts = self.contributions().ravel()
        count_noise = self.noise_of(None)
        sums = {name: self.sums(name).ravel() for name in self.soft}
        figures: list[Estimate] = []
        for position, coordinates in enumerate(self.cells()):
            count = float(counts[position])
            figures.append(plain(coordinates, CONTRIBUTIONS, None, "", count, count_noise))
            for name in self.soft:
                total = float(sums[name][position])
                figures += self._of_measure(coordinates, name, total, count)
            figures += self._near_knots(coordinates, position)
        return tuple(figures)

    def cells(self) -> tuple[Coordinates, ...]:
        """List the hard cells in the order of `estimates`."""
        labels = (self.plan.schema.labels(axis) for axis in self.hard)
        return tuple(tuple(zip(self.hard, values, strict=True)) for values in product(*labels))

    def _of_measure(
        self, coordinates: Coordinates, name: str, total: float, count: float
    ) -> Iterator[Estimate]:
        measure = self.plan.schema.measure(name)
        yield plain(coordinates, SUM, name, measure.unit, total, self.noise_of(name))
        value, low, high, distinct = self._mean_noise(name).interval(total, count)
        half = (high - low) / (2 * intervals.QUANTILE)
        yield Estimate(coordinates, MEAN, name, measure.unit, value, low, high, half, distinct)

    def _near_knots(self, coordinates: Coordinates, position: int) -> Iterator[Estimate]:
        """Show the distribution of a measure that has more knots than its bounds."""
        if len(self.soft) != 1:
            return
        measure = self.plan.schema.measure(self.soft[0])
        if len(measure.knots) == 2:
            return
        masses = self.masses.reshape(-1, len(measure.knots))[position]
        for knot, mass, noise in zip(
            measure.knots, masses.tolist(), self._knot_noises, strict=True
        ):
            at = (*coordinates, (measure.name, str(knot)))
            yield plain(at, NEAR, measure.name, "", mass, noise)

    def _over_measures(self, weighted: str | None) -> Exact:
        """Sum over all measures, one of them weighted by its knots in units of resolution."""
        total = self.numerators
        for axis in reversed(self.soft):
            if axis == weighted:
                measure = self.plan.schema.measure(axis)
                total = total * _along(total, self.marginal.index(axis), measure)
            total = total.sum(axis=self.marginal.index(axis), keepdims=True)
        shape = tuple(self.plan.schema.size(axis) for axis in self.hard)
        return np.array(total, dtype=object).reshape(shape)

    def noise_of(self, weighted: str | None) -> "Noise":
        """Return the noise of one cell's count, or of its sum of a measure."""
        if weighted not in self._noises:
            self._noises[weighted] = self._noise(self.functional(weighted))
        return self._noises[weighted]

    @cached_property
    def _noises(self) -> dict[str | None, "Noise"]:
        return {}

    @cached_property
    def _knot_noises(self) -> list["Noise"]:
        """The noise of one cell's mass near each knot of the table's only measure."""
        first = self.functional(None)
        return [self._noise(first * at) for at in np.eye(first.shape[-1])]

    @cached_property
    def _mean_noises(self) -> dict[str, RatioNoise]:
        return {}

    def _mean_noise(self, name: str) -> RatioNoise:
        if name not in self._mean_noises:
            measure = self.plan.schema.measure(name)
            self._mean_noises[name] = RatioNoise.of(
                self.plan,
                self.marginal,
                self.functional(name),
                self.functional(None),
                self.tier,
                (float(measure.lower), float(measure.upper)),
            )
        return self._mean_noises[name]

    def _noise(self, weights: Floats) -> "Noise":
        variance = self.plan.covariance_of(self.marginal, weights, weights, self.tier)
        return Noise(sqrt(variance), self.plan.half_width(self.marginal, weights, self.tier))

    def functional(self, weighted: str | None, everywhere: bool = False) -> Floats:
        """Return the count (or the sum of a measure) of the first cell, or of all, as weights.

        Returns
        -------
        (d_1, ..., d_n) float64
            The weight of each entry of the table.
        """
        total = np.ones(())
        for axis in self.marginal:
            size = self.plan.schema.size(axis)
            if axis in self.hard:
                vector = np.ones(size) if everywhere else np.eye(1, size)[0]
            elif axis == weighted:
                knots = self.plan.schema.measure(axis).knots
                vector = np.array([float(knot) for knot in knots])
            else:
                vector = np.ones(size)
            total = np.multiply.outer(total, vector)
        return np.asarray(total)


@dataclass(frozen=True)
class Noise:
    """Standard deviation and half the noise interval (95 %) of a figure."""

    sd: float
    half: float


def _along(array: Exact, axis: int, measure: Measure) -> Exact:
    shape = [1] * array.ndim
    shape[axis] = -1
    return np.array(measure.knot_units, dtype=object).reshape(shape)


def plain(
    coordinates: Coordinates,
    statistic: str,
    measure: str | None,
    unit: str,
    value: float,
    noise: Noise,
) -> Estimate:
    """Return an unbiased figure with a symmetric interval."""
    low, high = value - noise.half, value + noise.half
    distinct = abs(value) > noise.half
    return Estimate(coordinates, statistic, measure, unit, value, low, high, noise.sd, distinct)
