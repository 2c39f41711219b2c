"""Add up privacy charges against a ceiling; the caller stores them."""

from dataclasses import dataclass

from privacy.errors import BudgetExceeded
from privacy.loss import Rho


@dataclass(frozen=True)
class Account:
    """What one person allows in all, and what was charged so far.

    Losses of Gaussian mechanisms add up as rho, even where each is chosen by what came before, so a
    whole number of millionths is all there is to keep.

    References
    ----------
    Smith, Thakurta (2022), Fully Adaptive Composition for Gaussian Differential Privacy, arXiv
    2210.17520.
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
