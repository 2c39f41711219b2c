"""One month of one person, as a dataset that waits for its edition."""

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Select, select

from app.collections.rules import Purpose
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.datasets.models import Dataset
from app.datasets.service import Checking
from app.datasets.states import DatasetEvent, DatasetState, next_state
from app.vault.errors import VaultError

#: What reading somebody's own cells may raise where they are damaged.
UNREADABLE = (VaultError, ValueError)


@dataclass(frozen=True)
class Offer:
    """Where a month goes, and what its tables may be sold for."""

    collection_id: str
    period: str
    purposes: frozenset[Purpose]


def offer(user_id: str, doors: Checking, where: Offer, rows: pa.RecordBatch) -> None:
    """List a person's month, once: what waits of it already is replaced.

    What went into an edition stays there; nothing of that month is listed again. The audit entry
    is the caller's, who knows why.
    """
    mine = _of(user_id, where.collection_id, where.period)
    if any(_was_measured(row) for row in mine):
        return
    for row in mine:
        if row.state != DatasetState.ERASED:
            _erase(doors, row)
    object_id = new_id()
    doors.vault.write_small(object_id, rows)
    row = Dataset(
        id=new_id(),
        producer_id=user_id,
        collection_id=where.collection_id,
        title="",
        state=DatasetState.LISTED,
        joining=True,
        everyone_is_me=True,
        rows_object=object_id,
        row_count=rows.num_rows,
        purposes=" ".join(sorted(where.purposes)),
        listed_at=now(),
        period=where.period,
    )
    session().add(row)


def take_back(user_id: str, doors: Checking, collection_id: str, period: str) -> None:
    """Erase a person's rows in a collection: of one month, or of all where none is named.

    Where their edition is closing they are left out of it, up to the last moment; where it is
    published, what was released stays and the rows are gone.
    """
    for row in _of(user_id, collection_id, period):
        if row.state != DatasetState.ERASED:
            _erase(doors, row)


def agree(user_id: str, collection_id: str, purposes: frozenset[Purpose]) -> None:
    """Change what a person's months may be sold for: those that wait, and those being counted.

    What is being counted, or was, is never sold for more than was agreed to then.
    """
    for row in _of(user_id, collection_id, ""):
        agreed = purposes
        if row.state == DatasetState.MEASURED:
            agreed = purposes & {Purpose(each) for each in row.purposes.split()}
        row.purposes = " ".join(sorted(agreed))


def _was_measured(row: Dataset) -> bool:
    """Say whether a month went into an edition that was closing, even if it was erased since."""
    erased = row.state == DatasetState.ERASED and row.listed_at is not None
    return row.state == DatasetState.MEASURED or erased


def has_given(user_id: str, collection_id: str, period: str) -> bool:
    """Say whether somebody has given a month already."""
    chosen = select(Dataset.id).where(
        Dataset.producer_id == user_id,
        Dataset.collection_id == collection_id,
        Dataset.period == period,
        Dataset.state != DatasetState.ERASED,
    )
    return session().scalar(chosen.limit(1)) is not None


def givers_select(collection_id: str, period: str) -> Select[str]:
    """Return a query for who has given a month already: for work on sets, in the database."""
    return select(Dataset.producer_id).where(
        Dataset.collection_id == collection_id,
        Dataset.period == period,
        Dataset.state != DatasetState.ERASED,
    )


def erase_named(doors: Checking, object_ids: Collection[str]) -> None:
    """Erase the months that name one of some objects: in a database that was restored."""
    chosen = select(Dataset).where(
        Dataset.rows_object.in_(object_ids),
        Dataset.period != "",
        Dataset.state != DatasetState.ERASED,
    )
    for row in session().scalars(chosen.with_for_update()).all():
        _erase(doors, row)


def _of(user_id: str, collection_id: str, period: str) -> list[Dataset]:
    chosen = select(Dataset).where(
        Dataset.producer_id == user_id,
        Dataset.collection_id == collection_id,
        Dataset.period != "",
    )
    if period:
        chosen = chosen.where(Dataset.period == period)
    return list(session().scalars(chosen.with_for_update()))


def _erase(doors: Checking, row: Dataset) -> None:
    if row.state != DatasetState.MEASURED:
        row.listed_at = None
    row.state = next_state(DatasetState(row.state), DatasetEvent.ERASE)
    if row.rows_object:
        doors.vault.erase(row.rows_object)
    row.rows_object, row.row_count, row.erased_at = None, 0, now()
    audit.record(row.producer_id, "erase-dataset", "dataset", row.id)
