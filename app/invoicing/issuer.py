"""Who issues documents: said once, when the program starts."""

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
    """What documents take from the settings."""

    issuer: Issuer = Issuer()


_terms: list[Terms] = [Terms()]


def configure(terms: Terms) -> None:
    """Wire the issuer."""
    _terms[:] = [terms]


def present() -> Issuer:
    """Return who issues documents now."""
    return _terms[0].issuer
