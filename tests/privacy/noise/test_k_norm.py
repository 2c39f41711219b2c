"""The K-norm mechanism for counts, against everything that can be listed on small tables."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from privacy.drawing import noise_of
from privacy.errors import PlanError
from privacy.measure import add_noise
from privacy.noise import k_norm
from privacy.noise.samplers import discrete_k_norm
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.planning import Mechanism, epsilon_spent, plan_release, predicted_error
from privacy.plan.tiers import GOLD, SILVER
from privacy.plan.workload import Workload
from tests.privacy.cubes import measure_of, schema_of


def listed(cells, bound, scale, reach):
    """All whole vectors within reach and their exact chances."""
    vectors = np.array(list(product(range(-reach, reach + 1), repeat=cells)))
    weights = np.exp(-k_norm.steps(vectors, bound) / scale)
    return vectors, weights / weights.sum()


vectors_of_four = st.lists(st.integers(-9, 9), min_size=4, max_size=4)


@given(vectors_of_four, st.integers(1, 4), st.sets(st.integers(0, 3)), st.sampled_from([1, -1]))
def test_no_person_moves_the_norm_by_more_than_one(vector, bound, cells, sign):
    """k ||z + u|| - k ||z|| is at most k for every u that a person can add or remove."""
    person = np.zeros(4, dtype=np.int64)
    person[sorted(cells)[:bound]] = sign
    before, after = (
        int(k_norm.steps(np.array([v]), bound)[0]) for v in (vector, np.array(vector) + person)
    )
    assert abs(after - before) <= bound


@given(vectors_of_four, vectors_of_four, st.integers(1, 4))
def test_it_is_a_norm(one, other, bound):
    first, second, both = (
        int(k_norm.steps(np.array([v]), bound)[0])
        for v in (one, other, np.array(one) + np.array(other))
    )
    assert both <= first + second
    assert (first == 0) == (not any(one))
    assert int(k_norm.steps(-np.array([one]), bound)[0]) == first


@pytest.mark.parametrize(("cells", "bound"), [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3)])
@pytest.mark.parametrize("scale", [0.7, 2.0])
def test_moments_are_those_of_the_listed_vectors(cells, bound, scale):
    vectors, chances = listed(cells, bound, scale, 60 if cells < 3 else 36)
    found = k_norm.moments(cells, bound, scale)
    assert found.cell == pytest.approx(chances @ vectors[:, 0] ** 2, rel=1e-6)
    assert found.total == pytest.approx(chances @ vectors.sum(axis=1) ** 2, rel=1e-6)
    laplace = np.exp(-np.abs(vectors).sum(axis=1) / scale)
    norms = np.exp(-k_norm.steps(vectors, bound) / scale)
    assert found.acceptance == pytest.approx(norms.sum() / laplace.sum(), rel=1e-6)


@pytest.mark.statistics
@pytest.mark.parametrize(("cells", "bound"), [(1, 1), (2, 1), (2, 2)])
def test_each_vector_comes_as_often_as_it_should(cells, bound):
    """Chi-square over vectors expected at least 5 times: a false alarm once in 10^6 runs."""
    draws, scale, reach = 4000, Fraction(3, 2), 12
    vectors, chances = listed(cells, bound, float(scale), reach)
    index = {tuple(vector): i for i, vector in enumerate(vectors.tolist())}
    seen = np.zeros(len(vectors) + 1)
    for _ in range(draws):
        seen[index.get(tuple(discrete_k_norm(scale, bound, cells).tolist()), -1)] += 1
    often = chances * draws >= 5
    expected = np.append(chances[often], 1 - chances[often].sum()) * draws
    counted = np.append(seen[:-1][often], draws - seen[:-1][often].sum())
    statistic = float(((counted - expected) ** 2 / expected).sum())
    assert statistic < chi2.isf(1e-6, len(expected) - 1)


def test_the_worst_ratio_of_chances_is_epsilon_for_every_neighbour():
    for cells, bound in ((2, 1), (3, 2), (3, 3)):
        epsilon = 1.3
        outputs = np.array(list(product(range(-6, 7), repeat=cells)))
        chances = -epsilon / bound * k_norm.steps(outputs, bound)
        worst = 0.0
        for person in product((0, 1), repeat=cells):
            if 0 < sum(person) <= bound:
                moved = -epsilon / bound * k_norm.steps(outputs - np.array(person), bound)
                worst = max(worst, float(np.abs(moved - chances).max()))
        assert worst == pytest.approx(epsilon)


SCHEMA = schema_of((7,), bound=7)
COUNTS = Workload((("d0",),), (1.0,))


def test_counts_of_people_in_many_cells_get_far_smaller_noise():
    """All seven days may count: a standard deviation of 3.9 instead of 9.9 at epsilon 1."""
    plans = {
        m: plan_release(SCHEMA, COUNTS, 1.0, 1e-6, mechanism=m, people=False)
        for m in Mechanism
        if m is not Mechanism.DISCRETE
    }
    assert plans[Mechanism.AUTO].mechanism is Mechanism.K_NORM
    assert plans[Mechanism.K_NORM].cell_sd(("d0",), GOLD) == pytest.approx(3.85, rel=0.01)
    assert plans[Mechanism.GEOMETRIC].cell_sd(("d0",), GOLD) == pytest.approx(9.9, rel=0.01)
    assert epsilon_spent(plans[Mechanism.AUTO]) <= 1.0
    plans[Mechanism.AUTO].check()


def test_a_plan_survives_being_written_and_is_found_out_when_tampered_with():
    plan = plan_release(SCHEMA, COUNTS, 1.0, 1e-6, mechanism=Mechanism.K_NORM)
    assert NoisePlan.from_dict(plan.to_dict()) == plan
    for change in (
        {"noise": replace(plan.noise, cube_scale=plan.noise.cube_scale * Fraction(9, 10))},
        {"noise": replace(plan.noise, bound=8)},
        {"schema": schema_of((7,), bound=3)},
    ):
        with pytest.raises(PlanError):
            replace(plan, **change).check()


#: How many releases `make test-all` draws; `make test` draws a third, with bounds as many standard
#: errors away.
RELEASES = 1500


@pytest.fixture(scope="module")
def drawn(everything):
    """A plan, and many releases of it, looked at by every tier."""
    schema = schema_of((3, 2), bound=4)
    workload = Workload((("d0", "d1"), ("d0",)), (1.0, 1.0))
    tiers = (GOLD, SILVER)
    plan = plan_release(schema, workload, 1.0, 1e-6, tiers, mechanism=Mechanism.K_NORM)
    counts = {("d0", "d1"): np.full((3, 2), 5, dtype=object)}
    count = RELEASES if everything else RELEASES // 3
    return plan, [add_noise(plan, counts, 30, {"s": 30}) for _ in range(count)]


@pytest.mark.statistics
@pytest.mark.parametrize("tier", [GOLD, SILVER], ids=lambda tier: tier.name)
def test_drawn_noise_has_the_variance_the_plan_says_and_intervals_hold(drawn, tier):
    """1,500 releases: total and contrasts within 25 %, 5 standard errors of a kurtosis of 6."""
    plan, releases = drawn
    within = 0.25 * sqrt(RELEASES / len(releases))
    tables = [
        [release.table(table, tier) for table in (("d0", "d1"), ("d0",), ())]
        for release in releases
    ]
    for position, (marginal, truth) in enumerate(((("d0", "d1"), 5), (("d0",), 10), ((), 30))):
        errors = np.array([row[position].contributions() - truth for row in tables])
        assert errors.var() == pytest.approx(plan.cell_variance(marginal, tier), rel=within)
        half = tables[0][position].noise_of(None).half
        held = (np.abs(errors) <= half).mean()
        assert held > 0.95 - 5 * sqrt(0.95 * 0.05 / len(releases))
    assert noise_of(plan).people(1) is not None


def test_refuses_measures_dimensions_left_out_and_tables_too_large():
    with pytest.raises(PlanError):
        plan_release(
            schema_of((3,), (measure_of(),)),
            Workload((("d0", "m"),), (1.0,)),
            1.0,
            1e-6,
            mechanism=Mechanism.K_NORM,
        )
    with pytest.raises(PlanError):
        plan_release(schema_of((3, 3)), COUNTS, 1.0, 1e-6, mechanism=Mechanism.K_NORM)
    with pytest.raises(PlanError):
        plan_release(schema_of((50,)), COUNTS, 1.0, 1e-6, mechanism=Mechanism.K_NORM)
    with pytest.raises(PlanError):
        plan_release(schema_of((20,), bound=20), COUNTS, 1.0, 1e-6, mechanism=Mechanism.K_NORM)
    chosen = plan_release(schema_of((50,)), COUNTS, 1.0, 1e-6, mechanism=Mechanism.AUTO)
    assert predicted_error(chosen) > 0
