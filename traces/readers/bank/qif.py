"""QIF: lines with a letter each. Nothing in it says in which order dates are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from traces.amounts import parse_amount
from traces.dates import OrderOfDates, parse_date
from traces.declared import DateOrder, QuestionKind
from traces.findings import Findings
from traces.readers.bank.ledger import Entry, Ledger
from traces.reasons import Reason
from traces.recognising import Match
from traces.text import lines, open_text

_SECTIONS = ("!type:bank", "!type:ccard", "!type:cash")

#: The letters of one record and what follows each; "" is its account.
_Record = dict[str, str]


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the entries of all files; the order of dates is that of all of them."""
    if not matches:
        return
    votes = OrderOfDates()
    for match in matches:
        for record in _records(match, findings):
            votes.see(_date(record))
    order = votes.decide(findings.declared.order)
    options = tuple(each for each in votes.options if each != DateOrder.YMD)
    if order is None and options:
        findings.ask(QuestionKind.DATE_ORDER, matches[0].format.id, options)
        return
    ledger = Ledger(findings, matches[0].format.id)
    for match in matches:
        ledger.begin_file()
        for record in _records(match, findings):
            _add(record, order, ledger)
    ledger.close()


def _date(record: _Record) -> str:
    """Return the date with one sign between its parts: "3/ 4'25" is "3/4/25"."""
    return record.get("D", "").replace("'", "/").replace(" ", "")


def _add(record: _Record, order: DateOrder | None, ledger: Ledger) -> None:
    day = parse_date(_date(record), order)
    amount = parse_amount(record.get("T", record.get("U", "")))
    category = record.get("L", "").strip()
    if order is None:
        ledger.findings.drop(Reason.AMBIGUOUS_DATE)
    elif day is None or amount is None:
        ledger.findings.drop(Reason.UNREADABLE)
    elif category.startswith("["):
        ledger.findings.drop(Reason.OWN_TRANSFER)
    else:
        label = f"{record.get('P', '')} {record.get('M', '')} {record.get('N', '')}"
        ledger.add(Entry(day, amount, label, account=record[""], names=(category,)))


def _records(match: Match, findings: Findings) -> Iterator[_Record]:
    findings.file = match.file
    section, account = "", ""
    record: _Record = {}
    with open_text(match.member.opened) as text:
        for line in lines(text):
            if line.startswith("!"):
                section, record = line.strip().casefold(), {}
            elif line.startswith("^"):
                if section == "!account":
                    account = record.get("N", "").strip()
                elif section in _SECTIONS and record:
                    yield record | {"": account}
                record = {}
            elif line.strip():
                record.setdefault(line[0], line[1:].strip())
