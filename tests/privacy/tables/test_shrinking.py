"""Tables drawn towards their margins are nearer to the truth, and keep what the margins say."""

import numpy as np
import pytest

from privacy.measure import add_noise
from privacy.plan.planning import plan_release
from privacy.plan.tiers import BRONZE, GOLD
from privacy.plan.workload import default_workload
from privacy.tables import adjusted
from privacy.tables.shrinking import component, towards_independence, variance_along
from tests.privacy.cubes import measure_of, schema_of

RUNS = 20


def releases(cells, runs, spread=(1, 0), measures=()):
    """Releases of a table of two or three dimensions; `spread` shares mass between two knots."""
    hard = cells.shape
    schema = schema_of(hard, measures)
    plan = plan_release(schema, default_workload(schema, len(hard)), 1.0, 1e-6)
    counts = {}
    for subset in plan.counted:
        drop = tuple(i for i in range(len(hard)) if f"d{i}" not in subset)
        kept = np.array(cells.sum(axis=drop), dtype=object)
        if any(axis in schema.soft for axis in subset):
            kept = np.stack([kept * part for part in spread], axis=-1)
        counts[subset] = kept
    people = int(cells.sum())
    return [add_noise(plan, counts, people, {"one": people}) for _ in range(runs)]


def errors(cells, tier):
    """Mean squared errors: of the table, of the table without numbers below zero, and of ours."""
    marginal = tuple(f"d{i}" for i in range(cells.ndim))
    total = np.zeros(3)
    for release in releases(cells, RUNS):
        table = release.table(marginal, tier)
        raw = table.contributions()
        clipped = adjusted._onto_simplex(raw.ravel(), round(float(raw.sum()))).reshape(raw.shape)
        for place, found in enumerate((raw, clipped, adjusted.contributions(table))):
            total[place] += ((found - cells) ** 2).mean()
    return np.sqrt(total / RUNS)


def independent(rows, columns):
    cells = np.multiply.outer(np.array(rows), np.array(columns))
    return np.array(cells, dtype=object)


@pytest.mark.statistics
@pytest.mark.parametrize("tier", [GOLD, BRONZE])
def test_where_columns_have_nothing_to_do_with_each_other_most_of_the_noise_goes(tier):
    """A third at most of what was; the mean of 20 draws of 96 cells varies by a few percent."""
    cells = independent(range(2, 10), range(1, 13))
    raw, clipped, ours = errors(cells, tier)
    assert ours < clipped / 3 < raw / 3


@pytest.mark.statistics
@pytest.mark.parametrize("tier", [GOLD, BRONZE])
def test_where_columns_say_the_same_little_is_lost(tier):
    """Everything on the diagonal: the product of margins is as wrong as it can be."""
    cells = np.array(np.eye(6) * 400, dtype=int).astype(object)
    raw, clipped, ours = errors(cells, tier)
    assert ours < clipped * 1.25
    assert ours < raw


def test_what_the_margins_say_is_kept():
    (release,) = releases(independent((3, 5, 9), (4, 6, 7, 20)), 1)
    table = release.table(("d0", "d1"), GOLD)
    shrunk = towards_independence(table)
    for axis in (0, 1):
        margin = table.contributions().sum(axis=axis)
        assert shrunk.sum(axis=axis) == pytest.approx(margin, abs=1e-6)


def test_tables_of_one_column_and_empty_ones_are_left_as_they_are():
    (release,) = releases(independent((3, 5, 9), (0, 0, 0, 0)), 1)
    for marginal in ((), ("d1",)):
        table = release.table(marginal, GOLD)
        assert (towards_independence(table) == table.contributions()).all()
    nothing = release.table(("d0", "d1"), GOLD)
    if nothing.contributions().sum() <= 0:
        assert (towards_independence(nothing) == nothing.contributions()).all()


def test_the_parts_of_a_table_add_up_to_it_and_have_nothing_in_common():
    array = np.random.default_rng(1).normal(size=(3, 4, 2))
    parts = [
        component(array, axes) for axes in ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
    ]
    assert sum(parts) == pytest.approx(array)
    for one in range(8):
        for other in range(one):
            assert float((parts[one] * parts[other]).sum()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("measure", [None, "m"])
def test_the_noise_of_a_part_is_what_the_plan_says_along_every_direction(measure):
    """Against the covariance of the whole table, for a random direction of the part."""
    (release,) = releases(independent((3, 5, 9), (4, 6, 7, 20)), 1, (1, 9), (measure_of(),))
    table = release.table(("d0", "d1", "m"), GOLD)
    soft = np.array([0.0, 10.0]) if measure else np.ones(2)
    direction = component(np.random.default_rng(2).normal(size=(3, 4)), (0, 1))
    direction /= np.sqrt((direction**2).sum())
    weights = np.multiply.outer(direction, soft)
    exact = table.plan.covariance_of(table.marginal, weights, weights, GOLD)
    assert variance_along(table, (0, 1), {"m": soft}) == pytest.approx(exact)


@pytest.mark.statistics
def test_sums_come_nearer_too():
    cells = independent(range(2, 8), range(1, 9))
    marginal = ("d0", "d1", "m")
    raw = ours = 0.0
    for release in releases(cells, RUNS, (1, 9), (measure_of(),)):
        table = release.table(marginal, GOLD)
        truth = cells.astype(float) * 9
        raw += ((table.sums("m") - truth) ** 2).mean()
        ours += ((adjusted.sums(table, "m") - truth) ** 2).mean()
    assert ours < raw / 2
