"""The audit log: append-only, each entry bound to the one before by a hash.

Entries hold identifiers and actions, never raw data and never a person's name.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, session
from app.core.hash_chain import Walk


class AuditHead(Base):
    """One row: the last entry. Locking it puts writers in a line."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))


class AuditEntry(Base):
    """What was done, by whom, to what."""

    __tablename__ = "audit_entry"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str] = mapped_column(String(32), index=True)
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[str] = mapped_column(Text, default="{}")
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True)
class AuditLine:
    """An entry as pages show it."""

    sequence: int
    at: datetime
    actor_id: str
    action: str
    object_kind: str
    object_id: str


def record(
    actor_id: str, action: str, object_kind: str, object_id: str, **details: str | int
) -> None:
    """Append an entry inside the present unit of work.

    Where somebody acts for a team (`acts`) the entry says who.
    """
    person = session().info.get(acts)
    if person and person != actor_id:
        details = {**details, "by": person}
    head = _head()
    entry = AuditEntry(
        sequence=head.sequence + 1,
        at=now(),
        actor_id=actor_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        details=json.dumps(details, sort_keys=True),
        previous=head.digest,
    )
    entry.digest = _digest(entry)
    head.sequence, head.digest = entry.sequence, entry.digest
    session().add(entry)


def acts(person_id: str) -> None:
    """Note in the present unit of work who acts in it for another account."""
    session().info[acts] = person_id


def _head() -> AuditHead:
    """Return the last entry's place, locked; it is asked for once in a transaction."""
    here = session()
    known = here.info.get(AuditHead)
    if known is not None and known[0] is here.get_transaction():
        held: AuditHead = known[1]
        return held
    chosen = select(AuditHead).with_for_update().execution_options(populate_existing=True)
    head = here.scalars(chosen).one()
    here.info[AuditHead] = (here.get_transaction(), head)
    return head


def was_recorded(actor_id: str, action: str, object_id: str, within: timedelta) -> bool:
    """Tell whether an account did the same to the same lately."""
    chosen = select(AuditEntry.sequence).where(
        AuditEntry.actor_id == actor_id,
        AuditEntry.action == action,
        AuditEntry.object_id == object_id,
        AuditEntry.at > now() - within,
    )
    return session().scalar(chosen.limit(1)) is not None


def broken_at() -> int | None:
    """Return the first sequence number whose chain does not hold, or None."""
    walk = Walk()
    for entry in session().scalars(select(AuditEntry).order_by(AuditEntry.sequence)):
        if not walk.holds(entry.sequence, entry.previous, entry.digest, _digest(entry)):
            return walk.next
    head = session().scalars(select(AuditHead)).one()
    return None if head.digest == walk.digest else walk.next


def lines_about(actor_id: str, limit: int = 100) -> tuple[AuditLine, ...]:
    """Return the latest entries made by one account, newest first."""
    chosen = (
        select(AuditEntry)
        .where(AuditEntry.actor_id == actor_id)
        .order_by(AuditEntry.sequence.desc())
        .limit(limit)
    )
    return tuple(
        AuditLine(e.sequence, e.at, e.actor_id, e.action, e.object_kind, e.object_id)
        for e in session().scalars(chosen)
    )


def _digest(entry: AuditEntry) -> str:
    body = json.dumps(
        [
            entry.sequence,
            entry.at.isoformat(),
            entry.actor_id,
            entry.action,
            entry.object_kind,
            entry.object_id,
            entry.details,
            entry.previous,
        ]
    )
    return hashlib.sha256(body.encode()).hexdigest()
