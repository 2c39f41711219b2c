"""Amazon: orders on line, in the files of today and of before.

A row is one product of one shipment. Only the oldest report gives categories; elsewhere the words
of a product's name tell them, in memory alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from traces.amounts import minor_units, parse_amount
from traces.dates import parse_instant
from traces.declared import DateOrder
from traces.findings import Findings
from traces.keywords import keywords
from traces.local_time import Moment
from traces.readers.bank.tables import currency_of
from traces.readers.choosing import unnamed_currency
from traces.readers.occurrences import Occurrences
from traces.reasons import Reason
from traces.recognising import Match
from traces.tables import Row
from traces.text import normalise

_EMPTY = ("", "not available", "not applicable")
_CANCELLED = ("cancelled", "canceled", "annule", "annulee")
#: No product costs more, nor comes in more pieces.
_LARGEST = 100_000

#: A currency, the first day of a month, a category.
_Place = tuple[str, date, str]


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the orders of all files."""
    orders = _Orders(findings)
    for match in matches:
        orders.occurrences.begin_file()
        for row in findings.rows(match):
            orders.add(row, match)
    if matches:
        orders.close(matches[0].format.id)


class _Orders:
    """Sums by currency, month and category."""

    def __init__(self, findings: Findings) -> None:
        self.occurrences = Occurrences()
        self._findings = findings
        self._cents: Counter[_Place] = Counter()
        self._items: Counter[_Place] = Counter()
        self._rows: Counter[_Place] = Counter()

    def add(self, row: Row, match: Match) -> None:
        """Add the product of a row, or count why not."""
        form, findings = match.format, self._findings
        order = DateOrder(form.date_order) if form.date_order else None
        moment = parse_instant(row["date"], findings.clock.zone, order)
        moment = _noon(row["date"], order, findings) if moment is None else moment
        total = parse_amount(row["total"], form.decimal)
        quantity = parse_amount(row["quantity"], form.decimal)
        if reason := self._reason(row, moment, total, quantity):
            findings.drop(reason)
            return
        if moment is None or total is None or quantity is None:
            raise AssertionError
        category = keywords("orders").of_name(row["category"])
        category = category or keywords("orders").of_label(row["name"]) or "other"
        day = findings.clock.at(moment).day.replace(day=1)
        place = (currency_of(row["currency"]) or form.currency, day, category)
        self._cents[place] += minor_units(total)
        self._items[place] += int(quantity)
        self._rows[place] += 1

    def _reason(
        self, row: Row, moment: int | None, total: Decimal | None, quantity: Decimal | None
    ) -> Reason | None:
        if normalise(row["status"]) in _CANCELLED:
            return Reason.NOT_COMPLETED
        if any(normalise(row[key]) in _EMPTY for key in ("date", "total", "quantity")):
            return Reason.MISSING
        if moment is None or total is None or quantity is None:
            return Reason.UNREADABLE
        if not (0 <= total < _LARGEST and 0 < quantity < _LARGEST and quantity == int(quantity)):
            return Reason.OUT_OF_DOMAIN
        if implausible := self._findings.implausible(moment):
            return implausible
        key = (row["order"], row["product"], row["name"], str(moment), str(total), str(quantity))
        return Reason.DUPLICATE if self.occurrences.repeated(*key) else None

    def close(self, format_id: str) -> None:
        """Ask for the currency where none is named; else put the sums into the tables."""
        tables = self._findings.currencies("orders")
        named = {each[0] for each in self._rows}
        unnamed = unnamed_currency(named, tables, self._findings, format_id)
        if unnamed is None:
            return
        for place, rows in self._rows.items():
            currency, day, category = place
            table = tables.get(currency or unnamed)
            if table is None:
                self._findings.drop(Reason.OTHER_CURRENCY, rows)
                continue
            amounts = {"spend": self._cents[place], "items": self._items[place]}
            self._findings.tally(table).add(Moment(day), amounts, category=category)
            self._findings.kept += rows


def _noon(text: str, order: DateOrder | None, findings: Findings) -> int | None:
    """Return the middle of a day that stands without a time."""
    return parse_instant(f"{text.strip()} 12:00", findings.clock.zone, order)
