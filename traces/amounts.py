"""Amounts of money and other decimal numbers, as people's exports write them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, DecimalException

#: No amount is longer; longer text is not looked at.
_LONGEST = 40

_SPACES = dict.fromkeys(map(ord, " \t\u00a0\u202f\u2009\u2007"))
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2011": "-", "\u2019": "'"})
_CURRENCY = re.compile(
    r"[€$£¥]|(?<![A-Za-z])(?:[A-Z]{3}|[A-Z]{1,2}\$|zł|kr\.?|Kč|Ft|lei)(?![A-Za-z])"
)
_NUMBER = re.compile(r"[0-9]*(?:[.,'][0-9]*)*")


def parse_amount(text: str, decimal: str | None = None) -> Decimal | None:
    """Return the exact amount, or None where the text is not one.

    Currency signs, quotes and every kind of space are dropped. A minus may stand before or after,
    or be written as brackets. Where both "," and "." occur, the last one is the decimal sign.

    Parameters
    ----------
    text : str
        As the file has it: "-29,99", "3 116.50 €", "'-0.68'", "-£53.00", "(12.00)".
    decimal : {",", "."}, optional
        The format's decimal sign; decides what "1,234" is. By default a sign that occurs once is
        the decimal sign, and one that occurs more often parts thousands.

    Examples
    --------
    >>> parse_amount("1.234,56"), parse_amount("1,234.56"), parse_amount("(12.00)")
    (Decimal('1234.56'), Decimal('1234.56'), Decimal('-12.00'))
    """
    if len(text) > _LONGEST:
        return None
    digits, negative = _sign(text)
    if digits is None or not _NUMBER.fullmatch(digits):
        return None
    plain = _plain(digits.replace("'", ""), decimal)
    if plain is None:
        return None
    try:
        amount = Decimal(plain)
    except DecimalException:
        return None
    return -amount if negative and amount else amount


def minor_units(amount: Decimal, digits: int = 2) -> int:
    """Return the amount in cents (or what `digits` says), half a cent away from zero."""
    return int(amount.scaleb(digits).to_integral_value(ROUND_HALF_UP))


def _sign(text: str) -> tuple[str | None, bool]:
    """Return what is left without spaces, currency, quotes and sign; whether it is negative."""
    text = _CURRENCY.sub("", text.translate(_MINUS).strip().strip("\"'"))
    text = text.translate(_SPACES).strip("\"'")
    signs = 0
    negative = False
    if text.startswith("(") and text.endswith(")"):
        text, negative, signs = text[1:-1], True, 1
    if text[:1] in ("-", "+"):
        negative, text, signs = text[0] == "-", text[1:], signs + 1
    if text[-1:] in ("-", "+"):
        negative, text, signs = text[-1] == "-", text[:-1], signs + 1
    return (text if signs <= 1 else None), negative


def _plain(digits: str, decimal: str | None) -> str | None:
    """Return digits with "." as the decimal sign alone, or None where signs contradict."""
    comma, point = digits.count(","), digits.count(".")
    if comma and point:
        last = max(digits.rfind(","), digits.rfind("."))
        decimal = digits[last]
    elif decimal is None:
        decimal = "," if comma == 1 else "." if point == 1 else "," if point else "."
    thousands = "." if decimal == "," else ","
    whole, *rest = digits.split(decimal)
    if len(rest) > 1 or any(thousands in part for part in rest):
        return None
    if thousands in whole and not re.fullmatch(
        rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+", whole
    ):
        return None
    whole = whole.replace(thousands, "")
    plain = f"{whole}.{rest[0]}" if rest and rest[0] else whole
    return plain if any(map(str.isdigit, plain)) else None
