"""Making a noise plan: how the budget is shared out, and which noise serves the tables best."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from privacy.errors import PlanError
from privacy.loss import MICRO, Rho, epsilon_of, rho_for
from privacy.plan.mechanism import (
    GaussianNoise,
    GeometricNoise,
    KNormNoise,
    Mechanism,
    base_table,
    pure_rho,
)
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.objective import Aim, Objective, reaches, statistics
from privacy.plan.optimum import grid_variances
from privacy.plan.tiers import TIERS, Tier, check_tiers
from privacy.plan.workload import MAX_CELLS, Workload, cells
from privacy.schema import CubeSchema

__all__ = ["Mechanism", "NoisePlan", "Objective", "epsilon_spent", "plan_release"]

PEOPLE_PERCENT = 5
SHARES_PERCENT = 5


@lru_cache(maxsize=512)
def plan_release(
    schema: CubeSchema,
    workload: Workload,
    epsilon: float,
    delta: float,
    tiers: tuple[Tier, ...] = TIERS,
    sources: int = 1,
    mechanism: Mechanism = Mechanism.GAUSSIAN,
    objective: Objective | None = None,
    people: bool = True,
) -> NoisePlan:
    """Plan the noise of a release for the smallest predicted error.

    Parameters
    ----------
    schema : CubeSchema
    workload : Workload
    epsilon, delta : float
        What the whole release may cost one person; 0 < epsilon <= 50, 0 < delta < 1.
    tiers : tuple of Tier
    sources : int
        Producers' datasets measured together, >= 1.
    mechanism : Mechanism
        `AUTO` compares both kinds of noise at this epsilon and delta. Geometric noise may be
        better for one small table, but costs far more as zCDP: for releases that repeat, and so
        add up on a person's account, Gaussian noise is always the better one.
    objective : Objective, optional
    people : bool
        Whether to measure the number of people, for 5 % of the budget.

    Raises
    ------
    PlanError
        For a budget, tier or source count that cannot be planned.
    WorkloadError
        For tables that the schema cannot give.

    References
    ----------
    docs/privacy.md, "The noise plan" and "Which noise".
    """
    workload.check(schema)
    check_tiers(tiers)
    if sources < 1:
        raise PlanError("A release needs at least one source")
    empty = NoisePlan(
        schema,
        workload,
        objective or Objective(),
        epsilon,
        delta,
        tiers,
        sources,
        Rho(0),
        Rho(0),
        Rho(0),
        GaussianNoise((), Fraction(0), Fraction(0)),
    )
    if mechanism is not Mechanism.AUTO:
        return _MAKERS[mechanism](empty, people)
    choices = [_gaussian(empty, people)]
    for maker in (_geometric, _k_norm):
        try:
            choices.append(maker(empty, people))
        except PlanError:
            continue
    return min(choices, key=predicted_error)


def predicted_error(plan: NoisePlan) -> float:
    """Return what the plan's objective is about, at the finest tier: the smaller the better.

    The weighted sum of variances in squared contributions, or the largest weighted squared
    relative error for one person.
    """
    asked = statistics(plan.schema, plan.workload, plan.objective)
    reach = reaches(asked, plan.closure)
    variances = reach @ [plan.residual_variance(subset) for subset in plan.closure]
    if plan.objective.aim is Aim.VARIANCE:
        return float(sum(one.weight * v for one, v in zip(asked, variances, strict=True)))
    return float(
        max(one.weight / one.share**2 * v for one, v in zip(asked, variances, strict=True))
    )


def epsilon_spent(plan: NoisePlan) -> float:
    """Say what the plan costs, as epsilon at its delta: at most `plan.epsilon`."""
    if isinstance(plan.noise, GeometricNoise):
        return float(sum(plan.noise.epsilons(plan.schema.bound)))
    return epsilon_of(plan.rho, plan.delta)


def _percents(plan: NoisePlan, people: bool) -> tuple[int, int]:
    return PEOPLE_PERCENT if people else 0, SHARES_PERCENT if plan.sources > 1 else 0


def _gaussian(plan: NoisePlan, people: bool) -> NoisePlan:
    """Share out rho."""
    total = rho_for(plan.epsilon, plan.delta)
    parts = [Rho(total.micro * percent // 100) for percent in _percents(plan, people)]
    if any(p and not part.micro for p, part in zip(_percents(plan, people), parts, strict=True)):
        raise PlanError("This budget is too small to be shared out")
    cube = Rho(total.micro - sum(part.micro for part in parts))
    return replace(
        plan,
        cube_rho=cube,
        people_rho=parts[0],
        shares_rho=parts[1],
        noise=GaussianNoise(
            grid_variances(plan.schema, plan.workload, cube, plan.objective),
            _variance_for(parts[0], 1),
            _variance_for(parts[1], plan.schema.bound),
        ),
    )


def _k_norm(plan: NoisePlan, people: bool) -> NoisePlan:
    """Share out epsilon; the base must be all dimensions, and nothing else."""
    if base_table(plan.schema, plan.workload) != plan.schema.hard:
        raise PlanError("K-norm noise needs tables of all dimensions and no measure")
    shaped = _geometric(plan, people, KNormNoise)
    predicted_error(shaped)  # refuses what cannot be counted or drawn
    return shaped


def _geometric(
    plan: NoisePlan, people: bool, kind: type[GeometricNoise] = GeometricNoise
) -> NoisePlan:
    """Share out epsilon, in whole millionths."""
    rho_for(plan.epsilon, plan.delta)  # refuses the same budgets
    if _base_cells(plan) > MAX_CELLS:
        raise PlanError("Geometric noise needs one table of a million cells at most")
    total = int(plan.epsilon * MICRO)
    parts = [total * percent // 100 for percent in _percents(plan, people)]
    if not total or any(
        p and not part for p, part in zip(_percents(plan, people), parts, strict=True)
    ):
        raise PlanError("This budget is too small to be shared out")
    spent = [Fraction(part, MICRO) for part in (total - sum(parts), *parts)]
    return replace(
        plan,
        cube_rho=pure_rho(spent[0]),
        people_rho=pure_rho(spent[1]),
        shares_rho=pure_rho(spent[2]),
        noise=kind.of(plan.schema, plan.workload, *spent),
    )


def _base_cells(plan: NoisePlan) -> int:
    return cells(plan.schema, base_table(plan.schema, plan.workload))


def _variance_for(rho: Rho, sensitivity: int) -> Fraction:
    """Return the Gaussian variance that costs rho; 0 where nothing is spent."""
    return Fraction(sensitivity**2 * MICRO, 2 * rho.micro) if rho.micro else Fraction(0)


_MAKERS: dict[Mechanism, Callable[[NoisePlan, bool], NoisePlan]] = {
    Mechanism.GAUSSIAN: _gaussian,
    Mechanism.GEOMETRIC: _geometric,
    Mechanism.K_NORM: _k_norm,
}
