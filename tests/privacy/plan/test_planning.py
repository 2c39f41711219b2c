from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from privacy.errors import PlanError
from privacy.loss import Rho
from privacy.measure import add_noise
from privacy.plan.objective import FIRST
from privacy.plan.parts import Contrasts, parts_of
from privacy.plan.planning import Mechanism, NoisePlan, epsilon_spent, plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER, TIERS, Tier
from privacy.plan.workload import Workload, default_workload
from privacy.release import Release
from tests.privacy.cubes import (
    measure_of,
    part_matrix,
    schema_of,
    spread_matrix,
    table_matrix,
)

SCHEMA = schema_of((3, 4), (measure_of(knots=("0", "4", "10")),), bound=2)
PLAN = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6, sources=3)


def test_spends_no_more_than_epsilon():
    assert epsilon_spent(PLAN) <= 1.0
    assert epsilon_spent(PLAN) > 0.999
    PLAN.check()


def test_shares_the_budget_between_tables_people_and_sources():
    alone = plan_release(SCHEMA, default_workload(SCHEMA), 1.0, 1e-6)
    assert alone.rho == PLAN.rho
    assert alone.shares_rho.micro == 0
    assert alone.cube_rho == PLAN.cube_rho + PLAN.shares_rho
    assert PLAN.people_rho.micro == PLAN.rho.micro * 5 // 100
    rounding = 1 / 12
    assert PLAN.people_sd(GOLD) ** 2 == pytest.approx(1 / (2 * PLAN.people_rho.value) + rounding)
    assert PLAN.share_sd() ** 2 == pytest.approx(4 / (2 * PLAN.shares_rho.value) + rounding)


def test_survives_being_written_and_read():
    assert NoisePlan.from_dict(PLAN.to_dict()) == PLAN
    assert NoisePlan.from_dict(GEOMETRIC.to_dict()) == GEOMETRIC


def test_reads_plans_from_before_there_was_a_choice():
    old = {k: v for k, v in PLAN.to_dict().items() if k not in ("mechanism", "objective")}
    read = NoisePlan.from_dict(old)
    assert read.mechanism is Mechanism.DISCRETE
    assert (read.workload, read.rho, read.objective) == (PLAN.workload, PLAN.rho, FIRST)


def test_where_each_has_one_record_the_total_is_the_number_of_people():
    """So it is not measured beside it, and the tables have that part of the budget too."""
    once = replace(SCHEMA, contribution_bound=1)
    plan = plan_release(once, default_workload(once), 1.0, 1e-6)
    assert not plan.measures_people
    assert plan.cube_rho == plan.rho
    for tier in plan.tiers:
        assert plan.people_sd(tier) == pytest.approx(plan.cell_sd((), tier))
    counts = {a: np.zeros([once.size(axis) for axis in a], dtype=object) for a in plan.counted}
    release = add_noise(plan, counts, 0, {"one": 0})
    people, total = release.people(GOLD), release.table((), GOLD).estimates()[0]
    assert people.value == total.value == round(people.value)
    assert people.low <= total.low <= people.low + 1
    assert Release.from_bytes(release.to_bytes()) == release


ROWS = PLAN.noise.contrasts[0].rows
#: Under the same noise contrasts that weigh twice as much tell twice as much.
DOUBLED = tuple(tuple(2 * weight for weight in row) for row in ROWS)
GEOMETRIC = plan_release(
    SCHEMA, default_workload(SCHEMA), 1.0, 1e-6, sources=3, mechanism=Mechanism.GEOMETRIC
)


@pytest.mark.parametrize(
    "change",
    [
        {
            "noise": replace(
                PLAN.noise, grid_variances=tuple(v / 2 for v in PLAN.noise.grid_variances)
            )
        },
        {"noise": replace(PLAN.noise, normal_people=PLAN.noise.normal_people / 2)},
        {"noise": replace(PLAN.noise, normal_share=PLAN.noise.normal_share / 2)},
        {"noise": replace(PLAN.noise, normal_share=Fraction(0))},
        {"noise": replace(PLAN.noise, contrasts=())},
        {"noise": replace(PLAN.noise, contrasts=PLAN.noise.contrasts * 2)},
        {"noise": replace(PLAN.noise, contrasts=(Contrasts("m", DOUBLED),))},
        {"noise": replace(PLAN.noise, contrasts=(Contrasts("d0", ROWS),))},
        {"epsilon": 0.5},
        {"schema": replace(SCHEMA, contribution_bound=3)},
        {"sources": 0},
        {"brought_rho": Rho(10_000)},
    ],
)
def test_a_plan_tampered_with_is_found_out(change):
    PLAN.check()
    with pytest.raises(PlanError):
        replace(PLAN, **change).check()


@pytest.mark.parametrize(
    "change",
    [
        {
            "noise": replace(
                GEOMETRIC.noise, cube_scale=GEOMETRIC.noise.cube_scale * Fraction(9, 10)
            )
        },
        {"noise": replace(GEOMETRIC.noise, cube_scale=Fraction(0))},
        {"noise": replace(GEOMETRIC.noise, share_scale=Fraction(0))},
        {"noise": replace(GEOMETRIC.noise, people_scale=Fraction(-1))},
        {"noise": replace(GEOMETRIC.noise, base=("d0",))},
        {"noise": replace(GEOMETRIC.noise, base_grid=1)},
        {"epsilon": 0.5},
        {"cube_rho": Rho(GEOMETRIC.cube_rho.micro - 1)},
        {"schema": replace(SCHEMA, contribution_bound=3)},
    ],
)
def test_a_geometric_plan_tampered_with_is_found_out(change):
    GEOMETRIC.check()
    with pytest.raises(PlanError):
        replace(GEOMETRIC, **change).check()


@pytest.mark.parametrize("plan", [PLAN, GEOMETRIC], ids=["gaussian", "geometric"])
@pytest.mark.parametrize("marginal", [(), ("d0",), ("d1", "m"), ("d0", "d1", "m")])
def test_cell_variance_is_that_of_the_rebuilt_table(plan, marginal):
    """Against matrices over the whole cube, where nothing is separable."""
    contrasts = plan.noise.contrasts
    total = np.zeros((1, 1))
    for part, variance in plan.variances.items():
        if {*part.subset} <= {*marginal}:
            back = table_matrix(SCHEMA, marginal) @ spread_matrix(SCHEMA, part, contrasts)
            total = total + variance * back @ back.T
    expected = np.diag(total)
    assert plan.cell_variance(marginal, GOLD) == pytest.approx(float(expected.mean()))
    assert plan.cell_variance(marginal, BRONZE) == pytest.approx(16 * float(expected.mean()))
    knots = SCHEMA.size("m") if "m" in marginal else 1
    by_knot = expected.reshape(-1, knots)
    assert np.allclose(by_knot, by_knot[0]), "equal for all cells, knot by knot"
    shape = tuple(SCHEMA.size(axis) for axis in marginal)
    for cell in range(len(expected)):
        weights = np.eye(1, len(expected), cell).reshape(shape)
        found = plan.covariance_of(marginal, weights, weights, GOLD)
        assert found == pytest.approx(float(expected[cell]))


def test_parts_rebuild_every_table():
    """The sum of all parts, spread, is the table itself."""
    contrasts = PLAN.noise.contrasts
    assert [one.measure for one in contrasts] == ["m"]
    rebuilt = sum(
        spread_matrix(SCHEMA, part, contrasts) @ part_matrix(SCHEMA, part, contrasts)
        for part in parts_of(Workload((SCHEMA.axes,), (1.0,)).closure(), contrasts)
    )
    assert np.allclose(rebuilt, np.eye(len(rebuilt)))


@pytest.mark.parametrize(
    "arguments",
    [
        {"epsilon": 0.0},
        {"delta": 0.0},
        {"sources": 0},
        {"epsilon": 0.0001, "delta": 1e-9, "sources": 2},
        {"tiers": ()},
        {"tiers": (SILVER, BRONZE)},
        {"tiers": (GOLD, BRONZE, SILVER)},
        {"tiers": (GOLD, Tier("gold", 2))},
    ],
)
def test_refuses_what_cannot_be_planned(arguments):
    with pytest.raises(PlanError):
        plan_release(
            SCHEMA, default_workload(SCHEMA), **{"epsilon": 1.0, "delta": 1e-6} | arguments
        )


def test_refuses_unknown_tables_tiers_sources_and_plans():
    with pytest.raises(PlanError):
        PLAN.cell_variance(("nowhere",), GOLD)
    with pytest.raises(PlanError):
        PLAN.tier("tin")
    with pytest.raises(PlanError):
        PLAN.check_sources(("a",))
    with pytest.raises(PlanError):
        PLAN.check_schema(schema_of())
    with pytest.raises(PlanError):
        NoisePlan.from_dict({})
    with pytest.raises(PlanError):
        NoisePlan.from_dict(PLAN.to_dict() | {"grid_variances": []})
    assert PLAN.tier("gold") is TIERS[0]


def test_a_heavier_table_gets_less_noise():
    schema = schema_of((3, 3))
    even = plan_release(schema, Workload((("d0",), ("d1",)), (1.0, 1.0)), 1.0, 1e-6)
    skewed = plan_release(schema, Workload((("d0",), ("d1",)), (9.0, 1.0)), 1.0, 1e-6)
    assert skewed.cell_sd(("d0",), GOLD) < even.cell_sd(("d0",), GOLD)
    assert skewed.cell_sd(("d1",), GOLD) > even.cell_sd(("d1",), GOLD)
