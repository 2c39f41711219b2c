"""How well an attacker tells two worlds apart, as a bound on the privacy loss that holds surely.

The attacker sees scores from both worlds, sets a threshold by one part of them and is judged by
the rest. Clopper-Pearson bounds on the two error rates make a lower bound on the loss: of mu, for
which the claim is a Gaussian of that shift (Dong, Roth, Su 2019, arXiv 1905.02383), or of epsilon
at a delta (Kairouz, Oh, Viswanath 2015, arXiv 1311.0776).
"""

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, norm


@dataclass(frozen=True)
class Verdict:
    """Lower bounds, at the confidence asked for."""

    mu: float
    epsilon: float
    right: float


def judge(without: np.ndarray, with_person: np.ndarray, delta: float, alpha: float) -> Verdict:
    """Bound the loss from below; wrong with a chance of at most `alpha`."""
    first = len(without) // 5
    threshold = (np.median(without[:first]) + np.median(with_person[:first])) / 2
    false = int((without[first:] > threshold).sum())
    true = int((with_person[first:] > threshold).sum())
    tries = len(without) - first
    highest_false = 1.0 if false == tries else float(beta.isf(alpha / 2, false + 1, tries - false))
    lowest_true = 0.0 if true == 0 else float(beta.ppf(alpha / 2, true, tries - true + 1))
    mu = float(norm.ppf(lowest_true) - norm.ppf(highest_false))
    above = lowest_true - delta
    epsilon = log(above / highest_false) if above > 0 else -inf
    right = 50 * (true + tries - false) / tries
    return Verdict(mu, max(0.0, epsilon), right)


def epsilon_of_mu(mu: float, delta: float) -> float:
    """Return the epsilon of a Gaussian mechanism of shift mu at delta.

    Balle, Wang (2018), arXiv 1805.06530, theorem 8.
    """
    if mu <= 0:
        return 0.0

    def excess(epsilon: float) -> float:
        return (
            float(norm.cdf(mu / 2 - epsilon / mu) - exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu))
            - delta
        )

    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, mu * mu / 2 + 12 * mu))
