"""Make a noise plan: share out the budget and choose the noise with the smallest error."""

from functools import lru_cache

from privacy.errors import PlanError
from privacy.plan.mechanism import Noise, PlanTerms
from privacy.plan.mechanisms import KINDS, Mechanism
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.objective import Aim, Objective, reaches, statistics
from privacy.plan.tiers import TIERS, Tier, check_tiers
from privacy.plan.workload import Workload, cells
from privacy.schema import CubeSchema

__all__ = ["Mechanism", "NoisePlan", "Objective", "epsilon_spent", "plan_release"]


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
    brought: bool = False,
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
        `AUTO` compares all kinds of noise at this epsilon and delta. Geometric noise may be
        better for one small table, but costs far more rho: for releases that repeat, and so
        add up on a person's account, Gaussian noise is always the better one.
    objective : Objective, optional
    people : bool
        Whether the number of people is asked for: 5 % of the budget, and nothing where each person
        has one record, as their number is then the total of the tables.
    brought : bool
        Whether the contributions that people brought are counted before they are bounded, for 1 %
        of the budget: with Gaussian noise, and where the bound leaves any out.

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
    gaussian = mechanism is Mechanism.GAUSSIAN
    brought = brought and gaussian and schema.bound < cells(schema, schema.hard)
    aim = objective or Objective()
    terms = PlanTerms(schema, workload, aim, epsilon, delta, sources, brought)
    people = people and schema.bound > 1
    if mechanism.kind is not None:
        return _plan(mechanism.kind, terms, tiers, people)
    first, *others = KINDS
    choices = [_plan(first, terms, tiers, people)]
    for kind in others:
        try:
            choices.append(_plan(kind, terms, tiers, people))
        except PlanError:
            continue
    return min(choices, key=predicted_error)


def _plan(kind: type[Noise], terms: PlanTerms, tiers: tuple[Tier, ...], people: bool) -> NoisePlan:
    charge, noise = kind.planned(terms, people)
    return NoisePlan(
        terms.schema,
        terms.workload,
        terms.objective,
        terms.epsilon,
        terms.delta,
        tiers,
        terms.sources,
        charge.cube,
        charge.people,
        charge.shares,
        noise,
        charge.brought,
    )


def predicted_error(plan: NoisePlan) -> float:
    """Return the error that the plan's objective makes small, at the finest tier.

    The weighted sum of variances in squared contributions, or the largest weighted squared
    relative error for one person.
    """
    asked = statistics(plan.schema, plan.workload, plan.objective, plan.noise.contrasts)
    variances = reaches(asked, plan.parts) @ list(plan.variances.values())
    if plan.objective.aim is Aim.VARIANCE:
        return float(sum(one.weight * v for one, v in zip(asked, variances, strict=True)))
    return float(
        max(one.weight / one.share**2 * v for one, v in zip(asked, variances, strict=True))
    )


def epsilon_spent(plan: NoisePlan) -> float:
    """Say what the plan costs, as epsilon at its delta: at most `plan.epsilon`."""
    return plan.noise.epsilon_spent(plan.terms, plan.charge)
