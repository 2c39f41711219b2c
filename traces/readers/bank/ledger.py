"""What a person's bank entries add up to: sums by account, currency, month and category.

Two equal purchases on one day are both real. An entry that its bank names counts once for its name.
Entries without a name count as often as one file holds them: the largest count of all files. So
files may overlap or be split; two equal entries that a split parts count once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from traces.amounts import minor_units
from traces.dates import midnight
from traces.errors import TooLarge
from traces.findings import Findings
from traces.keywords import keywords
from traces.local_time import Moment
from traces.readers.choosing import chosen_accounts, unnamed_currency
from traces.readers.occurrences import Occurrences
from traces.reasons import Reason

_NOON = 12 * 3_600_000
#: No entry of a person is larger, in units of the currency.
_LARGEST = 10**7
#: Accounts and currencies that are told apart at most.
_MOST = 500
_ASIDE = {"own_transfer": Reason.OWN_TRANSFER, "card_total": Reason.CARD_TOTAL}


@dataclass(frozen=True)
class Entry:
    """One entry of a statement; no `repr` shows it.

    Parameters
    ----------
    day : date
        When it was made.
    amount : Decimal
        Negative where money went out.
    label : str
        What the bank wrote.
    currency, account : str
        "" where the file does not say.
    name : str
        The bank's own name of the entry, unique within its account; "" where there is none.
    names : tuple of str
        The bank's categories, the most telling first.
    """

    day: date = field(repr=False)
    amount: Decimal = field(repr=False)
    label: str = field(repr=False)
    currency: str = ""
    account: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)


class Ledger:
    """Adds up entries, and puts them into the table of spending in their currency.

    Parameters
    ----------
    findings : Findings
        Where the sums go.
    format_id : str
        The format that asks, where something must be asked.
    """

    def __init__(self, findings: Findings, format_id: str) -> None:
        self.findings = findings
        self._format_id = format_id
        self._words = keywords("spending")
        self._sums: Counter[tuple[str, str, date, str]] = Counter()
        self._counts: Counter[tuple[str, str, date, str]] = Counter()
        self._whose: set[tuple[str, str]] = set()
        self._occurrences = Occurrences()

    def begin_file(self) -> None:
        """Say that another file begins."""
        self._occurrences.begin_file()

    def aside(self, *texts: str) -> Reason | None:
        """Return why a line with such texts is no spending, or None."""
        return _ASIDE.get(self._words.of_label(*texts) or "")

    def add(self, entry: Entry) -> None:
        """Add an entry, or count why not."""
        reason = self.findings.implausible(midnight(entry.day) + _NOON)
        if reason is None and not 0 < abs(entry.amount) < _LARGEST:
            reason = Reason.OUT_OF_DOMAIN
        if reason is None and self._repeated(entry):
            reason = Reason.DUPLICATE
        category = self.category(entry)
        reason = reason or _ASIDE.get(category)
        if reason is not None:
            self.findings.drop(reason)
            return
        self._whose.add((entry.account, entry.currency))
        if len(self._whose) > _MOST:
            raise TooLarge(family="bank")
        place = (entry.account, entry.currency, entry.day.replace(day=1), category)
        self._sums[place] += minor_units(abs(entry.amount))
        self._counts[place] += 1

    def category(self, entry: Entry) -> str:
        """Return the category: the bank's own where it says one, else by the words of the label."""
        aside = self._words.of_label(entry.label)
        found = self._words.of_name(*entry.names) or aside
        if aside in _ASIDE:
            found = aside
        if found not in _ASIDE and entry.amount > 0:
            return "income"
        return found or "other"

    def _repeated(self, entry: Entry) -> bool:
        """Return whether an entry was counted before."""
        key = (entry.account, entry.currency, entry.day.isoformat(), str(entry.amount.normalize()))
        last = ("named", entry.name) if entry.name else ("label", " ".join(entry.label.split()))
        return self._occurrences.repeated(*key, *last, once=bool(entry.name))

    def close(self) -> None:
        """Ask what is open; else put the sums into the table."""
        accounts = {account for account, _ in self._whose}
        mine = chosen_accounts(accounts, self.findings, self._format_id, all_together=True)
        if mine is None:
            return
        named = {currency for account, currency in self._whose if account in mine}
        tables = self.findings.currencies("spending")
        unnamed = unnamed_currency(named, tables, self.findings, self._format_id)
        if unnamed is None:
            return
        for place, cents in self._sums.items():
            account, currency, first, category = place
            count = self._counts[place]
            if account not in mine:
                self.findings.drop(Reason.OTHER_ACCOUNT, count)
            elif (table := tables.get(currency or unnamed)) is None:
                self.findings.drop(Reason.OTHER_CURRENCY, count)
            else:
                tally = self.findings.tally(table)
                tally.add(Moment(first), {"amount": cents, "count": count}, category=category)
                self.findings.kept += count
