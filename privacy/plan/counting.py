"""Count people first: what it costs, and how far the noise reaches.

An edition is measured only where a noisy number of people, drawn beforehand at a small charge of
its own, reaches a public minimum. Nothing here reads rows or draws noise.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import sqrt

from privacy.errors import PlanError
from privacy.loss import MICRO, Rho, epsilon_of, rho_for

#: What counting costs, in parts of what a whole edition may cost: one in so many.
PART = 10
#: A minimum lies at least so many standard deviations above nobody: without anybody the noise
#: reaches it in one of 740 closings at most.
DEVIATIONS = 3


@dataclass(frozen=True)
class CountPlan:
    """A number of people with rounded Gaussian noise; one person changes it by one.

    Parameters
    ----------
    rho : Rho
        What it costs each person, > 0.

    References
    ----------
    Dong, Roth, Su (2019), arXiv 1905.02383, Theorem 2.7: mu = 1 / sd, so rho = 1 / (2 variance).
    """

    rho: Rho

    def __post_init__(self) -> None:
        if self.rho.micro < 1:
            raise PlanError("Counting people costs something")

    @property
    def variance(self) -> Fraction:
        """Of the normal number, in squared people."""
        return Fraction(MICRO, 2 * self.rho.micro)

    @property
    def sd(self) -> float:
        """Standard deviation, in people."""
        return sqrt(float(self.variance))

    @property
    def least_minimum(self) -> float:
        """The smallest minimum that says something: `DEVIATIONS` standard deviations."""
        return DEVIATIONS * self.sd


def plan_count(epsilon: float, delta: float) -> CountPlan:
    """Plan the count for editions that may cost so much.

    Parameters
    ----------
    epsilon, delta : float
        What a whole edition may cost one person; the count costs a tenth of its rho.

    Raises
    ------
    PlanError
        For a budget that is too small.
    """
    return CountPlan(Rho(rho_for(epsilon, delta).micro // PART))


@lru_cache(maxsize=256)
def tables_epsilon(epsilon: float, delta: float) -> float:
    """Return what the tables of an edition may cost once its people were counted.

    The count, and the tables chosen by what it said, cost the sum of both.

    References
    ----------
    Dong, Roth, Su (2019), arXiv 1905.02383, Corollary 3.3: adaptive composition.
    """
    whole = rho_for(epsilon, delta).micro
    return min(epsilon, epsilon_of(Rho(whole - whole // PART), delta))
