"""Levels of accuracy of a release; a coarser level is a finer one with more noise."""

from dataclasses import dataclass

from privacy.errors import PlanError


@dataclass(frozen=True)
class Tier:
    """A level of accuracy.

    Parameters
    ----------
    name : str
    variance_factor : int
        Noise variance relative to the finest tier, >= 1.
    """

    name: str
    variance_factor: int

    def at(self, subset: tuple[str, ...]) -> "Tier":
        """Return the tier at which the part of a table over these axes is taken."""
        return self


@dataclass(frozen=True)
class Mixed(Tier):
    """A level of which some smaller tables are known at a finer one.

    Parameters
    ----------
    finer : tuple of (tuple of str, Tier)
        The parts that are taken at another tier, by their axes.
    """

    finer: tuple[tuple[tuple[str, ...], Tier], ...]

    def at(self, subset: tuple[str, ...]) -> Tier:
        """Return the finer tier of that part, or this one without what is finer."""
        return dict(self.finer).get(subset, Tier(self.name, self.variance_factor))


GOLD = Tier("gold", 1)
SILVER = Tier("silver", 4)
BRONZE = Tier("bronze", 16)
#: What everybody may see for nothing: far coarser than what is sold.
PREVIEW = Tier("preview", 256)
TIERS = (GOLD, SILVER, BRONZE, PREVIEW)


def check_tiers(tiers: tuple[Tier, ...]) -> None:
    """Refuse tiers that are not ordered from factor 1 upwards, or share a name.

    Raises
    ------
    PlanError
    """
    factors = [tier.variance_factor for tier in tiers]
    if not factors or factors[0] != 1 or factors != sorted(set(factors)):
        raise PlanError("Tiers must begin with factor 1 and get strictly noisier")
    if len({tier.name for tier in tiers}) != len(tiers):
        raise PlanError("Two tiers have the same name")
