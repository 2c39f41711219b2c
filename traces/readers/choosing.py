"""Whose records count, where files hold those of several accounts, meters or currencies."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from traces.declared import QuestionKind
from traces.findings import Findings

#: The answer of somebody who means all of their accounts.
ALL = "all"
#: The code of ISO 4217 for no currency: the answer of somebody whose own is not offered.
ANOTHER = "XXX"


def masked(names: Collection[str]) -> Mapping[str, str]:
    """Return what the owner reads instead of each account: its end, as short as tells it apart.

    Examples
    --------
    >>> masked(["FR7600011234", "FR7600015678"])["FR7600015678"]
    '…5678'
    """
    plain = sorted(set(names))
    length = 4
    while len({name[-length:] for name in plain}) < len(plain):
        length += 1
    return {name: f"…{name[-length:]}" for name in plain}


def chosen_accounts(
    names: Collection[str], findings: Findings, format_id: str, *, all_together: bool
) -> Collection[str] | None:
    """Return the accounts that count; None where the owner is asked first.

    Records that name no account always count.

    Parameters
    ----------
    names : collection of str
        As the files have them; "" where they name none.
    findings : Findings
        Holds the answer, and takes the question.
    format_id : str
        The format that asks.
    all_together : bool
        Whether "all" is an answer too.
    """
    known = masked([name for name in names if name])
    if len(known) < 2:
        return set(names)
    answer = findings.declared.account
    if all_together and answer == ALL:
        return set(names)
    found = {name for name, shown in known.items() if answer in (name, shown)}
    if found:
        return found | {""}
    options = sorted(known.values())
    findings.ask(QuestionKind.ACCOUNT, format_id, (*([ALL] if all_together else []), *options))
    return None


def unnamed_currency(
    names: Collection[str], known: Collection[str], findings: Findings, format_id: str
) -> str | None:
    """Return the currency of records that name none; None where the owner is asked first.

    Parameters
    ----------
    names : collection of str
        The currencies of the records, three capital letters each; "" where one names none.
    known : collection of str
        The currencies that there is a template for.
    findings, format_id : Findings, str
        As for accounts.
    """
    declared = findings.declared.currency
    if declared is None and "" in names:
        findings.ask(QuestionKind.CURRENCY, format_id, (*sorted(known), ANOTHER))
        return None
    return declared or ANOTHER
