"""Who issues documents, and the tax in prices: said once, when the program starts."""

from dataclasses import dataclass


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


@dataclass(frozen=True)
class Terms:
    """What documents take from the settings; the rate in hundredths of a percent."""

    issuer: Issuer = Issuer()
    vat_basis_points: int = 0


_terms: list[Terms] = [Terms()]


def configure(terms: Terms) -> None:
    """Wire the issuer and the rate of tax."""
    _terms[:] = [terms]


def present() -> Issuer:
    """Return who issues documents now."""
    return _terms[0].issuer


def vat_basis_points() -> int:
    """Return the rate of the tax that prices include now, in hundredths of a percent."""
    return _terms[0].vat_basis_points
