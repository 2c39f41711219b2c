"""Tesco: purchases with a loyalty card, in two layouts.

Times are local. Prices are those before what the whole basket saved. In some files a price is that
of the line, in others of one piece: what the basket cost tells which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from traces.amounts import minor_units, parse_amount
from traces.dates import midnight, parse_date
from traces.findings import Findings
from traces.keywords import keywords
from traces.local_time import Moment
from traces.reasons import Reason
from traces.recognising import Match

#: No line of a basket costs more, nor holds more pieces.
_LARGEST = 10_000
_NOON = 12 * 3_600_000


class _Line(NamedTuple):
    """A line of a basket: what it is called, its pieces and its price; negative if taken back."""

    name: str
    quantity: Decimal
    price: Decimal


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the lines of all baskets."""
    for match in matches:
        tables = findings.currencies("groceries")
        for basket in findings.elements(match):
            lines = basket.get(match.format.options["items"]) if isinstance(basket, dict) else None
            if not isinstance(lines, list):
                findings.drop(Reason.UNREADABLE)
            elif match.format.currency not in tables:
                findings.drop(Reason.OTHER_CURRENCY, max(len(lines), 1))
            else:
                _basket(basket, lines, match, findings)


def _basket(basket: dict[str, Any], lines: list[Any], match: Match, findings: Findings) -> None:
    time = basket.get(match.format.options["time"])
    day = parse_date(time) if isinstance(time, str) else None
    gross = _number(basket.get("basketValueGross"))
    reason = Reason.UNREADABLE if day is None else findings.implausible(midnight(day) + _NOON)
    if day is None or reason is not None:
        findings.drop(reason or Reason.UNREADABLE, max(len(lines), 1))
        return
    if findings.repeated(str(time).replace("T", " ")[:19], gross, _held(lines)):
        findings.drop(Reason.DUPLICATE, max(len(lines), 1))
        return
    if not lines:
        findings.drop(Reason.MISSING)
    read = [line for each in lines if (line := _line(each, findings)) is not None]
    of_piece = sum((line.price * abs(line.quantity) for line in read), Decimal(0))
    of_line = sum((line.price for line in read), Decimal(0))
    single = gross is not None and abs(of_piece - gross) <= abs(of_line - gross)
    for line in read:
        _add(line, day, line.price * abs(line.quantity) if single else line.price, findings)


def _held(lines: list[Any]) -> list[str]:
    """Return what tells baskets of one second apart, whatever the layout."""
    return sorted(
        f"{line.get('name')} {_number(line.get('price'))}" if isinstance(line, dict) else ""
        for line in lines
    )


def _line(of: Any, findings: Findings) -> _Line | None:
    """Return a line, or None with its reason counted. Fuel has no name, or one of its own."""
    if not isinstance(of, dict):
        findings.drop(Reason.UNREADABLE)
        return None
    name, quantity, price = of.get("name"), _number(of.get("quantity")), _number(of.get("price"))
    if not isinstance(name, str) or name.strip().casefold() in ("", "na", "null"):
        findings.drop(Reason.OUT_OF_DOMAIN)
    elif quantity is None or price is None:
        findings.drop(Reason.MISSING)
    elif not (abs(quantity) < _LARGEST and abs(price) < _LARGEST and quantity):
        findings.drop(Reason.OUT_OF_DOMAIN)
    else:
        back = quantity < 0 or price < 0
        return _Line(name, quantity, -abs(price) if back else price)
    return None


def _add(line: _Line, day: date, cost: Decimal, findings: Findings) -> None:
    category = keywords("groceries").of_label(line.name) or "other"
    pieces = max(1, int(abs(line.quantity).to_integral_value(ROUND_HALF_UP)))
    amounts = {"spend": minor_units(cost), "items": -pieces if line.price < 0 else pieces}
    if findings.tally("groceries").add(Moment(day), amounts, category=category):
        findings.keep()
    else:
        findings.drop(Reason.OUT_OF_DOMAIN)


def _number(value: object) -> Decimal | None:
    """Return a number that is written as a text, as all of them are."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return parse_amount(value, ".") if isinstance(value, str) else None
