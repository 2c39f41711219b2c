import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.collections.rules import Purpose
from app.core.batches import batched
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, require_owner
from app.datasets.models import Dataset
from app.datasets.states import DatasetState

#: So many datasets are asked about in one query.
AT_ONCE = 1_000


def named_objects(object_ids: Collection[str]) -> frozenset[str]:
    """Return those of some objects in the vault that a dataset names."""
    columns = (Dataset.upload_object, Dataset.profile_object, Dataset.rows_object)
    return frozenset(
        object_id
        for column in columns
        for object_id in session().scalars(select(column).where(column.in_(object_ids)))
        if object_id
    )


def purposes_of(dataset_ids: Sequence[str]) -> dict[str, frozenset[Purpose]]:
    """Return what the tables of many datasets may be sold for."""
    found: dict[str, frozenset[Purpose]] = {}
    for some in batched(dataset_ids, AT_ONCE):
        chosen = select(Dataset.id, Dataset.purposes).where(Dataset.id.in_(some))
        for dataset_id, purposes in session().execute(chosen):
            found[dataset_id] = frozenset(Purpose(each) for each in purposes.split())
    return found


@dataclass(frozen=True)
class DatasetView:
    """A dataset as its owner sees it.

    Attributes
    ----------
    answers : mapping
        What the owner answered about the columns, as typed.
    problems : tuple of mapping
        What the last check found: row, column, message, remedy.
    offered : mapping
        Categories that were found in a column of the file, to be taken into the answers.
    in_other : mapping
        How many rows of a column fell into "other", where any did.
    """

    id: str
    producer_id: str
    collection_id: str | None
    title: str
    state: DatasetState
    joining: bool
    everyone_is_me: bool
    profile_object: str | None
    row_count: int
    purposes: frozenset[Purpose]
    answers: dict[str, Any]
    problems: tuple[dict[str, Any], ...]
    offered: dict[str, list[str]]
    created_at: datetime
    listed_at: datetime | None
    in_other: dict[str, int]


@dataclass(frozen=True)
class ListedDataset:
    """A dataset that waits for an edition."""

    id: str
    producer_id: str
    rows_object: str
    everyone_is_me: bool
    purposes: frozenset[Purpose]
    period: str = ""


def _view(row: Dataset) -> DatasetView:
    return DatasetView(
        row.id,
        row.producer_id,
        row.collection_id,
        row.title,
        DatasetState(row.state),
        row.joining,
        row.everyone_is_me,
        row.profile_object,
        row.row_count,
        frozenset(Purpose(p) for p in row.purposes.split()),
        json.loads(row.answers),
        tuple(json.loads(row.problems)),
        json.loads(row.offered),
        row.created_at,
        row.listed_at,
        json.loads(row.in_other),
    )


def dataset(actor: Actor, dataset_id: str) -> DatasetView:
    """Return one of the actor's own datasets.

    Raises
    ------
    NotFound
    """
    row = session().get(Dataset, dataset_id)
    if row is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    require_owner(actor, row.producer_id)
    return _view(row)


def of_producer(producer_id: str) -> tuple[DatasetView, ...]:
    """Return the datasets of an account, newest first."""
    chosen = (
        select(Dataset)
        .where(Dataset.producer_id == producer_id)
        .order_by(Dataset.created_at.desc(), Dataset.id)
    )
    return tuple(_view(row) for row in session().scalars(chosen))


def listed(collection_id: str) -> tuple[ListedDataset, ...]:
    """Return the datasets that wait for a collection's next edition."""
    chosen = (
        select(Dataset)
        .where(Dataset.collection_id == collection_id, Dataset.state == DatasetState.LISTED)
        .order_by(Dataset.id)
    )
    return tuple(
        ListedDataset(
            row.id,
            row.producer_id,
            row.rows_object or "",
            row.everyone_is_me,
            frozenset(Purpose(p) for p in row.purposes.split()),
            row.period,
        )
        for row in session().scalars(chosen)
    )
