"""The claimed sensitivity against every person that can exist, on small domains."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.plan.parts import Contrasts, parts_of
from privacy.plan.planning import plan_release
from privacy.plan.sensitivity import squared_sensitivity
from privacy.plan.workload import Workload, default_workload
from tests.privacy.cubes import measure_of, part_matrix, schema_of


def stacked(schema, variances, contrasts=()):
    """One row per measured number, divided by its noise: squared distances are losses."""
    return np.vstack(
        [part_matrix(schema, part, contrasts) / np.sqrt(s2) for part, s2 in variances.items()]
    )


def worst_person(schema, strategy):
    """Try every set of up to k distinct hard cells and every knot of each record."""
    hard_cells = list(product(*(range(schema.size(axis)) for axis in schema.hard)))
    knots = list(product(*(range(schema.size(axis)) for axis in schema.soft)))
    shape = tuple(schema.size(axis) for axis in schema.axes)
    worst = 0.0
    for count in range(1, schema.bound + 1):
        for chosen in combinations(hard_cells, count):
            for ends in product(knots, repeat=count):
                cube = np.zeros(shape)
                for cell, end in zip(chosen, ends, strict=True):
                    cube[(*cell, *end)] += 1
                worst = max(worst, float(np.sum((strategy @ cube.ravel()) ** 2)))
    return worst


SCHEMAS = [
    schema_of((3, 2), bound=1),
    schema_of((3, 2), bound=2),
    schema_of((3, 2), bound=4),
    schema_of((2, 2), (measure_of(),), bound=1),
    schema_of((2, 2), (measure_of(),), bound=3),
    schema_of((2, 3), (measure_of(),), bound=6),
    schema_of((2, 2, 2), bound=8),
    schema_of((2, 4), bound=5),
    schema_of((4,), (measure_of("m"), measure_of("n")), bound=2),
    schema_of((3,), (measure_of(knots=("0", "2", "10")),), bound=3),
    schema_of((3, 2), (measure_of(knots=("0", "1", "3", "6", "10")),), bound=1),
    schema_of((2,), (measure_of(knots=("0", "5", "10")), measure_of("n")), bound=2),
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: f"{s.axes}, k={s.contribution_bound}")
def test_no_person_exceeds_the_bound(schema):
    workload = default_workload(schema)
    plan = plan_release(schema, workload, 1.0, 1e-6)
    contrasts = plan.noise.contrasts
    bound = squared_sensitivity(schema, plan.variances, contrasts)
    worst = worst_person(schema, stacked(schema, plan.variances, contrasts))
    assert worst <= bound * (1 + 1e-9)
    assert bound <= 2 * plan.cube_rho.value
    if schema.bound == 1:
        assert worst == pytest.approx(bound), "one record reaches the bound"
    assert bound <= worst * 1.08, "and no more is paid for than a person can do, or nearly so"


def test_whoever_may_have_every_cell_is_not_charged_for_sharing_all_their_values():
    """All 48 cells of a day type and an hour: no more pairs agree than 24 cells allow."""
    schema = schema_of((2, 24), (measure_of(),), bound=48)
    workload = default_workload(schema)
    plan = plan_release(schema, workload, 1.0, 1e-6)
    variances = plan.variances
    everything = np.zeros((2, 24, 2))
    everything[:, :, 1] = 1
    cost = float(np.sum((stacked(schema, variances) @ everything.ravel()) ** 2))
    bound = squared_sensitivity(schema, variances)
    assert bound * 0.5 < cost <= bound * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=8, max_size=8), st.integers(1, 3))
def test_holds_for_any_plan_not_just_the_best(noise, k):
    schema = schema_of((2, 2), (measure_of(),), bound=k)
    parts = parts_of(Workload((schema.axes,), (1.0,)).closure())
    variances = dict(zip(parts, noise, strict=True))
    worst = worst_person(schema, stacked(schema, variances))
    assert worst <= squared_sensitivity(schema, variances) * (1 + 1e-9)


ROWS = st.lists(st.tuples(*(st.integers(-9, 9),) * 3), min_size=2, max_size=2).filter(
    lambda rows: np.linalg.matrix_rank([(1, 1, 1), *rows]) == 3
)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.lists(st.floats(0.1, 10), min_size=6, max_size=6), st.integers(1, 3))
def test_holds_whatever_the_contrasts_and_their_noise(rows, noise, k):
    schema = schema_of((3,), (measure_of(knots=("0", "2", "10")),), bound=k)
    contrasts = (Contrasts("m", tuple(rows)),)
    parts = parts_of(Workload((schema.axes,), (1.0,)).closure(), contrasts)
    variances = dict(zip(parts, noise, strict=True))
    worst = worst_person(schema, stacked(schema, variances, contrasts))
    bound = squared_sensitivity(schema, variances, contrasts)
    assert worst <= bound * (1 + 1e-9)
    if k == 1:
        assert worst == pytest.approx(bound), "one record reaches the bound"


@settings(max_examples=40, deadline=None)
@given(ROWS, st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_between_knots_a_record_costs_no_more_than_on_one_of_them(rows, masses):
    schema = schema_of((2,), (measure_of(knots=("0", "5", "10")),))
    contrasts = (Contrasts("m", tuple(rows)),)
    parts = parts_of(Workload((schema.axes,), (1.0,)).closure(), contrasts)
    variances = dict.fromkeys(parts, 1.0)
    total = sum(masses)
    weights = np.array(masses) / total if total > 0 else np.array([1.0, 0, 0])
    cube = np.outer(np.array([1.0, 0.0]), weights).ravel()
    cost = float(np.sum((stacked(schema, variances, contrasts) @ cube) ** 2))
    assert cost <= squared_sensitivity(schema, variances, contrasts) * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_a_spread_record_never_costs_more_than_one_on_a_knot(masses):
    schema = schema_of((2,), (measure_of(knots=("0", "5", "10")),))
    total = sum(masses)
    weights = np.array(masses) / total if total > 0 else np.array([1.0, 0, 0])
    variances = dict.fromkeys(parts_of(Workload((schema.axes,), (1.0,)).closure()), 1.0)
    strategy = stacked(schema, variances)
    cube = np.outer(np.array([1.0, 0.0]), weights).ravel()
    bound = squared_sensitivity(schema, variances)
    assert float(np.sum((strategy @ cube) ** 2)) <= bound * (1 + 1e-9)
