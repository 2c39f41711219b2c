"""Extreme files through the whole path: what comes out is always a release like any other."""

import numpy as np
import pytest

from privacy.plan.planning import Mechanism
from tests.audit.path import DAYS, WholePath, file_of, plan_of

EVERYWHERE = [("ann", day, 10) for day in DAYS]
FILES = {
    "nobody": [],
    "one person": [("ann", "Mon", 3)],
    "one person in every cell": EVERYWHERE,
    "all rows one person's": [("ann", DAYS[n % 4], n % 11) for n in range(2000)],
    "all rows in one cell": [(f"p{n}", "Mon", 5) for n in range(500)],
    "measures at their bounds": [(f"p{n}", DAYS[n % 4], (0, 10)[n % 2]) for n in range(500)],
    "measures far beyond": [(f"p{n}", DAYS[n % 4], (-(10**11), 10**11)[n % 2]) for n in range(99)],
}


def exact(rows, bound):
    """Contributions and sums by day, where nobody has more cells than count."""
    values = {}
    for who, day, paid in rows:
        values[who, day] = values.get((who, day), 0) + paid
    counts, sums = np.zeros(4), np.zeros(4)
    for (_, day), paid in values.items():
        counts[DAYS.index(day)] += 1
        sums[DAYS.index(day)] += min(max(paid, 0), 10)
    people = {who for who, _, _ in rows}
    if any(sum(1 for w, _ in values if w == who) > bound for who in people):
        return None
    return np.concatenate([counts, sums, [len(people)]])


@pytest.mark.statistics
@pytest.mark.parametrize("bound", [1, 4, 99], ids=lambda k: f"k={k}")
@pytest.mark.parametrize("mechanism", [Mechanism.GAUSSIAN, Mechanism.GEOMETRIC])
@pytest.mark.parametrize("name", FILES)
def test_figures_stay_near_the_truth_whatever_the_file(tmp_path, name, mechanism, bound):
    """Within 12 standard deviations: for geometric noise a false alarm in 10^7 figures."""
    plan = plan_of(10.0, bound, mechanism)
    assert plan.schema.bound == min(bound, 4), "no more than there are cells"
    path = WholePath.of(tmp_path, plan)
    rows = FILES[name]
    (figures,) = path.run(path.upload(file_of(rows)) if rows else path.nothing())
    assert np.isfinite(figures).all()
    truth = exact(rows, plan.schema.bound)
    if truth is None:
        # At most k of them count, chosen by a secret lottery.
        assert figures[0, :4].sum() < 1 + bound + 12 * plan.cell_sd((), plan.tiers[0])
        return
    sds = [plan.cell_sd(("day",), plan.tiers[0])] * 4 + [
        10 * plan.cell_sd(("day", "paid"), plan.tiers[0])
    ] * 4
    error = np.abs(figures[0] - truth)
    assert (error[:8] <= 12 * np.array(sds)).all()
    assert error[8] <= 12 * plan.people_sd(plan.tiers[0]) + 1
