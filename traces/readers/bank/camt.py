"""CAMT.053: account statements of ISO 20022, in all versions."""

from __future__ import annotations

from collections.abc import Sequence

from traces.amounts import parse_amount
from traces.dates import parse_date
from traces.findings import Findings
from traces.readers.bank.ledger import Entry, Ledger
from traces.readers.bank.tables import currency_of
from traces.reasons import Reason
from traces.recognising import Match
from traces.xml_elements import Element, xml_elements

_SIGNS = {"DBIT": -1, "CRDT": 1}
_TOLD = ("AddtlNtryInf", "AddtlTxInf", "Ustrd", "Nm")
#: The code of a cash withdrawal.
_CASH = "CWDL"


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the booked entries of all files."""
    if not matches:
        return
    ledger = Ledger(findings, matches[0].format.id)
    for match in matches:
        ledger.begin_file()
        account = ""
        with findings.open(match) as stream:
            for element in xml_elements(stream, ("Acct", "Ntry")):
                if element.name == "Acct":
                    account = element.said("Id", "IBAN") or element.said("Id", "Othr", "Id")
                else:
                    _add(element, account, ledger)
    ledger.close()


def _add(entry: Element, account: str, ledger: Ledger) -> None:
    findings = ledger.findings
    sign = _SIGNS.get(entry.said("CdtDbtInd"))
    amount = parse_amount(entry.said("Amt"), ".")
    money = entry.first("Amt")
    booked = entry.said("BookgDt", "Dt") or entry.said("BookgDt", "DtTm")
    day = parse_date(booked or entry.said("ValDt", "Dt"))
    if (entry.said("Sts", "Cd") or entry.said("Sts")) != "BOOK":
        findings.drop(Reason.NOT_COMPLETED)
    elif sign is None or amount is None or day is None or money is None:
        findings.drop(Reason.UNREADABLE)
    else:
        told = [each.text for name in _TOLD for each in entry.every(name)]
        code = entry.said("BkTxCd", "Domn", "Fmly", "SubFmlyCd")
        ledger.add(
            Entry(
                day=day,
                amount=abs(amount) * sign,
                label=" ".join(told),
                currency=currency_of(money.attributes.get("Ccy", "")),
                account=account,
                name=entry.said("AcctSvcrRef"),
                names=("cash",) if code == _CASH else (),
            )
        )
