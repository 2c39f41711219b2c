"""How numbers, money and times read on a page, in the reader's language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import format_date, format_datetime, get_locale
from flask_babel import gettext as _

from app.web.i18n import language
from pricing.money import MICROS_PER_CENT, Money, whole_cents
from privacy.noise.intervals import QUANTILE

#: So many numbers, written out, are kept: writing one takes as long as reading it ten times.
KEPT = 20_000
#: A minus is as wide as a digit and stands with its number at the end of a line; a hyphen does not.
MINUS = "\N{MINUS SIGN}"


class Amount(Protocol):
    """Anything with an amount in millionths of a currency unit."""

    @property
    def micros(self) -> int:
        """Millionths of the currency unit."""

    @property
    def currency(self) -> str:
        """Three letters."""


def month(period: str) -> str:
    """Write a month, "YYYY-MM", in the reader's words.

    Examples
    --------
    >>> month("2026-11")
    'November 2026'
    """
    day = datetime.combine(date.fromisoformat(f"{period}-01"), time(), UTC)
    return str(format_skeleton("yMMMM", day, locale=get_locale() or "en"))


def day(text: str) -> str:
    """Write a day, "YYYY-MM-DD", in the reader's words.

    Examples
    --------
    >>> day("2026-11-07")
    '7 Nov 2026'
    """
    return str(format_date(date.fromisoformat(text), "d MMM yyyy"))


def money(amount: Amount) -> str:
    """Write an amount in whole cents with its currency; of less than a cent say so."""
    if 0 < abs(amount.micros) < MICROS_PER_CENT:
        return str(_("less than 1 cent") if amount.micros > 0 else _("minus less than 1 cent"))
    return _money(_to_cents(amount.micros), amount.currency, language())


def earned(amount: Amount) -> str:
    """Write what somebody earned: the whole cents of it, and in words what is less than one."""
    if 0 < amount.micros < MICROS_PER_CENT:
        return str(_("less than 1 cent"))
    whole = amount.micros // MICROS_PER_CENT * MICROS_PER_CENT
    return _money(whole, amount.currency, language())


def exact_money(amount: Amount) -> str:
    """Write an amount with its currency to the millionth: for statements, books and details."""
    return _money(amount.micros, amount.currency, language())


def in_cents(amounts: Sequence[Money]) -> list[Money]:
    """Return the parts of a sum in whole cents, so that they add up to it as they stand."""
    return list(whole_cents(amounts))


def _to_cents(micros: int) -> int:
    cents = (abs(micros) + MICROS_PER_CENT // 2) // MICROS_PER_CENT
    return (cents if micros > 0 else -cents) * MICROS_PER_CENT


@lru_cache(maxsize=KEPT)
def _money(micros: int, currency: str, language: str | None) -> str:
    value = Decimal(micros) / 1_000_000
    pattern = "¤#,##0.00" if micros % MICROS_PER_CENT == 0 else "¤#,##0.00####"
    if language == "fr":
        pattern = pattern.replace("¤", "") + "\xa0¤"
    written = format_currency(
        value, currency, format=pattern, locale=language, currency_digits=False
    )
    return str(written).replace("-", MINUS)


@dataclass(frozen=True)
class _Micros:
    micros: int
    currency: str


def micros(value: int, currency: str) -> str:
    """Write millionths of a currency unit as money, in whole cents."""
    return money(_Micros(value, currency))


def number(value: float | int | Decimal, digits: int | None = None) -> str:
    """Write a number with about three significant digits, or a given number of decimals."""
    if isinstance(value, float) and not math.isfinite(value):
        return "–"
    if digits is None:
        size = abs(float(value))
        digits = 0 if size >= 100 or float(value).is_integer() else 1 if size >= 10 else 2
    # Adding zero makes 0 of what was rounded to minus 0.
    return _number(round(float(value), digits) + 0.0, digits, language())


@lru_cache(maxsize=KEPT)
def _number(rounded: float, digits: int, language: str | None) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(rounded, format=pattern, locale=language)).replace("-", MINUS)


def margin(sd: float) -> float:
    """Return half the width of the 95 % noise interval of a figure, of its standard deviation."""
    return QUANTILE * sd


def moment(value: datetime | None, style: str = "medium") -> str:
    """Write a time; style "date" leaves the hour out."""
    if value is None:
        return "–"
    if style == "date":
        return str(format_datetime(value, "d MMM yyyy"))
    return str(format_datetime(value, "d MMM yyyy, HH:mm"))


def install_filters(app: Flask) -> None:
    """Give templates what writes days, money, numbers, margins, moments and months."""
    app.jinja_env.filters.update(
        day=day,
        money=money,
        earned=earned,
        exact_money=exact_money,
        in_cents=in_cents,
        micros=micros,
        number=number,
        margin=margin,
        moment=moment,
        month=month,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
