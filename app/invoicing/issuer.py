"""Who issues documents: configured once for an application."""

from dataclasses import dataclass

from app.core.config import Settings
from app.core.db import fact


@dataclass(frozen=True)
class Issuer:
    """Who stands at the head of every document.

    Attributes
    ----------
    registration : str
        Such as the number in a register of companies.
    vat_number : str
        Empty for whoever has none.
    vat_note : str
        Why no tax is charged, where none is.
    """

    name: str = ""
    address: str = ""
    registration: str = ""
    vat_number: str = ""
    vat_note: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Issuer":
        """Return the issuer that the settings name."""
        return cls(
            settings.issuer_name,
            settings.issuer_address,
            settings.issuer_registration,
            settings.issuer_vat_number,
            settings.vat_note,
        )


def present() -> Issuer:
    """Return who issues documents in the market of the present unit of work."""
    return fact(Issuer)
