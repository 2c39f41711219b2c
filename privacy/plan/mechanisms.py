"""The kinds of noise a release may have, one line each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from privacy.errors import PlanError
from privacy.plan.discrete import DiscreteGaussianNoise
from privacy.plan.gaussian import GaussianNoise
from privacy.plan.geometric import GeometricNoise
from privacy.plan.k_norm import KNormNoise
from privacy.plan.mechanism import Noise
from privacy.plan.workload import Marginal


class Mechanism(StrEnum):
    """Which noise: `AUTO` takes the one with the smallest predicted error, before any row is read.

    `GAUSSIAN` is rounded Gaussian noise on residuals, `GEOMETRIC` two-sided geometric noise on
    the one table from which all tables of the workload follow by summing, `K_NORM` noise shaped
    like what one person can change in that table, for small tables of counts. `DISCRETE` is what
    earlier releases have, and is planned no more.

    Attributes
    ----------
    kind : type of Noise, or None
        What plans, measures and draws it; None for `AUTO`.
    """

    kind: type[Noise] | None

    def __new__(cls, name: str, kind: type[Noise] | None = None) -> Self:
        """Make a member: its stored name is its value, its kind stands beside it."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.kind = kind
        return member

    AUTO = "auto"
    GAUSSIAN = GaussianNoise.name, GaussianNoise
    GEOMETRIC = GeometricNoise.name, GeometricNoise
    K_NORM = KNormNoise.name, KNormNoise
    DISCRETE = DiscreteGaussianNoise.name, DiscreteGaussianNoise


#: What can be planned; the first serves all tables and budgets that are allowed at all.
KINDS: tuple[type[Noise], ...] = (GaussianNoise, GeometricNoise, KNormNoise)


def noise_from(data: Mapping[str, Any], closure: tuple[Marginal, ...]) -> Noise:
    """Read the noise of a stored plan.

    Raises
    ------
    PlanError, ValueError, KeyError
        Where it is not one.
    """
    # Releases older than the choice of a mechanism are all of this kind.
    kind = Mechanism(data.get("mechanism", Mechanism.DISCRETE)).kind
    if kind is None:
        raise PlanError("no noise is named")
    return kind.from_dict(data, closure)
