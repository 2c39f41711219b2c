"""Privacy loss in whole millionths of rho, as (epsilon, delta), and as right guesses.

rho is half of mu squared, mu the shift of a Gaussian mechanism: what a release tells of one person
is no more than one draw of a normal number with variance 1 tells of whether its mean is 0 or mu.
Losses add up as numbers of rho.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, erfc, exp, isfinite, log, pi, sqrt
from statistics import NormalDist

from privacy.errors import PlanError

MICRO = 1_000_000
#: Computed chances are raised by this factor, more than their rounding error.
SAFETY = 1 + 1e-9


@dataclass(frozen=True, order=True)
class Rho:
    """A Gaussian loss in millionths: `Rho(1_000_000)` is rho = 1, a shift mu of sqrt(2).

    Parameters
    ----------
    micro : int
        >= 0.

    References
    ----------
    Dong, Roth, Su (2019), Gaussian Differential Privacy, arXiv 1905.02383: mu, and that squares of
    mu add up (corollary 3.3). Smith, Thakurta (2022), Fully Adaptive Composition for Gaussian
    Differential Privacy, arXiv 2210.17520: also where each mechanism is chosen by what came before.
    """

    micro: int

    def __post_init__(self) -> None:
        if self.micro < 0:
            raise PlanError("A privacy loss cannot be negative")

    def __add__(self, other: "Rho") -> "Rho":
        return Rho(self.micro + other.micro)

    @property
    def value(self) -> float:
        """Rho as a plain number."""
        return self.micro / MICRO

    @property
    def mu(self) -> float:
        """The shift of the Gaussian mechanism that tells as much."""
        return sqrt(2 * self.value)


def delta_of(rho: Rho, epsilon: float) -> float:
    """Return the smallest delta at which a loss is (epsilon, delta), rounded up.

    References
    ----------
    Balle, Wang (2018), Improving the Gaussian Mechanism for Differential Privacy, arXiv 1805.06530,
    Theorem 8; Dong, Roth, Su (2019), arXiv 1905.02383, Corollary 2.13.
    """
    mu = rho.mu
    if not mu:
        return 0.0
    above = _log_chance_below(mu / 2 - epsilon / mu)
    below = epsilon + _log_chance_below(-mu / 2 - epsilon / mu)
    return max(0.0, exp(above) * SAFETY - exp(min(below, above)) / SAFETY)


@lru_cache(maxsize=8192)
def epsilon_of(rho: Rho, delta: float) -> float:
    """Return the smallest epsilon at which a loss is (epsilon, delta), to 12 digits from above.

    Raises
    ------
    PlanError
        For a delta outside (0, 1).
    """
    if not 0 < delta < 1:
        raise PlanError("delta must lie between 0 and 1")
    low, high = 0.0, 1.0
    if delta_of(rho, low) <= delta:
        return 0.0
    while delta_of(rho, high) > delta:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if delta_of(rho, middle) <= delta else (middle, high)
    return high


@lru_cache(maxsize=1024)
def rho_for(epsilon: float, delta: float) -> Rho:
    """Find the largest whole-millionth loss that stays within (epsilon, delta).

    Raises
    ------
    PlanError
        For values outside 0 < epsilon <= 50 and 0 < delta < 1, or too small to be spent.
    """
    if not (isfinite(epsilon) and 0 < epsilon <= 50):
        raise PlanError("epsilon must be more than 0 and at most 50")
    if not 0 < delta < 1:
        raise PlanError("delta must lie between 0 and 1")
    low, high = 0, 100 * MICRO
    while low < high:
        middle = (low + high + 1) // 2
        if delta_of(Rho(middle), epsilon) <= delta:
            low = middle
        else:
            high = middle - 1
    if low == 0:
        raise PlanError("This epsilon and delta are too small for any measurement")
    return Rho(low)


def pure_rho(epsilon: Fraction) -> Rho:
    """Return the Gaussian loss of an epsilon-private mechanism, rounded up.

    Whoever sees its result guesses right at most e^epsilon / (1 + e^epsilon) of the time: mu is
    twice the normal quantile of that. The errors of any test lie on or above two straight lines
    that meet where both errors are 1 / (1 + e^epsilon); the Gaussian curve of errors is convex,
    begins where they begin and passes through that point, so it lies below.

    References
    ----------
    Dong, Roth, Su (2019), arXiv 1905.02383, Proposition 2.5 (the two lines) and Definition 2.6.
    """
    mu = -2 * NormalDist().inv_cdf(1 / (1 + exp(epsilon)))
    return Rho(ceil(mu**2 / 2 * SAFETY * MICRO))


def right_guesses(rho: Rho) -> float:
    """Return at most how many of 100 guesses "did this person take part?" are right.

    100 Phi(mu / 2), where as many took part as did not: 50 for guessing by chance, 54.7 for epsilon
    1 at delta 10^-6. Nobody who sees a release does better, whatever else they know.

    References
    ----------
    Dong, Roth, Su (2019), arXiv 1905.02383, section 2.2: the best test between N(0, 1) and
    N(mu, 1) errs with the chance Phi(-mu / 2) in each direction.
    """
    return 100 * NormalDist().cdf(rho.mu / 2)


def _log_chance_below(x: float) -> float:
    """Return the logarithm of the chance that a normal number is below x."""
    if x > -30:
        return log(erfc(-x / sqrt(2)) / 2)
    # What is left of the series is below its last term: 105 / 30^8 of the whole.
    square = 1 / x**2
    series = 1 - square * (1 - 3 * square * (1 - 5 * square))
    return -x * x / 2 - log(-x * sqrt(2 * pi)) + log(series)
