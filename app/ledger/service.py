from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.core import dialects
from app.core.db import new_id, session
from app.ledger.errors import KeyReused, Unbalanced
from app.ledger.models import LedgerEntry, LedgerTransaction
from pricing.money import Money


def post(kind: str, key: str, currency: str, lines: Mapping[str, int]) -> str:
    """Write a transaction once; the same key and lines again change nothing.

    Parameters
    ----------
    kind : str
        Such as "sale" or "payout".
    key : str
        What makes it unique, such as "sale:<order>".
    lines : mapping of account to int
        Millionths of the currency unit, debits positive; lines of zero are left out.

    Returns
    -------
    str
        The transaction's identifier.

    Raises
    ------
    Unbalanced, KeyReused, pricing.errors.InvalidMoney
    """
    # One without hundredths is refused where it would come in: it could not be read any more.
    Money.zero(currency)
    lines = {account: micros for account, micros in sorted(lines.items()) if micros}
    if sum(lines.values()) != 0:
        raise Unbalanced(f"{kind} does not sum to zero")
    known = (
        session()
        .scalars(select(LedgerTransaction).where(LedgerTransaction.key == key))
        .one_or_none()
    )
    if known is not None:
        _refuse_other(known, lines)
        return known.id
    transaction = LedgerTransaction(id=new_id(), kind=kind, key=key, currency=currency)
    session().add(transaction)
    session().flush()
    for account, micros in lines.items():
        session().add(
            LedgerEntry(id=new_id(), transaction_id=transaction.id, account=account, micros=micros)
        )
    session().flush()
    # The database checks the sum here and takes no more lines afterwards.
    transaction.sealed = True
    session().flush()
    return transaction.id


def reverse(key: str, kind: str, new_key: str, instead: Mapping[str, int] | None = None) -> str:
    """Write the opposite of an earlier transaction, once.

    Parameters
    ----------
    instead : mapping, optional
        Added on top of the opposite, such as a fee that is not given back.
    """
    original = (
        session().scalars(select(LedgerTransaction).where(LedgerTransaction.key == key)).one()
    )
    lines = {account: -micros for account, micros in _lines(original.id).items()}
    for account, micros in (instead or {}).items():
        lines[account] = lines.get(account, 0) + micros
    return post(kind, new_key, original.currency, lines)


def hold(accounts: Iterable[str]) -> None:
    """Keep other workers from these accounts until the unit of work ends.

    For a decision that rests on a balance. On SQLite a writing unit is alone anyway.
    """
    dialects.hold_alone(accounts)


def hold_shared(names: Iterable[str]) -> None:
    """Keep workers out that `hold` one of these, not those that share it.

    For work on one account beside work on all of them. Whoever takes both kinds of lock takes
    the shared one first: then nobody waits in a circle.
    """
    dialects.hold_shared(names)


def _lines(transaction_id: str) -> dict[str, int]:
    rows = session().scalars(
        select(LedgerEntry).where(LedgerEntry.transaction_id == transaction_id)
    )
    return {row.account: row.micros for row in rows}


def _refuse_other(known: LedgerTransaction, lines: Mapping[str, int]) -> None:
    if _lines(known.id) != dict(lines):
        raise KeyReused(f"{known.key} was posted with other lines")
