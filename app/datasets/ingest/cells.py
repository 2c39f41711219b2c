"""What one cell says: numbers, dates, times, formulas."""

import re
from datetime import date
from decimal import Decimal

from app.core.spreadsheets import FORMULA
from traces.dates import parse_date, parse_local

NUMBER = (
    r"[+-]?(?:[0-9]{1,30}|[0-9]{1,3}(?:[ \x{a0}\x{202f}][0-9]{3}){1,9})?"
    r"(?:[.,][0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?"
)
"""A number, in RE2 syntax; a digit is also required, which `HAS_DIGIT` checks."""
HAS_DIGIT = r"^[+-]?[.,]?[0-9]"
_SPACE = r"[ \x{a0}\x{202f}\x{2009}]"
_CURRENCY = r"[€$£¥]|(?:EUR|USD|GBP|CHF|CAD|AUD|JPY|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN)"
#: A currency before a number, behind its sign; a currency or a sign of percent after it.
BEFORE = rf"^([+-]?){_SPACE}?(?:{_CURRENCY}){_SPACE}?"
AFTER = rf"{_SPACE}?(?:{_CURRENCY}|%|kr)$"
_MARKS = r"'’"


def _grouped(sign: str, thousands: str) -> str:
    groups = "|".join(f"(?:{mark}[0-9]{{3}}){{1,9}}" for mark in (_SPACE, f"[{_MARKS}]", thousands))
    return (
        rf"^[+-]?(?:[0-9]{{1,30}}|[0-9]{{1,3}}(?:{groups}))?(?:{re.escape(sign)}[0-9]{{0,30}})?"
        r"(?:[eE][+-]?[0-9]{1,2})?$"
    )


#: A number by its decimal sign, whatever parts its thousands, in RE2 syntax.
WRITTEN = {".": _grouped(".", ","), ",": _grouped(",", r"\.")}
#: What parts thousands, by the decimal sign, in RE2 syntax.
PARTING = {sign: rf"[{_MARKS}{other} \x{{a0}}\x{{202f}}\x{{2009}}]" for sign, other in (".,", ",.")}


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), pattern))


_BEFORE, _AFTER = _compiled(BEFORE), _compiled(AFTER)
_WRITTEN = {sign: _compiled(pattern) for sign, pattern in WRITTEN.items()}
_PARTING = {sign: _compiled(pattern) for sign, pattern in PARTING.items()}
_NUMBER = re.compile(NUMBER.replace(r"\x{a0}", "\u00a0").replace(r"\x{202f}", "\u202f"))
_HAS_DIGIT = re.compile(HAS_DIGIT)
_SPACES = str.maketrans("", "", " \u00a0\u202f")
NOT_FINITE = frozenset({"nan", "inf", "infinity", "#num!", "#div/0!", "#n/a", "na", "n/a", "null"})
_REST = r"(?:(?:T|, ?| )[0-9][0-9:.,+ZhHapmAPM \u00a0\u202f-]{0,30})?"
_IN_WORDS = re.compile(r"\s*(?:[0-9]{1,2}\.? )?[^\W\d_]{3,10}\.? ")
_CLOCK = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:t|,? ))?(?P<hour>\d{1,2})"
    r"(?: ?(?P<sign>[:h]) ?(?P<minute>\d{2})?(?:[:m]\d{2}(?:[.,]\d{1,9})?)?)?"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?:z|utc|[+-]\d{2}:?\d{2})?"
)
FORMS = {
    "ymd": re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})" + _REST),
    "dmy": re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})" + _REST),
    "mdy": re.compile(r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4})" + _REST),
}
FORM_NAMES = {"ymd": "2026-12-31", "dmy": "31/12/2026", "mdy": "12/31/2026"}


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would run the cell; a plain number is none."""
    return text.startswith(FORMULA) and number(text) is None


def number(text: str, sign: str = "") -> Decimal | None:
    """Read a number; None where it is none.

    Spaces, apostrophes or the other sign may stand between groups of three digits, a currency or
    a sign of percent before or after.

    Parameters
    ----------
    text : str
    sign : str
        The decimal sign of the whole column, where its cells tell; else each cell is read alone,
        and a sign that occurs once is its decimal sign.
    """
    text = text.strip()
    bare = _AFTER.sub("", _BEFORE.sub(r"\1", text))
    if not _HAS_DIGIT.match(bare):
        return None
    if not sign and _NUMBER.fullmatch(bare):
        return Decimal(bare.translate(_SPACES).replace(",", "."))
    fitting = [each for each in ([sign] if sign else WRITTEN) if _WRITTEN[each].match(bare)]
    if len(fitting) != 1:
        return None
    return Decimal(_PARTING[fitting[0]].sub("", bare).replace(",", "."))


def day(text: str, form: str) -> date | None:
    """Read a date in one of `FORMS`, or with its month in words; None where it is none."""
    found = FORMS[form].fullmatch(text.strip())
    if found is None:
        return parse_date(text) if _IN_WORDS.match(text) else None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None


def hour(text: str) -> int | None:
    """Read the hour of a time of day, on its own or after a date; None where there is none.

    An hour is kept as it is written: no time zone is applied.
    """
    plain = " ".join(text.casefold().split())
    found = _CLOCK.fullmatch(plain)
    if found is None:
        moment = parse_local(text) if _IN_WORDS.match(text) and ":" in text else None
        return None if moment is None else moment.hour
    if not found["sign"] and not found["half"]:
        return None
    value, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= value <= 12:
            return None
        value = value % 12 + (12 if found["half"][0] == "p" else 0)
    return value if value < 24 and minute < 60 else None
