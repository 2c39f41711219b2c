"""The plan is as accurate as the theory allows: a numerical search finds nothing better."""

import numpy as np
import pytest
from scipy.optimize import minimize

from privacy.errors import WorkloadError
from privacy.plan.objective import Aim, Objective, reaches, statistics
from privacy.plan.optimum import best_shape
from privacy.plan.parts import parts_of
from privacy.plan.planning import plan_release, predicted_error
from privacy.plan.sensitivity import Costs
from privacy.plan.tiers import GOLD
from privacy.plan.workload import Workload, default_workload
from tests.privacy.cubes import measure_of, schema_of

CASES = [
    schema_of((2, 3), (measure_of(),), bound=1),
    schema_of((4, 4), bound=1),
    schema_of((7,), (measure_of(),), bound=3),
    schema_of((3, 2), (measure_of(),), bound=2),
    schema_of((3, 4), (measure_of(knots=("0", "2", "10")),), bound=5),
    schema_of((2, 2, 2), bound=8),
]


def error_of(shape, schema, workload, objective, costs):
    """The predicted error at a cost of 1: scaling the noise changes both in proportion."""
    asked = statistics(schema, workload, objective)
    weights = np.array([one.weight for one in asked])
    variances = reaches(asked, costs.parts) @ shape
    if objective.aim is Aim.RELATIVE:
        total = (weights / np.array([one.share for one in asked]) ** 2 * variances).max()
    else:
        total = weights @ variances
    return float(total) * costs.squared_sensitivity(shape)


def searched(ours, *arguments):
    """Look for a better plan from ours and from elsewhere, without gradients."""
    found = []
    for start in (np.log(ours), np.zeros(len(ours)), np.log(ours) + 0.5 * np.cos(range(len(ours)))):
        result = minimize(
            lambda logs: np.log(error_of(np.exp(logs), *arguments)),
            start,
            method="Nelder-Mead",
            options={"maxfev": 6000, "maxiter": 6000},
        )
        found.append(np.exp(result.fun))
    return min(found)


@pytest.mark.parametrize("schema", CASES, ids=lambda s: f"{s.axes}, k={s.contribution_bound}")
def test_no_other_share_of_the_noise_has_a_smaller_sum_of_variances(schema):
    workload, objective = default_workload(schema), Objective()
    costs = Costs(schema, parts_of(workload.closure()))
    shape = best_shape(schema, workload, objective, costs)
    ours = error_of(shape, schema, workload, objective, costs)
    assert searched(shape, schema, workload, objective, costs) >= ours * 0.998


@pytest.mark.parametrize("schema", CASES[:4], ids=lambda s: f"{s.axes}, k={s.contribution_bound}")
def test_no_other_share_of_the_noise_has_a_smaller_largest_error(schema):
    workload, objective = default_workload(schema), Objective(aim=Aim.RELATIVE)
    costs = Costs(schema, parts_of(workload.closure()))
    shape = best_shape(schema, workload, objective, costs)
    ours = error_of(shape, schema, workload, objective, costs)
    assert searched(shape, schema, workload, objective, costs) >= ours * 0.99
    summed = best_shape(schema, workload, Objective(), costs)
    assert ours < error_of(summed, schema, workload, objective, costs)


def test_people_alike_are_planned_for():
    """With k records the shape for k = 1, merely scaled, is worse: here by a tenth."""
    schema = schema_of((7,), bound=3)
    workload, objective = default_workload(schema), Objective()
    costs = Costs(schema, parts_of(workload.closure()))
    asked = statistics(schema, workload, objective)
    demand = np.array([one.weight for one in asked]) @ reaches(asked, costs.parts)
    naive = error_of(np.sqrt(costs.alone / demand), schema, workload, objective, costs)
    ours = error_of(
        best_shape(schema, workload, objective, costs), schema, workload, objective, costs
    )
    assert ours < 0.95 * naive


@pytest.mark.parametrize(("lower", "upper"), [("0", "10"), ("-10", "10"), ("4", "10")])
def test_asked_for_sums_alone_it_is_as_good_as_noise_on_plain_sums(lower, upper):
    """Sharing a record between two knots costs sums nothing: plain sums have the same variance."""
    schema = schema_of((5,), (measure_of(lower=lower, upper=upper),))
    workload = Workload((("d0", "m"),), (1.0,))
    plan = plan_release(schema, workload, 1.0, 1e-6, objective=Objective(counts=0), people=False)
    spike = {"d0": np.eye(1, 5)[0], "m": np.array([float(lower), float(upper)])}
    ours = plan.covariance(("d0", "m"), spike, spike, GOLD)
    # A histogram of sums with a record's value up to max |bound| in one of five cells.
    largest = max(abs(float(lower)), abs(float(upper)))
    plain = largest**2 / (2 * plan.cube_rho.value)
    assert ours <= plain * 1.001


def test_asked_for_counts_alone_it_is_as_good_as_a_histogram():
    schema = schema_of((5,), (measure_of(),))
    plan = plan_release(
        schema,
        Workload((("d0", "m"),), (1.0,)),
        1.0,
        1e-6,
        objective=Objective(sums=0),
        people=False,
    )
    spike = {"d0": np.eye(1, 5)[0], "m": np.ones(2)}
    ours = plan.covariance(("d0", "m"), spike, spike, GOLD)
    assert ours <= 1 / (2 * plan.cube_rho.value) * 1.001


def test_each_count_is_asked_for_once_however_many_measures_there_are():
    schema = schema_of((3,), (measure_of("a"), measure_of("b")))
    asked = statistics(schema, default_workload(schema), Objective())
    assert sum("a" not in one.factors and "b" not in one.factors for one in asked) == 2
    assert len(asked) == 6


def test_a_table_without_its_plain_one_is_asked_for_the_count_too():
    schema = schema_of((3,), (measure_of("a"), measure_of("b")))
    asked = statistics(schema, Workload((("d0", "a", "b"),), (1.0,)), Objective())
    assert len(asked) == 4, "count, two sums, the sum of products"


@pytest.mark.parametrize(
    "weights",
    [{"counts": -1.0}, {"sums": float("nan")}, {"counts": 0, "sums": 0, "spreads": 0, "levels": 0}],
)
def test_refuses_weights_that_mean_nothing(weights):
    with pytest.raises(WorkloadError):
        Objective(**weights)


def test_refuses_an_objective_about_nothing_in_the_tables():
    schema = schema_of((3,))
    with pytest.raises(WorkloadError):
        plan_release(schema, default_workload(schema), 1.0, 1e-6, objective=Objective(counts=0))


def test_twelve_dimensions_and_three_way_tables_are_planned():
    schema = schema_of((3,) * 12, (measure_of(),), bound=4)
    plan = plan_release(schema, default_workload(schema, 3), 1.0, 1e-6)
    assert len(plan.workload.marginals) == 2 * (1 + 12 + 66 + 220)
    plan.check()
    assert 0 < predicted_error(plan) < float("inf")
