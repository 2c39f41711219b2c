"""Working the book out again, from its first line, to see whether everything still holds.

Each balance sums to zero, for each currency by itself and for each transaction; the chain over
the book holds; so does that of the audit log; documents are numbered without gaps. Nothing is
repaired, nor is anything linked first that waits for its link.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import Database, new_id, session
from app.core.permissions import Actor, Role, require
from app.invoicing import queries as invoicing
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.ledger import chain, currencies
from app.ledger import queries as ledger
from app.operator.models import BookVerification

JOB = "verify-book"
#: How far a verification is once the chain is worked out again, in percent.
CHAIN_DONE = 90


class What(StrEnum):
    """What can be wrong."""

    BALANCE = "balance"
    TRANSACTION = "transaction"
    CHAIN = "chain"
    AUDIT = "audit"
    INVOICES = "invoice"
    CREDIT_NOTES = "credit-note"


#: For whoever reads a terminal. Pages say it in the reader's language.
PLAIN = {
    What.BALANCE: "the balances in {} do not sum to zero",
    What.TRANSACTION: "the transaction {} does not sum to zero",
    What.CHAIN: "the chain over the book does not hold at link {}",
    What.AUDIT: "the chain of the audit log does not hold at entry {}",
    What.INVOICES: "there is no invoice with the number {}, and later ones are",
    What.CREDIT_NOTES: "there is no credit note with the number {}, and later ones are",
}


@dataclass(frozen=True)
class Finding:
    """Something that does not hold.

    Attributes
    ----------
    where : str
        The first place: a currency, a key, or a number.
    """

    what: What
    where: str

    @property
    def plain(self) -> str:
        """The finding in English."""
        return PLAIN[self.what].format(self.where)


@dataclass(frozen=True)
class Verification:
    """What came of it, and the head of the chain that it was about.

    Attributes
    ----------
    waiting : int
        So many transactions had no link yet.
    """

    at: datetime
    links: int
    digest: str
    waiting: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(db: Database, progress: Callable[[int], None] = lambda _percent: None) -> Verification:
    """Work the book out again and keep what came of it."""
    with db.unit_of_work(write=False):
        head, waiting = chain.head(), chain.waiting()
        found = [*_balances(), *_series()]
        entry = audit.broken_at()
    if entry is not None:
        found.append(Finding(What.AUDIT, str(entry)))
    link = chain.broken_at(db, lambda percent: progress(percent * CHAIN_DONE // 100))
    if link is not None:
        found.append(Finding(What.CHAIN, str(link)))
    with db.unit_of_work():
        row = BookVerification(
            id=new_id(),
            links=head.number,
            digest=head.digest,
            waiting=waiting,
            findings=json.dumps([asdict(one) for one in found]),
        )
        session().add(row)
        session().flush()
        return _view(row)


def latest() -> Verification | None:
    """Return what came of the last verification."""
    chosen = select(BookVerification).order_by(BookVerification.at.desc()).limit(1)
    row = session().scalars(chosen).one_or_none()
    return None if row is None else _view(row)


def ask(actor: Actor) -> str:
    """Let the worker work the book out again, now; return the job.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    audit.record(actor.user_id, "verify-book", "book", "all")
    return jobs.enqueue(JOB, f"{JOB}:{new_id()}", {})


def schedule(db: Database) -> None:
    """Have the book and the audit log worked out again once a day."""
    with db.unit_of_work():
        jobs.enqueue(JOB, f"{JOB}:{now():%Y-%m-%d}", {})


def install_worker(handlers: Handlers, db: Database) -> None:
    """Tell the worker how to verify."""

    def do(_payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        verify(db, progress)

    handlers.add(JOB, do)


def _balances() -> list[Finding]:
    found = [
        Finding(What.BALANCE, code)
        for code in currencies.used()
        if sum(amount.micros for amount in ledger.trial_balance(code).values())
    ]
    unbalanced = currencies.unbalanced()
    return found if unbalanced is None else [*found, Finding(What.TRANSACTION, unbalanced)]


def _series() -> list[Finding]:
    return [Finding(What(series), str(number)) for series, number in invoicing.gaps().items()]


def _view(row: BookVerification) -> Verification:
    return Verification(
        row.at,
        row.links,
        row.digest,
        row.waiting,
        tuple(Finding(What(one["what"]), one["where"]) for one in json.loads(row.findings)),
    )
