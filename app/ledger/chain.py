"""The chain over the book: each sealed transaction is bound to the one before by a hash.

Triggers keep the program from changing the book; they do not keep whoever owns the database. A
link's digest holds the digest before it, so that whoever changes one transaction has to change
every later link, and the head that an auditor wrote down no longer fits.

Postings take no part in it. A link has one place behind the last one, so a posting that linked
itself would hold a lock on the head until it commits, and all sales, settlements and payouts
would wait in one line for the longest of them. Links are made afterwards, by a schedule, under a
lock of their own; what waits for one is counted and shown. For the same reason a transaction's
lines, of which there may be a million, are read and hashed before the lock is taken: what is
sealed does not change, so they are the same afterwards.

The text that is hashed is in docs/money.md, "The chain".
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.core.clock import now
from app.core.db import Database, session
from app.core.dialects import by_bytes
from app.core.hash_chain import GENESIS, Walk
from app.ledger import service
from app.ledger.models import LedgerEntry, LedgerLink, LedgerTransaction

#: So many transactions are linked, or checked, at a time.
AT_A_TIME = 200
#: So many lines are held at a time.
LINES = 2000
#: The name of its lock; no account is called so.
LOCK = "chain"

_COLUMNS = (
    LedgerLink.number,
    LedgerLink.previous,
    LedgerLink.digest,
    LedgerTransaction.id,
    LedgerTransaction.kind,
    LedgerTransaction.key,
    LedgerTransaction.currency,
    LedgerTransaction.at,
    LedgerTransaction.sealed,
    LedgerEntry.account,
    LedgerEntry.micros,
)


@dataclass(frozen=True)
class Head:
    """The last link: with its digest everything before it is fixed.

    Attributes
    ----------
    number : int
        How many links there are; 0 in a book without any, with the digest that the first link
        names as its predecessor.
    """

    number: int
    digest: str
    linked_at: datetime | None


@dataclass(frozen=True)
class _Body:
    """A transaction as it is hashed: what stands behind its lines, and the hash over these."""

    id: str
    kind: str
    key: str
    currency: str
    at: datetime
    lines: int
    over_lines: Any


def head() -> Head:
    """Return the last link."""
    chosen = select(LedgerLink).order_by(LedgerLink.number.desc()).limit(1)
    row = session().scalars(chosen).one_or_none()
    return Head(0, GENESIS, None) if row is None else Head(row.number, row.digest, row.linked_at)


def waiting() -> int:
    """Return how many sealed transactions have no link yet."""
    return session().scalar(select(func.count()).where(_unlinked())) or 0


def extend(db: Database, limit: int = 100_000) -> int:
    """Link sealed transactions that have no link yet, oldest first; return how many.

    Parameters
    ----------
    limit : int
        So many at most; the rest wait for the next time.
    """
    # Looked for once: among a million links each look takes a while.
    ids, done = _waiting_ids(db, limit), 0
    for place in range(0, len(ids), AT_A_TIME):
        bodies = _bodies(db, ids[place : place + AT_A_TIME])
        with db.unit_of_work():
            done += _append(bodies)
    return done


def broken_at(db: Database, progress: Callable[[int], None] = lambda _percent: None) -> int | None:
    """Work out every link again; return the number of the first that does not hold, or None.

    A link does not hold if it is not there, if it names another predecessor, if its transaction
    is not there or not sealed, or if anything of that transaction is not as it was. What is not
    linked yet is not looked at.

    Parameters
    ----------
    progress : callable
        Is told now and then how much is done, in percent.
    """
    with db.unit_of_work(write=False):
        last = head().number
    walk, told = Walk(), 0
    for start in range(0, last, AT_A_TIME):
        for link, body in _links(db, start, min(start + AT_A_TIME, last)):
            number, before, digest = link
            computed = None if body is None else _digest(body, walk.next, walk.digest)
            if not walk.holds(number, before, digest, computed):
                return walk.next
        if walk.number != min(start + AT_A_TIME, last):
            return walk.next
        percent = 100 * walk.number // last
        if percent > told:
            told = percent
            progress(percent)
    return None


def _unlinked() -> ColumnElement[bool]:
    linked = exists().where(LedgerLink.transaction_id == LedgerTransaction.id)
    return LedgerTransaction.sealed & ~linked


def _waiting_ids(db: Database, limit: int) -> Sequence[str]:
    chosen = (
        select(LedgerTransaction.id)
        .where(_unlinked())
        .order_by(LedgerTransaction.at, LedgerTransaction.id)
        .limit(limit)
    )
    with db.unit_of_work(write=False):
        return session().scalars(chosen).all()


def _bodies(db: Database, ids: Sequence[str]) -> list[_Body]:
    lines = (
        select(*_COLUMNS)
        .select_from(LedgerTransaction)
        .outerjoin(LedgerLink, LedgerLink.transaction_id == LedgerTransaction.id)
        .outerjoin(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.id.in_(ids))
        .order_by(
            LedgerTransaction.at,
            LedgerTransaction.id,
            by_bytes(LedgerEntry.account, db.engine),
            LedgerEntry.micros,
        )
    )
    return [body for _, body in _read(db, lines)]


def _append(bodies: Iterable[_Body]) -> int:
    service.hold([LOCK])
    last, done = head(), 0
    number, previous, moment = last.number, last.digest, now()
    for body in bodies:
        # Another worker may have linked it meanwhile.
        if session().scalar(select(exists().where(LedgerLink.transaction_id == body.id))):
            continue
        number += 1
        digest = _digest(body, number, previous)
        session().add(
            LedgerLink(
                number=number,
                transaction_id=body.id,
                previous=previous,
                digest=digest,
                linked_at=moment,
            )
        )
        previous, done = digest, done + 1
    session().flush()
    return done


def _digest(body: _Body, number: int, previous: str) -> str:
    """Return the hash over lines and facts; facts come last, as only they need the lock."""
    facts = (
        str(body.lines),
        str(number),
        previous,
        body.id,
        body.kind,
        body.key,
        body.currency,
        body.at.isoformat(timespec="microseconds"),
    )
    over = body.over_lines.copy()
    over.update("".join(f"{fact}\n" for fact in facts).encode())
    return str(over.hexdigest())


def _links(
    db: Database, above: int, until: int
) -> Iterator[tuple[tuple[int, str, str], _Body | None]]:
    """Yield links in order, each with its transaction as it is now; None for what is not sealed."""
    chosen = (
        select(*_COLUMNS)
        .select_from(LedgerLink)
        .outerjoin(LedgerTransaction, LedgerTransaction.id == LedgerLink.transaction_id)
        .outerjoin(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerLink.number > above, LedgerLink.number <= until)
        .order_by(LedgerLink.number, by_bytes(LedgerEntry.account, db.engine), LedgerEntry.micros)
    )
    for first, body in _read(db, chosen):
        yield (first[0], first[1], first[2]), body if first.sealed else None


def _read(db: Database, chosen: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, _Body]]:
    """Yield the first row of each transaction, and all of them hashed; few lines are held."""
    with (
        db.engine.connect() as connection,
        connection.execution_options(yield_per=LINES).execute(chosen) as rows,
    ):
        for _, group in groupby(rows, itemgetter(0, 3)):
            lines = iter(group)
            first = next(lines)
            over, count = hashlib.sha256(), 0
            rest = chain((first,), lines)
            while some := [
                f"{row.account}|{row.micros}\n"
                for row in islice(rest, LINES)
                if row.account is not None
            ]:
                over.update("".join(some).encode())
                count += len(some)
            yield (
                first,
                _Body(first.id, first.kind, first.key, first.currency, first.at, count, over),
            )
