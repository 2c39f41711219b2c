"""Which tax a sale carries: by the seller's settings, and by where the buyer is and who they are.

Without a country of the seller one rate holds for everybody. With it, the rate is that of the
buyer's country; a business with a VAT number in another country of the European Union accounts
for the tax itself (reverse charge), and buyers elsewhere pay none unless a rate is set for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.core.config import Settings
from app.invoicing import vat_numbers
from app.invoicing.queries import Party
from pricing.vat import vat_added, vat_included

EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)


class Treatment(StrEnum):
    """Why a sale carries the tax it does."""

    STANDARD = "standard"
    REVERSE_CHARGE = "reverse-charge"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Taxed:
    """What a buyer pays, the rate in it in hundredths of a percent, and why."""

    total_cents: int
    basis_points: int
    treatment: Treatment


@dataclass(frozen=True)
class TaxRules:
    """What the seller's settings say of tax.

    Parameters
    ----------
    own : int
        The rate in the seller's country, in hundredths of a percent; 0: the seller charges none.
    country : str
        The seller's; empty: one rate for all buyers.
    rates : mapping of country to int
        The rates of other countries.
    net : bool
        Whether prices in the shop are without the tax.
    """

    own: int = 0
    country: str = ""
    rates: Mapping[str, int] = field(default_factory=dict)
    net: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "TaxRules":
        """Return what the settings say."""
        return cls(
            settings.vat_basis_points,
            settings.vat_country,
            dict(settings.vat_rates),
            settings.vat_prices == "net",
        )

    def taxed(self, shown_cents: int, buyer: Party | None) -> Taxed:
        """Return what a buyer pays for a price as the shop shows it.

        Whoever owes no tax here pays the price without it, also where prices include it.
        """
        rate, treatment = self._rate(buyer)
        if self.net:
            return Taxed(shown_cents + vat_added(shown_cents, rate), rate, treatment)
        if treatment is Treatment.STANDARD:
            return Taxed(shown_cents, rate, treatment)
        without = shown_cents - vat_included(shown_cents, self.own)
        return Taxed(max(without, min(shown_cents, 1)), rate, treatment)

    def _rate(self, buyer: Party | None) -> tuple[int, Treatment]:
        if not self.own or not self.country or buyer is None or buyer.country == self.country:
            return self.own, Treatment.STANDARD
        if {self.country, buyer.country} <= EU:
            if _accounts_for_it(buyer):
                return 0, Treatment.REVERSE_CHARGE
            return self.rates.get(buyer.country, self.own), Treatment.STANDARD
        if buyer.country in self.rates:
            return self.rates[buyer.country], Treatment.STANDARD
        return 0, Treatment.OUTSIDE


def _accounts_for_it(buyer: Party) -> bool:
    """Say whether a buyer is a business with a number of its own country."""
    number = buyer.vat_number
    mine = vat_numbers.country(number) == buyer.country
    return buyer.organisation and mine and vat_numbers.valid(number)
