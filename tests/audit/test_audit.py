"""Black-box audit: can anybody who sees the CSV files tell whether one person is in them?

A file with worst-case rows of one person and the same file without go through the whole path many
times: upload, vault, engine, noise, release, CSV. The best attacker guesses which it was. From the
guesses follows a lower bound on the privacy loss which is false with a chance of at most ALPHA; it
must stay below the claim. The same audit on deliberately broken copies must catch every one.

`MOISSON_AUDIT_SCALE` multiplies the number of runs; `MOISSON_AUDIT_REPORT` names a file to which
each verdict is added as a line of JSON (`make audit`).
"""

import json
import os
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from privacy.plan.counting import CountPlan, plan_count, tables_epsilon
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.planning import Mechanism
from tests.audit import broken
from tests.audit.guessing import Verdict, epsilon_of_mu, judge
from tests.audit.path import DAYS, FIVE_TIERS, GOLD_ONLY, WholePath, file_of, plan_of, score

pytestmark = [pytest.mark.statistics, pytest.mark.timeout(3600)]

#: Chance that an honest release is accused, for each audit.
ALPHA = 1e-3
SCALE = int(os.environ.get("MOISSON_AUDIT_SCALE", "1"))
RUNS = 300 * SCALE
#: So many of them without `--everything`: a leak has to be larger to be seen, and an honest release
#: is accused as rarely.
FEWER = RUNS // 3
#: Draws of the noise for each time that the rows are counted.
DRAWS = 10
OTHERS = [(f"p{n}", DAYS[n % 4], n % 11) for n in range(12)]


def worst_rows(days: int, rows: int = 1) -> list[tuple[str, str, object]]:
    """A person at the upper bound in so many cells, each in so many rows."""
    return [("target", day, 10) for day in DAYS[:days] for _ in range(rows)]


def attack(
    folder: Path, plan: NoisePlan, rows: list[tuple[str, str, object]], runs: int, files: int = 1
) -> Verdict:
    """Run both worlds and let the attacker guess, by the finest tier and by all of them.

    With more `files` the producer brings the same rows again in each of them.
    """
    path = WholePath.of(folder, plan)
    person = np.zeros((4, 2))
    for day in {day for _, day, _ in rows}:
        person[DAYS.index(day), 1] = 1.0
    scores = []
    for content in (file_of(OTHERS), file_of([*OTHERS, *rows])):
        names = [path.upload(content) for _ in range(files)]
        seen = [figures for _ in range(runs // DRAWS) for figures in path.run(*names, draws=DRAWS)]
        scores.append(np.array([score(plan, figures, person) for figures in seen]))
    ways = [1.0 * (np.arange(len(plan.tiers)) == 0)]
    if len(plan.tiers) > 1:
        ways.append(1 / np.array([tier.variance_factor for tier in plan.tiers]))
    verdicts = [
        judge(scores[0] @ way, scores[1] @ way, plan.delta, ALPHA / len(ways)) for way in ways
    ]
    return max(verdicts, key=lambda verdict: verdict.mu)


def claim(plan: NoisePlan) -> float:
    """Return mu = sqrt(2 rho), what Gaussian noise of that loss shifts by."""
    return sqrt(2 * plan.rho.value)


def report(name: str, plan: NoisePlan, verdict: Verdict, runs: int) -> None:
    if "MOISSON_AUDIT_REPORT" in os.environ:
        gaussian = plan.mechanism is Mechanism.GAUSSIAN
        line = {
            "name": name,
            "epsilon_claimed": plan.epsilon,
            "delta": plan.delta,
            "k": plan.schema.bound,
            "mechanism": plan.mechanism.value,
            "epsilon_at_least": round(
                epsilon_of_mu(verdict.mu, plan.delta) if gaussian else verdict.epsilon, 3
            ),
            "mu_at_least": round(verdict.mu, 3),
            "mu_claimed": round(claim(plan), 3) if gaussian else None,
            "right_guesses_of_100": round(verdict.right, 1),
            "runs": 2 * runs,
            "alpha": ALPHA,
        }
        with Path(os.environ["MOISSON_AUDIT_REPORT"]).open("a") as file:
            file.write(json.dumps(line) + "\n")


@pytest.mark.parametrize(("epsilon", "bound"), [(1.0, 1), (1.0, 3), (10.0, 1), (10.0, 3)])
def test_nobody_tells_a_person_apart_better_than_claimed(tmp_path, epsilon, bound, everything):
    plan = plan_of(epsilon, bound)
    runs = RUNS if everything else FEWER
    verdict = attack(tmp_path, plan, worst_rows(bound), runs)
    report("honest", plan, verdict, runs)
    assert verdict.mu <= claim(plan)
    assert epsilon_of_mu(verdict.mu, plan.delta) <= epsilon
    assert verdict.epsilon <= epsilon


def test_a_person_with_more_than_the_bound_is_no_easier_to_tell(tmp_path, everything):
    """Four cells, 25 rows each at the upper bound, of which one record may count."""
    plan = plan_of(10.0, 1)
    runs = RUNS if everything else FEWER
    verdict = attack(tmp_path, plan, worst_rows(4, rows=25), runs)
    report("honest, over the bound", plan, verdict, runs)
    assert verdict.mu <= claim(plan)


def test_a_person_in_ten_files_of_a_producer_is_no_easier_to_tell(tmp_path, everything):
    """All that a producer brings is one source: one bound and one charge, however many files."""
    plan = plan_of(10.0, 1)
    runs = RUNS if everything else FEWER
    verdict = attack(tmp_path, plan, worst_rows(4, rows=2), runs, files=10)
    report("honest, ten files", plan, verdict, runs)
    assert verdict.mu <= claim(plan)


def attack_in_two_stages(folder: Path, runs: int) -> tuple[Verdict, float]:
    """One account more, at a minimum that the count reaches as often as not.

    Returns what the attacker gains by the count, by whether there are tables, and by these; and
    what both stages are charged.
    """
    epsilon, delta = 10.0, 1e-6
    count, plan = plan_count(epsilon, delta), plan_of(tables_epsilon(epsilon, delta), 1)
    path = WholePath.of(folder, plan)
    person = np.zeros((4, 2))
    person[0, 1] = 1.0
    accounts = [path.upload(file_of([row])) for row in OTHERS]
    minimum = len(OTHERS) + 1
    scores = []
    for names in (accounts, [*accounts, path.upload(file_of(worst_rows(1)))]):
        seen = [
            each
            for _ in range(runs // DRAWS)
            for each in path.run_in_two_stages(names, count, minimum, DRAWS)
        ]
        scores.append(np.array([_two_scores(plan, count, person, *each) for each in seen]))
    ways = [np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])]
    verdicts = [judge(scores[0] @ way, scores[1] @ way, delta, ALPHA / 2) for way in ways]
    charged = sqrt(2 * (plan.rho + count.rho).value)
    return max(verdicts, key=lambda verdict: verdict.mu), charged


def _two_scores(
    plan: NoisePlan, count: CountPlan, person: np.ndarray, counted: int, figures: np.ndarray | None
) -> tuple[float, float, float]:
    of_count = (counted - len(OTHERS)) / float(count.variance)
    of_tables = 0.0 if figures is None else float(score(plan, figures, person)[0])
    return of_count, of_tables, float(figures is not None)


def test_an_account_more_is_told_no_better_than_both_stages_are_charged_for(tmp_path, everything):
    verdict, charged = attack_in_two_stages(tmp_path, RUNS if everything else FEWER)
    assert verdict.mu <= charged


@pytest.mark.exhaustive
def test_an_edition_that_is_decided_by_the_true_count_is_caught(tmp_path, monkeypatch):
    broken.decided_by_the_true_count(monkeypatch)
    verdict, charged = attack_in_two_stages(tmp_path, RUNS)
    assert verdict.mu > charged


def test_all_tiers_together_tell_no_more_than_the_finest(tmp_path, everything):
    plan = plan_of(10.0, 1, tiers=FIVE_TIERS)
    runs = RUNS if everything else FEWER
    verdict = attack(tmp_path, plan, worst_rows(1), runs)
    report("honest, five tiers", plan, verdict, runs)
    assert verdict.mu <= claim(plan)


@pytest.mark.parametrize("epsilon", [1.0, 3.0])
def test_geometric_noise_keeps_its_epsilon(tmp_path, epsilon, everything):
    plan = plan_of(epsilon, 3, Mechanism.GEOMETRIC)
    runs = RUNS if everything else FEWER
    verdict = attack(tmp_path, plan, worst_rows(3), runs)
    report("honest, geometric", plan, verdict, runs)
    assert verdict.epsilon <= epsilon


def _longer(*case: object) -> object:
    """A copy that `make test-all` alone tries."""
    return pytest.param(*case, marks=pytest.mark.exhaustive)


@pytest.mark.parametrize(
    ("breaking", "days", "rows", "tiers", "runs"),
    [
        _longer(broken.half_the_noise, 1, 1, GOLD_ONLY, RUNS),
        _longer(broken.bound_off_by_one, 2, 1, GOLD_ONLY, 5 * RUNS),
        _longer(broken.seed_reused, 1, 1, GOLD_ONLY, RUNS),
        _longer(broken.clamp_after_sum, 1, 25, GOLD_ONLY, RUNS),
        _longer(broken.tiers_drawn_apart, 1, 1, FIVE_TIERS, 3 * RUNS),
        _longer(broken.one_noise_for_all_tables, 1, 1, GOLD_ONLY, RUNS),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_broken_copy_is_caught(tmp_path, monkeypatch, breaking, days, rows, tiers, runs):
    """The bound on mu must exceed the claim; a copy slips through about once in 10^4 runs.

    The subtler it is, the more runs that takes.
    """
    plan = plan_of(10.0, 1, tiers=tiers)
    breaking(monkeypatch)
    verdict = attack(tmp_path, plan, worst_rows(days, rows), runs)
    report(breaking.__name__, plan, verdict, runs)
    assert verdict.mu > claim(plan)
