"""Draw the noise of a plan: the only place that hands the samplers to a kind of noise."""

from dataclasses import dataclass

from privacy.noise import samplers
from privacy.plan.mechanism import Counts, Residuals
from privacy.plan.noise_plan import NoisePlan


@dataclass(frozen=True)
class Drawing:
    """Draws what a plan asks for; each call draws anew.

    Parameters
    ----------
    plan : NoisePlan
    """

    plan: NoisePlan

    def residuals(self, counts: Counts | None, step: int) -> Residuals:
        """Return the numerators of all residuals of noise, or of counts and noise.

        Parameters
        ----------
        counts : mapping of Marginal to Exact, or None
            Exact masses of `plan.counted`.
        step : int
            Variance of the noise, relative to that of the finest tier, >= 1.
        """
        return self.plan.noise.draw_residuals(samplers, self.plan.terms, counts, step)

    def people(self, step: int) -> int:
        """Return the noise of the number of people, in people."""
        return self.plan.noise.draw_people(samplers, step)

    def share(self) -> int:
        """Return the noise of one source's kept contributions, in contributions."""
        return self.plan.noise.draw_share(samplers)

    def brought(self) -> int:
        """Return the noise of what people brought, in contributions."""
        return int(samplers.rounded_gaussian(self.plan.normal_brought, 1)[0])


def noise_of(plan: NoisePlan) -> Drawing:
    """Return what draws the noise of a plan."""
    return Drawing(plan)
