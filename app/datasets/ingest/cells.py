"""What one cell says: numbers, dates, formulas."""

import re
from datetime import date
from decimal import Decimal

from app.core.spreadsheets import FORMULA

NUMBER = (
    r"[+-]?(?:[0-9]{1,30}|[0-9]{1,3}(?:[ \x{a0}\x{202f}][0-9]{3}){1,9})?"
    r"(?:[.,][0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?"
)
"""A number, in RE2 syntax; a digit is also required, which `HAS_DIGIT` checks."""
HAS_DIGIT = r"^[+-]?[.,]?[0-9]"
_NUMBER = re.compile(NUMBER.replace(r"\x{a0}", "\u00a0").replace(r"\x{202f}", "\u202f"))
_HAS_DIGIT = re.compile(HAS_DIGIT)
_SPACES = str.maketrans("", "", " \u00a0\u202f")
NOT_FINITE = frozenset({"nan", "inf", "infinity", "#num!", "#div/0!", "#n/a", "na", "n/a", "null"})
FORMS = {
    "ymd": re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[T ][0-9:.,+Z-]{1,30})?"),
    "dmy": re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})(?: [0-9:.]{1,12})?"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4})(?: [0-9:.]{1,12})?"),
}
FORM_NAMES = {"ymd": "2026-12-31", "dmy": "31/12/2026", "mdy": "12/31/2026"}


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would run the cell; a plain number is none."""
    return text.startswith(FORMULA) and number(text) is None


def number(text: str) -> Decimal | None:
    """Read a number with a decimal point or comma; None where it is none.

    Spaces may stand between groups of three digits. Signs of thousands that could be mistaken
    for a decimal point or comma are refused.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text) or not _HAS_DIGIT.match(text):
        return None
    return Decimal(text.translate(_SPACES).replace(",", "."))


def day(text: str, form: str) -> date | None:
    """Read a date in one of `FORMS`; None where it is none."""
    found = FORMS[form].fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None
