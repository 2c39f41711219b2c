"""The lower bound is one: no plan is below it, and where the best is known it is reached."""

import pytest

from bench.optimality import distance, figures, least_error, schema_of
from privacy.plan.workload import default_workload


@pytest.mark.parametrize(
    "case", [((7,), (), 1, 1), ((7, 4), (), 2, 1), ((7,), (2,), 1, 1), ((7,), (5,), 1, 1)]
)
def test_where_each_has_one_record_plans_are_the_best(case):
    assert 1 - 1e-4 <= distance(case) <= 1.002


@pytest.mark.parametrize("case", [((7,), (), 1, 3), ((7, 4), (), 2, 2), ((4, 3), (5,), 2, 3)])
def test_no_plan_is_better_than_the_bound(case):
    assert 1 - 1e-4 <= distance(case) <= 1.03


def test_the_bound_of_a_single_count_is_its_variance():
    """One column of two values: the count of each, and their total, by hand.

    Weights 1 on the total and 1 on one cell: v = (1 + 1/4, 1/2), p = (1, 1/2); the least is
    (sum of sqrt(v p))^2.
    """
    schema = schema_of((2,), (), 1)
    by_hand = ((1 + 1 / 4) ** 0.5 + (1 / 2 * 1 / 2) ** 0.5) ** 2
    assert least_error(schema, default_workload(schema)) == pytest.approx(by_hand)


def test_the_figures_name_the_aims():
    found = {one["name"]: one["value"] for one in figures(quick=True)}
    assert found["sd_vs_before"] <= 0.94
    assert found["sd_vs_best_gaussian_k1"] <= 1.01
    assert found["sd_vs_best_gaussian_k"] <= 1.03
    assert found["sd_vs_best_gaussian_knots"] <= 1.01
    assert found["even_over_shaped_levels_5_knots"] > 1.05
    assert found["even_over_shaped_sums_5_knots"] > 1.1
