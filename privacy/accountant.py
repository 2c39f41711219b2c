"""Add up privacy charges against a ceiling; the caller stores them."""

from dataclasses import dataclass

from privacy.errors import BudgetExceeded
from privacy.loss import Rho


@dataclass(frozen=True)
class Account:
    """What one person allows in all, and what was charged so far.

    zCDP adds up under adaptive composition, so a whole number of millionths is all there is
    to keep.

    References
    ----------
    Bun, Steinke (2016), Concentrated Differential Privacy, arXiv 1605.02065, Lemma 1.7.
    """

    ceiling: Rho
    spent: Rho

    @property
    def left(self) -> Rho:
        """What may still be charged."""
        return Rho(max(0, self.ceiling.micro - self.spent.micro))

    def allows(self, rho: Rho) -> bool:
        """Tell whether `charge(rho)` would be accepted."""
        return rho <= self.left

    def charge(self, rho: Rho) -> "Account":
        """Return the account after a charge.

        Raises
        ------
        BudgetExceeded
            Where the ceiling would be crossed.
        """
        if not self.allows(rho):
            raise BudgetExceeded("The charge crosses the ceiling")
        return Account(self.ceiling, self.spent + rho)
