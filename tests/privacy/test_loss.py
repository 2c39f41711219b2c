from fractions import Fraction
from math import exp, log, sqrt

import pytest
from dp_accounting import dp_event
from dp_accounting.pld.pld_privacy_accountant import PLDAccountant
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from privacy.errors import PlanError
from privacy.loss import Rho, delta_of, epsilon_of, pure_rho, rho_for, right_guesses

epsilons = st.floats(0.01, 10)
deltas = st.sampled_from([1e-4, 1e-6, 1e-9])
micros = st.integers(100, 2_000_000)


def gaussian_delta(mu, epsilon):
    """The textbook formula, with scipy's tails."""
    return norm.cdf(mu / 2 - epsilon / mu) - exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)


@given(epsilons, deltas)
def test_largest_loss_within_epsilon(epsilon, delta):
    rho = rho_for(epsilon, delta)
    assert epsilon_of(rho, delta) <= epsilon * (1 + 1e-11)
    assert epsilon_of(rho + Rho(1), delta) > epsilon


@given(micros, epsilons)
def test_delta_is_that_of_a_gaussian_mechanism_and_never_less(micro, epsilon):
    rho = Rho(micro)
    exact = gaussian_delta(rho.mu, epsilon)
    assert delta_of(rho, epsilon) == pytest.approx(exact, rel=1e-6, abs=1e-18)
    assert delta_of(rho, epsilon) >= exact * (1 - 1e-10) - 1e-18


@given(micros, deltas)
def test_epsilon_is_where_delta_is_reached(micro, delta):
    mu = Rho(micro).mu
    found = epsilon_of(Rho(micro), delta)
    if gaussian_delta(mu, 0.0) <= delta:
        assert found == 0
    else:
        exact = brentq(lambda e: gaussian_delta(mu, e) - delta, 0, mu * mu / 2 + 12 * mu)
        assert found == pytest.approx(exact, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("micro", [1_000, 24_355, 1_000_000])
@pytest.mark.parametrize("delta", [1e-5, 1e-8])
def test_agrees_with_an_independent_accountant(micro, delta):
    """dp-accounting adds up privacy losses numerically, and errs upwards."""
    accountant = PLDAccountant(value_discretization_interval=1e-5)
    accountant.compose(dp_event.GaussianDpEvent(1 / Rho(micro).mu))
    theirs = accountant.get_epsilon(delta)
    assert epsilon_of(Rho(micro), delta) == pytest.approx(theirs, rel=1e-3)


@given(st.integers(1, 2_000_000), deltas, st.floats(1.001, 1e4))
def test_no_loss_is_worse_than_concentrated_differential_privacy_has_it(micro, delta, order):
    """A Gaussian loss is rho-zCDP too; its conversion is a bound from above [CKS20]."""
    rho = micro / 1e6
    at_order = rho * order + (log(1 / delta) - log(order)) / (order - 1) + log(1 - 1 / order)
    assert epsilon_of(Rho(micro), delta) <= max(0.0, at_order) + 1e-7


def test_known_sigma_of_epsilon_one():
    """The analytic Gaussian mechanism's at delta 10^-6; zCDP's would be 4.531."""
    sigma = (1 / (2 * rho_for(1, 1e-6).value)) ** 0.5
    assert sigma == pytest.approx(4.2247, abs=0.0002)


def test_nothing_spent_is_no_loss():
    assert epsilon_of(Rho(0), 1e-6) == 0
    assert right_guesses(Rho(0)) == 50


@given(micros, st.floats(-6, 6))
def test_no_threshold_guesses_right_more_often(micro, threshold):
    """Half of the time somebody took part: the guess is whether a normal number is above."""
    mu = Rho(micro).mu
    right = 50 * (norm.cdf(threshold) + norm.sf(threshold - mu))
    assert right <= right_guesses(Rho(micro)) + 1e-9
    best = 50 * (norm.cdf(mu / 2) + norm.sf(-mu / 2))
    assert best == pytest.approx(right_guesses(Rho(micro)))


@given(st.fractions(Fraction(1, 100), 8), st.floats(0.0001, 0.9999))
def test_a_pure_loss_is_charged_as_the_gaussian_one_that_tells_no_less(epsilon, false):
    """At any rate of false alarms, its least rate of misses is not below the Gaussian one."""
    mu = sqrt(2 * pure_rho(epsilon).value)
    misses = max(0, 1 - exp(epsilon) * false, exp(-epsilon) * (1 - false))
    assert norm.cdf(norm.isf(false) - mu) <= misses + 1e-12
    assert right_guesses(pure_rho(epsilon)) == pytest.approx(100 / (1 + exp(-epsilon)), abs=1e-2)


def test_many_small_losses_add_up_to_one():
    parts = sum((Rho(2_335) for _ in range(12)), Rho(0))
    assert epsilon_of(parts, 1e-6) == pytest.approx(epsilon_of(Rho(28_020), 1e-6))


@pytest.mark.parametrize("micro", [10_000_000, 90_000_000])
def test_large_losses_have_finite_answers(micro):
    mu = Rho(micro).mu
    assert mu * mu / 2 < epsilon_of(Rho(micro), 1e-6) < mu * mu / 2 + 5 * mu
    assert delta_of(Rho(1), 50.0) == 0


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
