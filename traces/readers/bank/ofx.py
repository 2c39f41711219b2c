"""OFX and QFX, of version 1 (SGML, whose tags have no ends) and 2 (XML): one scan reads both."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TextIO

from traces.amounts import parse_amount
from traces.dates import parse_date
from traces.errors import Damaged
from traces.findings import Findings
from traces.readers.bank.ledger import Entry, Ledger
from traces.readers.bank.tables import currency_of
from traces.reasons import Reason
from traces.recognising import Match
from traces.text import open_text

_CHUNK, _LONGEST = 1 << 16, 1 << 20
_TAG = re.compile(r"<(/?)([A-Za-z0-9_.]{1,40})>([^<]*)")
_ENTRIES = ("STMTTRN", "STMTTRNP")
#: What lies in an entry and tells of something else: the other account, the price abroad.
_ELSEWHERE = ("BANKACCTTO", "CCACCTTO", "ORIGCURRENCY")


class _Tag(NamedTuple):
    closes: bool
    name: str
    value: str


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the entries of all files."""
    if not matches:
        return
    ledger = Ledger(findings, matches[0].format.id)
    for match in matches:
        findings.file = match.file
        ledger.begin_file()
        statement = _Statement(ledger)
        with open_text(match.member.opened) as text:
            for tag in _tags(text):
                statement.take(tag)
        if not statement.whole:
            raise Damaged()
    ledger.close()


def _tags(text: TextIO) -> Iterator[_Tag]:
    """Iterate over the tags and the values behind them."""
    held = ""
    while True:
        try:
            chunk = text.read(_CHUNK)
        except UnicodeError:
            chunk = None
        if chunk is None or len(held) > _LONGEST:
            raise Damaged()
        held += chunk
        end = held.rfind("<") if chunk else len(held)
        for found in _TAG.finditer(held, 0, max(end, 0)):
            yield _Tag(bool(found[1]), found[2].upper(), html.unescape(found[3].strip()))
        held = held[max(end, 0) :]
        if not chunk:
            return


class _Statement:
    """What is known at a tag: the account, its currency, and the entry that is open."""

    def __init__(self, ledger: Ledger) -> None:
        #: Whether the end of the file was met.
        self.whole = False
        self._ledger = ledger
        self._account = self._currency = self._elsewhere = ""
        self._entry: dict[str, str] | None = None

    def take(self, tag: _Tag) -> None:
        """Take one more tag."""
        if self._elsewhere:
            if tag.closes and tag.name == self._elsewhere:
                self._elsewhere = ""
        elif tag.name in (*_ENTRIES, "BANKTRANLIST"):
            if self._entry is not None:
                _add(self._entry, self._account, self._currency, self._ledger)
            opens = tag.name in _ENTRIES and not tag.closes
            self._entry = {"": tag.name} if opens else None
        elif tag.closes:
            self.whole |= tag.name == "OFX"
        elif self._entry is None:
            self._above(tag)
        elif tag.name in _ELSEWHERE:
            self._elsewhere = tag.name
        else:
            self._entry.setdefault(tag.name, tag.value)

    def _above(self, tag: _Tag) -> None:
        """Take a tag that is in no entry."""
        if tag.name in ("STMTRS", "CCSTMTRS"):
            self._account = self._currency = ""
        elif tag.name == "CURDEF":
            self._currency = currency_of(tag.value)
        elif tag.name == "ACCTID":
            self._account = tag.value


def _add(entry: Mapping[str, str], account: str, currency: str, ledger: Ledger) -> None:
    day = parse_date("-".join(_parts(entry.get("DTPOSTED", ""))))
    amount = parse_amount(entry.get("TRNAMT", ""))
    if entry[""] == "STMTTRNP":
        ledger.findings.drop(Reason.NOT_COMPLETED)
    elif day is None or amount is None:
        ledger.findings.drop(Reason.UNREADABLE)
    else:
        ledger.add(
            Entry(
                day=day,
                amount=amount,
                label=f"{entry.get('NAME', '')} {entry.get('MEMO', '')}",
                currency=currency_of(entry.get("CURSYM", "")) or currency,
                account=account,
                name=entry.get("FITID", ""),
                names=(entry.get("TRNTYPE", ""),),
            )
        )


def _parts(stamp: str) -> tuple[str, str, str]:
    """Return year, month and day of "20250314120000[0:GMT]"."""
    return stamp[:4], stamp[4:6], stamp[6:8]
