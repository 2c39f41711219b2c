"""VAT numbers: their form and check digits, by country. The one door to python-stdnum.

Whether a number of the right form was ever given to anybody is known to the tax office alone.
"""

import re

from stdnum import get_cc_module

#: Two letters of a country, then up to thirteen letters and digits: where nothing closer is known.
ANY = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}", re.ASCII)
#: Where numbers begin with other letters than the country's.
PREFIXES = {"EL": "GR"}


def compact(text: str) -> str:
    """Return a number without the marks between its parts.

    Examples
    --------
    >>> compact("fr 40-303.265 045")
    'FR40303265045'
    """
    return re.sub(r"[\s.-]", "", text).upper()


def country(number: str) -> str:
    """Return the country that gives numbers that begin like this one.

    Examples
    --------
    >>> country("EL094259216"), country("FR40303265045")
    ('GR', 'FR')
    """
    return PREFIXES.get(number[:2], number[:2])


def valid(number: str) -> bool:
    """Say whether a compact number has the form, and the check digits, that its country gives.

    Examples
    --------
    >>> valid("FR40303265045"), valid("FR40303265046")
    (True, False)
    """
    if not ANY.fullmatch(number) or number[:2] in PREFIXES.values():
        return False
    known = get_cc_module(country(number).lower(), "vat")
    if known is None or known.is_valid(number):
        return True
    rest = number[2:]
    # Its own letters are taken off once more there: written twice they are no number.
    return not rest.startswith((number[:2], country(number))) and bool(known.is_valid(rest))
