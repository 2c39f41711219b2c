"""Exports of one's own data: asked for, made by the worker, downloaded for a day, then erased.

An archive may be large, so no request makes one: a request that did kept others waiting. Until
it expires it lies in the vault, sealed under a key of its own as the rows are.
"""

import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.permissions import Actor
from app.datasets.service import Checking
from app.jobs import queries as jobs_queries
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.rights import export
from app.rights.models import Export
from app.users import queries as users

JOB = "export"
LIFE = timedelta(hours=24)
CHUNK = 1 << 20
_SCHEMA = pa.schema([("part", pa.binary())])


@dataclass(frozen=True)
class ExportView:
    """One's own export, as its page shows it.

    Attributes
    ----------
    ready : bool
        Whether it can be downloaded, until `expires_at`.
    size : int
        In bytes.
    """

    object_id: str
    asked_at: datetime
    ready: bool
    expires_at: datetime | None
    size: int
    job: jobs_queries.JobView | None


def named_objects(object_ids: Collection[str]) -> frozenset[str]:
    """Return those of some objects in the vault that are exports."""
    chosen = select(Export.object_id).where(Export.object_id.in_(object_ids))
    return frozenset(session().scalars(chosen))


def ask(actor: Actor, doors: Checking) -> None:
    """Have everything about an account packed; what was packed before is erased.

    Asked for again while one is being made, it goes on.
    """
    row = session().get(Export, actor.user_id, with_for_update=True)
    if row is not None and row.ready_at is None and not _broke_off(row.object_id):
        return
    if row is None:
        row = Export(user_id=actor.user_id, object_id=new_id())
        session().add(row)
    else:
        doors.vault.erase(row.object_id)
        row.object_id, row.asked_at, row.ready_at, row.size = new_id(), now(), None, 0
    session().flush()
    payload = {"user": actor.user_id, "object": row.object_id}
    jobs.enqueue(JOB, f"{JOB}:{row.object_id}", payload)
    audit.record(actor.user_id, "ask-export", "user", actor.user_id)


def own(actor: Actor) -> ExportView | None:
    """Return one's own export, ready or being made; None where there is none any more."""
    row = session().get(Export, actor.user_id)
    if row is None:
        return None
    expires = None if row.ready_at is None else row.ready_at + LIFE
    if expires is not None and expires <= now():
        return None
    job = jobs_queries.with_key(f"{JOB}:{row.object_id}")
    return ExportView(row.object_id, row.asked_at, expires is not None, expires, row.size, job)


def parts(view: ExportView, doors: Checking) -> Iterator[bytes]:
    """Yield the bytes of an export that is ready."""
    for batch in doors.vault.batches(view.object_id):
        yield from batch.column(0).to_pylist()


def make(doors: Checking, user_id: str, object_id: str, progress: Callable[[int], None]) -> None:
    """Pack everything about an account into the vault, with nothing locked."""
    with doors.db.unit_of_work(write=False):
        row = session().get(Export, user_id)
        profile = users.user(user_id)
        if row is None or row.object_id != object_id or profile is None:
            # Forgotten meanwhile: what an earlier attempt may have written goes, too.
            doors.vault.erase(object_id)
            return
        if row.ready_at is not None:
            return
        # A worker that was killed may have left it whole, but not said so.
        doors.vault.erase(object_id)
        with doors.vault.write(object_id, _SCHEMA) as writer:
            sink = _Parts(writer.write_batch)
            export.archive(profile.actor, doors, sink, progress)
            sink.finish()
    with doors.db.unit_of_work():
        row = session().get(Export, user_id, with_for_update=True)
        if row is None or row.object_id != object_id:
            doors.vault.erase(object_id)
            return
        row.ready_at, row.size = now(), sink.size


def forget(actor: Actor, doors: Checking) -> None:
    """Erase one's own export."""
    row = session().get(Export, actor.user_id)
    if row is not None:
        doors.vault.erase(row.object_id)
        session().delete(row)


def erase_named(doors: Checking, object_ids: Collection[str]) -> None:
    """Erase the exports that name one of some objects: in a database that was restored."""
    for row in session().scalars(select(Export).where(Export.object_id.in_(object_ids))):
        doors.vault.erase(row.object_id)
        session().delete(row)


def expire(doors: Checking) -> None:
    """Erase what has been there for its time."""
    with doors.db.unit_of_work():
        old = Export.asked_at <= now() - 2 * LIFE
        chosen = select(Export).where((Export.ready_at <= now() - LIFE) | old)
        for row in session().scalars(chosen):
            doors.vault.erase(row.object_id)
            session().delete(row)


def install_worker(handlers: Handlers, doors: Checking) -> None:
    """Tell the worker how an export is made."""

    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        make(doors, payload["user"], payload["object"], progress)

    handlers.add(JOB, run)


def _broke_off(object_id: str) -> bool:
    job = jobs_queries.with_key(f"{JOB}:{object_id}")
    return job is None or job.state == "failed"


class _Parts(io.RawIOBase):
    """Takes an archive's bytes as they come, and hands them on in parts of one size."""

    def __init__(self, hand_on: Callable[[pa.RecordBatch], None]) -> None:
        self._take = hand_on
        self._held = bytearray()
        self.size = 0

    def writable(self) -> bool:
        """Say that bytes can be written."""
        return True

    def write(self, content: Any) -> int:
        """Take some bytes; return how many."""
        given = bytes(content)
        self._held += given
        self.size += len(given)
        while len(self._held) >= CHUNK:
            self._hand_on(CHUNK)
        return len(given)

    def finish(self) -> None:
        """Hand the rest on."""
        if self._held:
            self._hand_on(len(self._held))

    def _hand_on(self, size: int) -> None:
        part = bytes(self._held[:size])
        del self._held[:size]
        self._take(pa.record_batch([pa.array([part], pa.binary())], schema=_SCHEMA))
