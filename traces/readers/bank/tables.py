"""Statements as tables: what differs between banks stands in their formats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from traces.amounts import parse_amount
from traces.dates import parse_date
from traces.declared import DateOrder
from traces.errors import UnknownFormat
from traces.findings import Findings
from traces.formats import Format
from traces.readers.bank.ledger import Entry, Ledger
from traces.reasons import Reason
from traces.recognising import Match
from traces.tables import PREAMBLE, Row, separated
from traces.text import normalise, open_text

#: An account's number in the lines above a table, whole or masked.
_ACCOUNT = re.compile(r"(?:compte|account)[^0-9*]*(\*{2,} ?[0-9]{3,}|[0-9]{5,}[0-9a-z]*)", re.I)


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the entries of all files of one bank."""
    if not matches:
        return
    ledger = Ledger(findings, matches[0].format.id)
    for match in matches:
        ledger.begin_file()
        for row, account in _rows(match, findings):
            _add(row, account, match.format, ledger)
    ledger.close()


def _rows(match: Match, findings: Findings) -> Iterator[tuple[Row, str]]:
    """Iterate over the rows below each header, with the account that the lines above it name.

    Some banks put several accounts into one file, each with lines and a header of its own.
    """
    findings.file = match.file
    layout = match.format.layout
    if layout is None:
        raise UnknownFormat()
    header, account = None, ""
    with open_text(match.member.opened) as text:
        for number, cells in enumerate(separated(text, layout.delimiter)):
            found = layout.header(cells)
            if found is not None:
                header = found
            elif named := _account(cells, header is None):
                account = named
            elif header is not None and any(cell.strip() for cell in cells):
                yield Row(header, tuple(cells)), account
            elif header is None and number >= PREAMBLE:
                break
    if header is None:
        raise UnknownFormat()


def _account(cells: Sequence[str], above: bool) -> str:
    """Return the account that a line names; "" where it is a line of the table."""
    filled = [cell for cell in cells if cell.strip()]
    if not above and (len(filled) > 2 or (filled and filled[0][:1].isdigit())):
        return ""
    found = _ACCOUNT.search(" ".join(cells[:6]))
    return "" if found is None else found[1].casefold()


def _add(row: Row, account: str, form: Format, ledger: Ledger) -> None:
    """Add the entry of a row, or count why there is none."""
    findings = ledger.findings
    order = DateOrder(form.date_order) if form.date_order else None
    day = parse_date(row["date"], order) or parse_date(row["booked"], order)
    amount = _amount(row, form)
    told = (row["label"].strip(), row["detail"].strip(), row["reference"].strip())
    dated = row["date"][:1].isdigit() or row["booked"][:1].isdigit()
    if day is None and not dated:
        findings.drop(ledger.aside(" ".join(row.cells)) or Reason.TRAILER)
    elif day is None or amount is None:
        findings.drop(Reason.UNREADABLE)
    elif "state" in row.header.places and not _completed(row, form):
        findings.drop(Reason.NOT_COMPLETED)
    else:
        ledger.add(
            Entry(
                day=day,
                amount=amount,
                label=" ".join(filter(None, told)),
                currency=currency_of(row["currency"]) or form.currency,
                account=row["account"].strip() or account,
                names=tuple(filter(None, (row["subcategory"], row["category"], row["type"]))),
            )
        )


def _completed(row: Row, form: Format) -> bool:
    return normalise(row["state"]) in form.options["completed"].split("|")


def _amount(row: Row, form: Format) -> Decimal | None:
    """Return the amount: one column with a sign, or one for each direction; less its fee."""
    decimal = form.decimal or None
    if row["amount"].strip():
        amount = parse_amount(row["amount"], decimal)
        fee = parse_amount(row["fee"], decimal) or Decimal(0)
        return None if amount is None else amount - fee
    for key, sign in (("debit", -1), ("credit", 1)):
        amount = parse_amount(row[key], decimal) if row[key].strip() else None
        if amount:
            return abs(amount) * sign
    return None


def currency_of(text: str) -> str:
    """Return three capital letters, or ""."""
    plain = text.strip().upper()
    return plain if len(plain) == 3 and plain.isascii() and plain.isalpha() else ""
