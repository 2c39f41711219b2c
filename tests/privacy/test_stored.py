"""Releases that were stored before: they still load, say what they said, and are written alike.

The files beside this were written once, by the code that drew them; nothing here writes them anew.
Only quartiles that fell between two of the values looked at, and were then given as the middle
of the range, were corrected when that was mended.
"""

import json
from dataclasses import astuple
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest

from privacy.drawing import noise_of
from privacy.errors import PlanError
from privacy.plan.mechanisms import Mechanism
from privacy.plan.objective import FIRST, Objective
from privacy.plan.planning import epsilon_spent, plan_release, predicted_error
from privacy.plan.tiers import BRONZE, GOLD, SILVER
from privacy.plan.workload import Workload
from privacy.release import Release
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from privacy.tables import derived

FOLDER = Path(__file__).parent / "stored"
DAY = Dimension("day", ("Fri", "Sat", "Sun"))
HOUR = Dimension("hour", ("noon", "night"), other="other")
KNOTS = tuple(Decimal(knot) for knot in (0, 10, 20, 60))
PAID = Measure("paid", "EUR", Decimal(0), Decimal(60), Decimal("0.5"), MeasureRule.SUM, KNOTS)
WITH_MEASURE = CubeSchema((DAY, HOUR), (PAID,), 2)
COUNTS = CubeSchema((DAY, HOUR), (), 2)
TABLES = Workload((("day", "paid"), ("day", "hour")), (1.0, 2.0))
PLANNED = {
    "shaped": (WITH_MEASURE, TABLES, 2, Mechanism.GAUSSIAN, Objective()),
    "geometric": (WITH_MEASURE, TABLES, 2, Mechanism.GEOMETRIC, FIRST),
    "k-norm": (COUNTS, Workload((("day", "hour"),), (1.0,)), 1, Mechanism.K_NORM, FIRST),
}
DIGESTS = {
    "rounded-gaussian": "2248a10864d41dce8c9a2a0d7a3d1b37b1fc00a7cfdd66be7f54d6a3af2a7f6f",
    "gaussian": "48320e26265ee8c24bef18eb23cbd59218e7af5b7a1a8d799a9121ea763ced26",
    "geometric": "f2486f838a7fd9e9573015032b92b79262e16f2f8b77c2cf3d8bbd81468e7da6",
    "shaped": "c0a937e0b666aa7a8b72115deab806b28e794bc2b070b10a60b8715f71d95f7a",
    "k-norm": "ec1ba20bce37908032281d4f5195c79ce1252aa993bef1387d303cda164f1883",
}
KINDS = sorted(DIGESTS)
RHOS = ("cube_rho", "people_rho", "shares_rho")
#: What was charged as zCDP, by which an epsilon-private mechanism costs less than it tells.
CHARGED_LESS = ("geometric", "k-norm")


def stored(kind):
    return (FOLDER / f"{kind}.json").read_bytes()


def figures(release):
    """All that a release says, rounded to twelve digits, by table and tier."""
    plan = release.plan
    said = {}
    for tier in plan.tiers:
        said[f"people {tier.name}"] = [rounded(release.people(tier))]
        for marginal in plan.closure:
            table = release.table(marginal, tier)
            found = [*table.estimates(), *derived.shares(table)]
            if table.soft:
                found += derived.quantiles(table, "paid")
            if table.hard:
                found += derived.between_editions(table, table)
                found.append(derived.group(table, table.cells()[:2]))
            said[f"{marginal} {tier.name}"] = [rounded(one) for one in found]
    said["plan"] = [epsilon_spent(plan), predicted_error(plan), plan.share_sd(), plan.rho.micro]
    return said


def rounded(estimate):
    return [float(f"{part:.9g}") if isinstance(part, float) else part for part in astuple(estimate)]


def as_json(said):
    return json.loads(json.dumps(said))


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_were_stored_are_written_again_the_same(kind):
    content = stored(kind)
    assert sha256(content).hexdigest() == DIGESTS[kind]
    assert Release.from_bytes(content).to_bytes() == content


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_release_says_what_it_said(kind):
    said = json.loads((FOLDER / f"{kind}-figures.json").read_text())
    now = as_json(figures(Release.from_bytes(stored(kind))))
    assert now.keys() == said.keys()
    for place, rows in said.items():
        for row, old in zip(now[place], rows, strict=True):
            assert row == pytest.approx(old, rel=1e-7) if place == "plan" else same(row, old)


def same(row, old):
    numbers = [i for i, part in enumerate(old) if isinstance(part, float)]
    rest = [part for i, part in enumerate(old) if i not in numbers]
    return rest == [part for i, part in enumerate(row) if i not in numbers] and [
        row[i] for i in numbers
    ] == pytest.approx([old[i] for i in numbers], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("kind", sorted(PLANNED))
def test_the_same_plan_is_made_again(kind):
    schema, workload, sources, mechanism, aim = PLANNED[kind]
    tiers = (GOLD, SILVER, BRONZE)
    made = plan_release(schema, workload, 1.0, 1e-6, tiers, sources, mechanism, aim).to_dict()
    kept = json.loads(stored(kind))["plan"]
    # Floats of another processor may round the best variances to the next 1/1024 step.
    for plan in (made, kept):
        plan["grid_variances"] = [float(Fraction(v)) for v in plan.get("grid_variances", [])]
    assert made.pop("grid_variances") == pytest.approx(kept.pop("grid_variances"), rel=1e-6)
    if kind in CHARGED_LESS:
        charges = [[plan.pop(part) for part in RHOS] for plan in (made, kept)]
        assert all(now >= then for now, then in zip(*charges, strict=True))
    assert as_json(made) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_plan_is_sound_unless_it_was_charged_too_little(kind):
    plan = Release.from_bytes(stored(kind)).plan
    if kind in CHARGED_LESS:
        with pytest.raises(PlanError):
            plan.check()
    else:
        plan.check()


def test_discrete_noise_is_not_drawn_again():
    with pytest.raises(PlanError, match="no more"):
        noise_of(Release.from_bytes(stored("gaussian")).plan).residuals(None, 1)
    with pytest.raises(PlanError, match="no more"):
        plan_release(WITH_MEASURE, TABLES, 1.0, 1e-6, mechanism=Mechanism.DISCRETE)


def test_releases_older_than_the_choice_of_noise_are_gaussian():
    content = json.loads(stored("gaussian"))
    del content["plan"]["mechanism"], content["plan"]["objective"]
    old = Release.from_bytes(json.dumps(content).encode())
    assert old.to_bytes() == stored("gaussian")
