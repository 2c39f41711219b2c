"""Figures smoothed over editions are nearer to the truth, and late where it jumps."""

import numpy as np
import pytest

from privacy.errors import PlanError
from privacy.plan.tiers import BRONZE, GOLD, SILVER
from privacy.tables.smoothing import over_editions
from tests.privacy.cubes import measure_of
from tests.privacy.tables.test_shrinking import releases

EDITIONS, RUNS = 12, 6


def editions_of(truths, tier, spread=(1, 0), measures=()):
    tables = []
    for cells in truths:
        (release,) = releases(np.array(cells, dtype=object), 1, spread, measures)
        marginal = (*(f"d{i}" for i in range(cells.ndim)), *(one.name for one in measures))
        tables.append(release.table(marginal, tier))
    return tables


def errors(truths, tier):
    """Root mean squared errors over runs, editions and cells: as released, and smoothed."""
    raw, ours = [], []
    for _ in range(RUNS):
        tables = editions_of(truths, tier)
        smooth = over_editions(tables, range(len(tables)))
        for cells, table, better in zip(truths, tables, smooth, strict=True):
            raw.append(((table.contributions() - cells) ** 2).mean())
            ours.append(((better - cells) ** 2).mean())
    return np.sqrt(np.mean(raw)), np.sqrt(np.mean(ours))


def walking(step, seed):
    """A table of 6 by 8 cells whose figures move by chance from one edition to the next."""
    rng = np.random.default_rng(seed)
    level = rng.integers(100, 300, (6, 8)).astype(float)
    truths = []
    for _ in range(EDITIONS):
        truths.append(np.rint(level).astype(int))
        level = np.maximum(level + rng.normal(0, step, level.shape), 0)
    return truths


@pytest.mark.statistics
@pytest.mark.parametrize(("tier", "most"), [(GOLD, 0.45), (BRONZE, 0.4)])
def test_what_hardly_moves_keeps_little_of_its_noise(tier, most):
    """Twelve editions of a level that stays: about 1 / sqrt(12) of the noise; 3,456 cells."""
    raw, ours = errors(walking(0.2, 1), tier)
    assert ours < most * raw


@pytest.mark.statistics
@pytest.mark.parametrize("step", [5, 40])
def test_what_moves_is_followed(step):
    """However much it moves, smoothing does not do harm: 3,456 cells, within some percent."""
    raw, ours = errors(walking(step, 2), GOLD)
    assert ours < 1.02 * raw


@pytest.mark.statistics
def test_where_everything_jumps_once_nothing_is_lost():
    cells = np.arange(48).reshape(6, 8) * 4 + 10
    truths = [cells] * 6 + [cells[::-1]] * 6
    raw, ours = errors(truths, BRONZE)
    assert ours < 1.02 * raw


@pytest.mark.statistics
def test_sums_are_smoothed_with_their_own_noise():
    measure = measure_of(lower="0", upper="10")
    truths = walking(0.2, 3)
    raw, ours = [], []
    tables = editions_of(truths, SILVER, spread=(0, 10), measures=(measure,))
    for cells, table, better in zip(
        truths, tables, over_editions(tables, range(EDITIONS), "m"), strict=True
    ):
        raw.append(((table.sums("m") - 10 * cells) ** 2).mean())
        ours.append(((better - 10 * cells) ** 2).mean())
    assert np.mean(ours) < 0.3 * np.mean(raw)


def test_editions_at_different_tiers_count_by_their_noise():
    truths = walking(0.1, 4)
    tables = editions_of(truths[:6], GOLD) + editions_of(truths[6:], BRONZE)
    smooth = over_editions(tables, range(EDITIONS))
    last = ((smooth[-1] - truths[-1]) ** 2).mean()
    assert last < ((tables[-1].contributions() - truths[-1]) ** 2).mean() / 20


def test_two_editions_of_a_small_table_are_left_as_they_are():
    tables = editions_of([np.array([10, 20, 30])] * 2, GOLD)
    for table, smooth in zip(tables, over_editions(tables, [1, 2]), strict=True):
        assert smooth.tolist() == table.contributions().tolist()


def test_refuses_other_tables_and_times_out_of_order():
    one, other = editions_of([np.array([1, 2, 3]), np.array([1, 2, 3, 4])], GOLD)
    with pytest.raises(PlanError):
        over_editions([one, other], [1, 2])
    with pytest.raises(PlanError):
        over_editions([one, one], [2, 1])
    with pytest.raises(PlanError):
        over_editions([one, one], [1])
