from math import exp, log

import numpy as np
import pytest
from dp_accounting.rdp import rdp_privacy_accountant
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import PlanError
from privacy.loss import Rho, epsilon_of, rho_for, right_guesses

epsilons = st.floats(0.01, 10)
deltas = st.sampled_from([1e-4, 1e-6, 1e-9])


@given(epsilons, deltas)
def test_largest_loss_within_epsilon(epsilon, delta):
    rho = rho_for(epsilon, delta)
    assert epsilon_of(rho, delta) <= epsilon < epsilon_of(rho + Rho(1), delta)


@pytest.mark.parametrize("micro", [100, 24_355, 1_000_000])
@pytest.mark.parametrize("delta", [1e-5, 1e-8])
def test_agrees_with_an_independent_accountant(micro, delta):
    """dp-accounting minimises over the orders it is given; ours must reach the same minimum."""
    rho = micro / 1e6
    middle = 1 + (log(1 / delta) / rho) ** 0.5
    orders = np.unique(1 + (middle - 1) * np.geomspace(0.2, 5, 4001))
    theirs, _ = rdp_privacy_accountant.compute_epsilon(orders, rho * orders, delta)
    assert epsilon_of(Rho(micro), delta) == pytest.approx(theirs, rel=1e-4)


@given(st.integers(1, 2_000_000), deltas, st.floats(1.001, 1e4))
def test_no_order_proves_a_smaller_epsilon(micro, delta, order):
    rho = micro / 1e6
    at_order = rho * order + (log(1 / delta) - log(order)) / (order - 1) + log(1 - 1 / order)
    assert epsilon_of(Rho(micro), delta) <= max(0.0, at_order) + 1e-7


def test_known_sigma_of_epsilon_one():
    sigma = (1 / (2 * rho_for(1, 1e-6).value)) ** 0.5
    assert sigma == pytest.approx(4.531, abs=0.001)


def test_nothing_spent_is_no_loss():
    assert epsilon_of(Rho(0), 1e-6) == 0


@given(epsilons)
def test_right_guesses_follow_the_odds(epsilon):
    right = right_guesses(epsilon)
    assert 50 < right < 100
    assert right == pytest.approx(100 * exp(epsilon) / (1 + exp(epsilon)))


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(0, 1e-6), (-1, 1e-6), (float("nan"), 1e-6), (51, 1e-6), (1, 0), (1, 1)]
)
def test_refuses_budget_without_sense(epsilon, delta):
    with pytest.raises(PlanError):
        rho_for(epsilon, delta)


def test_refuses_budget_too_small_to_spend():
    with pytest.raises(PlanError):
        rho_for(1e-6, 1e-9)
    with pytest.raises(PlanError):
        Rho(-1)
