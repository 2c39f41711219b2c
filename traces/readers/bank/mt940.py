"""MT940: the customer statement message of banks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TextIO

from traces.amounts import parse_amount
from traces.dates import parse_date
from traces.findings import Findings
from traces.readers.bank.ledger import Entry, Ledger
from traces.readers.bank.tables import currency_of
from traces.reasons import Reason
from traces.recognising import Match
from traces.text import lines, open_text

_FIELD = re.compile(r":([0-9]{2}[A-Z]?):(.*)", re.S)
_ENTRY = re.compile(
    r"(?P<y>[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:[0-9]{4})?(?P<back>R?)(?P<sign>[CD])[A-Z]?"
    r"(?P<amount>[0-9]{1,15}(?:[.,][0-9]{0,4})?)(?P<rest>.*)",
    re.S,
)
_BALANCE = re.compile(r"[CD][0-9]{6}([A-Z]{3})")
#: Numbers of the parts of a description; those behind the first go on within a word.
_GOES_ON = re.compile(r"\?(?:2[1-9]|6[0-3])")
_PART = re.compile(r"\?[0-9]{2}")
_LONGEST = 1 << 16


@dataclass
class _Open:
    """An entry whose description may follow."""

    entry: re.Match[str] | None = field(repr=False)
    label: str = field(repr=False)


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the entries of all files."""
    if not matches:
        return
    ledger = Ledger(findings, matches[0].format.id)
    for match in matches:
        findings.file = match.file
        ledger.begin_file()
        with open_text(match.member.opened) as text:
            _read(text, ledger)
    ledger.close()


def _read(text: TextIO, ledger: Ledger) -> None:
    account = currency = ""
    held: _Open | None = None
    for name, value in _fields(text):
        if name == "86" and held is not None:
            held.label += " " + _PART.sub(" ", _GOES_ON.sub("", value))
            continue
        if held is not None:
            _add(held, account, currency, ledger)
            held = None
        if name == "25":
            account = value.strip()
        elif name in ("60F", "60M") and (balance := _BALANCE.match(value)):
            currency = currency_of(balance[1])
        elif name == "61":
            entry = _ENTRY.match(value)
            held = _Open(entry, entry["rest"] if entry else "")
    if held is not None:
        _add(held, account, currency, ledger)


def _fields(text: TextIO) -> Iterator[tuple[str, str]]:
    """Iterate over fields and their values, of one or more lines."""
    name, value = "", ""
    for line in lines(text):
        found = _FIELD.match(line)
        if found or line.startswith("-") and line.strip() in ("-", "-}"):
            if name:
                yield name, value
            name, value = (found[1], found[2]) if found else ("", "")
        elif len(value) < _LONGEST:
            value += line  # lines break within words
    if name:
        yield name, value


def _add(held: _Open, account: str, currency: str, ledger: Ledger) -> None:
    found = held.entry
    day = parse_date(f"20{found['y']}-{found['m']}-{found['d']}") if found else None
    amount = parse_amount(found["amount"].rstrip(",."), ",") if found else None
    if found is None or day is None or amount is None:
        ledger.findings.drop(Reason.UNREADABLE)
        return
    # What takes back a debit gives money, and the other way round.
    gives = (found["sign"] == "C") != bool(found["back"])
    ledger.add(Entry(day, amount * Decimal(1 if gives else -1), held.label, currency, account))
