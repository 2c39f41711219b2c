"""A coarser tier adds nothing to a finer one: no estimator gains by having both."""

import numpy as np
import pytest

from privacy.measure import add_noise
from privacy.plan.planning import Mechanism, plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER
from privacy.plan.workload import cells, default_workload
from tests.privacy.cubes import schema_of

#: How many releases `make test-all` draws; `make test` draws a quarter. What is allowed is told
#: for 4,000 and grows with the standard error, so that a false alarm stays as rare.
RUNS = 4000
#: The preview adds noise as the others do.
SOLD = (GOLD, SILVER, BRONZE)


@pytest.fixture(scope="module", params=[Mechanism.GAUSSIAN, Mechanism.GEOMETRIC])
def errors(request, everything):
    """Errors of one cell at each tier, over many releases: (runs, 3)."""
    schema = schema_of((2, 2))
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6, SOLD, mechanism=request.param)
    counts = {
        table: np.full(
            tuple(schema.size(a) for a in table), 20 // cells(schema, table), dtype=object
        )
        for table in plan.counted
    }
    found = []
    for _ in range(RUNS if everything else RUNS // 4):
        release = add_noise(plan, counts, 20, {"s": 20})
        found.append([release.table(("d0", "d1"), t).contributions()[0, 0] - 5 for t in SOLD])
    return plan, np.array(found)


@pytest.mark.statistics
def test_gold_and_bronze_together_estimate_no_better_than_gold_alone(errors):
    """The best linear mix found on half of the releases, judged on the others.

    Its variance may fall short of gold's by chance only: 5 standard errors of a variance ratio
    of 2,000 draws (0.16). A false alarm in about 10^6 runs.
    """
    _, found = errors
    runs = len(found)
    wider = (RUNS / runs) ** 0.5
    for others in ([0, 2], [0, 1], [0, 1, 2]):
        first, second = found[: runs // 2, others], found[runs // 2 :, others]
        inverse = np.linalg.inv(np.cov(first.T))
        weights = inverse.sum(axis=1) / inverse.sum()
        assert (second @ weights).var() > second[:, 0].var() * (1 - 0.16 * wider)
        assert weights[0] == pytest.approx(1, abs=0.1 * wider), "gold is all it takes"


@pytest.mark.statistics
def test_what_a_coarser_tier_adds_has_nothing_to_do_with_the_finer_ones_noise(errors):
    """Correlations of 4,000 pairs: 5 standard errors."""
    _, found = errors
    assert abs(np.corrcoef(found[:, 0], found[:, 1] - found[:, 0])[0, 1]) < 5 / len(found) ** 0.5
    assert abs(np.corrcoef(found[:, 1], found[:, 2] - found[:, 1])[0, 1]) < 5 / len(found) ** 0.5


@pytest.mark.statistics
def test_tiers_have_the_variances_they_are_named_for(errors):
    """5 standard errors of the variance of 4,000 draws of a kurtosis of at most 6: 0.18."""
    plan, found = errors
    wider = (RUNS / len(found)) ** 0.5
    for position, tier in enumerate((GOLD, SILVER, BRONZE)):
        expected = plan.cell_variance(("d0", "d1"), tier)
        assert found[:, position].var() == pytest.approx(expected, rel=0.18 * wider)


def test_the_best_linear_estimate_is_gold_by_the_covariances_themselves():
    """cov(gold, bronze) = var(gold), so the weight of bronze is exactly none."""
    schema = schema_of((3, 2))
    plan = plan_release(schema, default_workload(schema), 1.0, 1e-6)
    gold, bronze = (plan.cell_variance(("d0",), tier) for tier in (GOLD, BRONZE))
    covariance = np.array([[gold, gold], [gold, bronze]])
    inverse = np.linalg.inv(covariance)
    weights = inverse.sum(axis=1) / inverse.sum()
    assert weights == pytest.approx([1, 0], abs=1e-9)
