"""Privacy loss in whole millionths of rho (zCDP), as (epsilon, delta), and as right guesses."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, exp, inf, isfinite, log, log1p, sqrt

from privacy.errors import PlanError

MICRO = 1_000_000


@dataclass(frozen=True, order=True)
class Rho:
    """A zCDP loss in millionths: `Rho(1_000_000)` is rho = 1.

    Parameters
    ----------
    micro : int
        >= 0.
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


def _epsilon_at(rho: float, delta: float, alpha: float) -> float:
    return rho * alpha + (log(1 / delta) - log(alpha)) / (alpha - 1) + log1p(-1 / alpha)


def epsilon_of(rho: Rho, delta: float) -> float:
    """Convert a zCDP loss into the smallest epsilon we can prove at `delta`.

    Any order alpha > 1 gives a true statement, so an imperfect search only errs on the safe side.

    Parameters
    ----------
    rho : Rho
    delta : float
        In (0, 1).

    Returns
    -------
    float
        epsilon, >= 0.

    Raises
    ------
    PlanError
        For a delta outside (0, 1).

    References
    ----------
    Canonne, Kamath, Steinke (2020), The Discrete Gaussian for Differential Privacy,
    arXiv 2004.00010, Proposition 12.
    """
    if not 0 < delta < 1:
        raise PlanError("delta must lie between 0 and 1")
    if rho.micro == 0:
        return 0.0
    centre = log(sqrt(log(1 / delta) / rho.value) + 1e-9)
    low, high = min(-12.0, centre - 12), max(25.0, centre + 12)
    golden = (sqrt(5) - 1) / 2
    best = inf
    for _ in range(120):
        left, right = high - golden * (high - low), low + golden * (high - low)
        at_left = _epsilon_at(rho.value, delta, 1 + exp(left))
        at_right = _epsilon_at(rho.value, delta, 1 + exp(right))
        best = min(best, at_left, at_right)
        low, high = (low, right) if at_left < at_right else (left, high)
    return max(0.0, best)


@lru_cache(maxsize=1024)
def rho_for(epsilon: float, delta: float) -> Rho:
    """Find the largest whole-millionth zCDP loss that stays within (epsilon, delta).

    Raises
    ------
    PlanError
        For values outside 0 < epsilon <= 50 and 0 < delta < 1, or too small to be spent.
    """
    if not (isfinite(epsilon) and 0 < epsilon <= 50):
        raise PlanError("epsilon must be more than 0 and at most 50")
    low, high = 0, 60 * MICRO
    while low < high:
        middle = (low + high + 1) // 2
        if epsilon_of(Rho(middle), delta) <= epsilon:
            low = middle
        else:
            high = middle - 1
    if low == 0:
        raise PlanError("This epsilon and delta are too small for any measurement")
    return Rho(low)


def pure_rho(epsilon: Fraction) -> Rho:
    """Return the zCDP loss of an epsilon-private mechanism, epsilon^2 / 2, rounded up.

    References
    ----------
    Bun, Steinke (2016), arXiv 1605.02065, Proposition 1.4.
    """
    return Rho(ceil(epsilon**2 / 2 * MICRO))


def right_guesses(epsilon: float) -> float:
    """Return at most how many of 100 guesses "did this person take part?" are right.

    100 e^epsilon / (1 + e^epsilon): 50 for guessing by chance, about 73 for epsilon 1.
    """
    return 100 / (1 + exp(-epsilon))
