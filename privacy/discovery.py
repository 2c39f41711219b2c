"""Find the categories of a column that could not be listed beforehand, once, at a charge.

Partition selection: people are counted per value, noise is added, and a value is named only where
its noisy count passes a threshold so high that a value of one person alone hardly ever does. What
is not found falls into "other". Only a worker imports this, as it draws noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import erfc, sqrt
from typing import TYPE_CHECKING

import ibis

from privacy.cube import bounding
from privacy.cube.engine import Engine
from privacy.errors import PlanError
from privacy.loss import MICRO, Rho, rho_for
from privacy.noise.samplers import rounded_gaussian
from privacy.schema import Dimension, is_name

if TYPE_CHECKING:
    import ibis.expr.types as ir

PERSON = ("source", "person")
COUNT = "people with the value"
RANK = "rank of the value"
SAFETY = 1 + 1e-9
#: Stands for "no category was found": a dimension needs a second value beside "other".
NOTHING = "(none found)"


@dataclass(frozen=True)
class DiscoveryPlan:
    """What finding categories costs, and which noise it gets; made of public facts alone.

    Parameters
    ----------
    epsilon, delta : float
        What it stays within.
    bound : int
        Most values of one person that count, k >= 1.
    rho : Rho
        The Gaussian part of the loss: what is charged to each person.
    threshold_delta : float
        The rest: the chance that a value only one person has is named. Adds to delta.
    variance : Fraction
        Of the normal noise before it is rounded, in squared people.
    threshold : int
        Least noisy count of people at which a value is named.
    """

    epsilon: float
    delta: float
    bound: int
    rho: Rho
    threshold_delta: float
    variance: Fraction
    threshold: int


@dataclass(frozen=True)
class FoundCategories:
    """Values that were found, in alphabetical order, with their noisy numbers of people."""

    plan: DiscoveryPlan
    column: str
    people: Mapping[str, int]

    def dimension(self, other: str = "other") -> Dimension:
        """Return the dimension of what was found; all else falls into `other`."""
        values = tuple(self.people) or (NOTHING,)
        return Dimension(self.column, values, other)


def plan_discovery(epsilon: float, delta: float, bound: int = 1) -> DiscoveryPlan:
    """Plan how categories are found, before any row is read.

    Half of delta pays for the threshold, half for the conversion of rho. Neighbours differ in one
    person with up to k values. On values that others have too, counts move by at most sqrt(k) in
    Euclidean distance, which costs rho = k / (2 variance). A value that nobody else has counts 1,
    and is named with the chance P(1 + Z >= threshold); of k such values one is named with at most
    k times that chance. So the whole is a Gaussian loss of rho, but for that chance.

    Parameters
    ----------
    epsilon, delta : float
        0 < epsilon <= 50, 0 < delta < 1.
    bound : int
        Most values of one person that count, >= 1.

    Raises
    ------
    PlanError
        For a budget or bound that cannot be planned.

    References
    ----------
    Korolova, Kenthapadi, Mishra, Ntoulas (2009), Releasing Search Queries and Clicks Privately
    (thresholds); Desfontaines, Voss, Gipson, Mandayam (2022), Differentially Private Partition
    Selection, arXiv 2006.03684.
    """
    if bound < 1:
        raise PlanError("At least one value of each person must count")
    if not 0 < delta < 1:
        raise PlanError("delta must lie between 0 and 1")
    rho = rho_for(epsilon, delta / 2)
    variance = Fraction(bound * MICRO, 2 * rho.micro)
    most = delta / 2 / bound
    threshold = 2 + int(sqrt(2 * float(variance)))
    while chance_at_least(variance, threshold - 1) > most:
        threshold += 1
    while chance_at_least(variance, threshold - 2) <= most and threshold > 2:
        threshold -= 1
    return DiscoveryPlan(epsilon, delta, bound, rho, delta / 2, variance, threshold)


def find_categories(
    engine: Engine,
    rows: "ir.Table",
    column: str,
    plan: DiscoveryPlan,
    secret: str,
    before_noise: Callable[[], None] = lambda: None,
) -> FoundCategories:
    """Find the values of a column, once. The charge must be committed before.

    Parameters
    ----------
    engine : Engine
    rows : ibis Table
        With `source`, `person` (text) and the column (text); a value may stand in many rows.
    column : str
    plan : DiscoveryPlan
    secret : str
        Keys the choice of which values of a person count; never published.
    before_noise : callable
        Called once when all is counted and no noise is drawn yet: where a caller commits that
        this charge is used. What it raises ends the search without any noise.
    """
    wanted = rows.select(*PERSON, column)
    values = wanted.filter(wanted[column].notnull()).distinct()
    keyed = bounding.keyed_md5(secret, [values[name] for name in (*PERSON, column)])
    order = [keyed, values[column]]
    window = ibis.window(group_by=list(PERSON), order_by=order)
    ranked = values.mutate(**{RANK: ibis.row_number().over(window)})
    kept = ranked.filter(ranked[RANK] < plan.bound)
    counted = engine.run(kept.group_by(column).agg(**{COUNT: kept.count()}))
    # A value that cannot be a category's name falls into "other": that depends on the value alone.
    exact = {row[column]: int(row[COUNT]) for row in counted.to_pylist() if is_name(row[column])}
    before_noise()
    noise = rounded_gaussian(plan.variance, len(exact)).tolist()
    noisy = {value: exact[value] + draw for value, draw in zip(sorted(exact), noise, strict=True)}
    named = {value: count for value, count in noisy.items() if count >= plan.threshold}
    return FoundCategories(plan, column, named)


def chance_at_least(variance: Fraction, least: int) -> float:
    """Bound from above the chance that rounded noise is at least a whole number."""
    return min(1.0, erfc((least - 0.5) / sqrt(2 * float(variance))) / 2 * SAFETY)
