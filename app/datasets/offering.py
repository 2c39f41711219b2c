"""Categories that were found at a charge: from whose rows, and how they reach the answers.

Finding draws noise and charges people, which is the work of releases, further down; it asks
here for the uploaded rows, and hands back what it found.
"""

import json
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.collections.errors import BadRules
from app.core.db import session
from app.core.errors import Conflict
from app.core.permissions import Actor, require_owner
from app.datasets.models import Dataset
from app.datasets.states import DatasetState
from app.datasets.understanding import Answers


@dataclass(frozen=True)
class UploadedRows:
    """The text columns of an uploaded file, whose rules are not published yet.

    `found_for` is the column that told people apart when something was found in it, if it was.
    """

    producer_id: str
    rows_object: str
    found_for: str | None


def uploaded_rows(actor: Actor, dataset_id: str) -> UploadedRows:
    """Return where a dataset's uploaded rows are, and lock the dataset.

    Raises
    ------
    NotFound
        For anybody but the owner.
    Conflict
        When its columns have rules already, or its upload is gone.
    """
    row = _own(actor, dataset_id)
    if row.collection_id is not None:
        raise Conflict(_l("The categories of this dataset are published already."))
    if row.upload_object is None:
        raise Conflict(_l("The rows of this dataset were erased."))
    return UploadedRows(row.producer_id, row.upload_object, row.found_for)


def promise(actor: Actor, dataset_id: str, person_column: str) -> None:
    """Note who is protected in what is found: the answers must name the same people."""
    _own(actor, dataset_id).found_for = person_column


def check_promise(found_for: str | None, person_column: str) -> None:
    """Refuse people other than those that categories were found for.

    Raises
    ------
    BadRules
    """
    if found_for is not None and found_for != person_column:
        raise BadRules(
            _l(
                "Categories were found for the people that column “%(column)s” tells apart. "
                "Keep that column for it."
            ),
            column=found_for,
        )


def lock(dataset_id: str) -> None:
    """Let nobody else change a dataset until the unit of work ends."""
    session().scalars(select(Dataset.id).where(Dataset.id == dataset_id).with_for_update()).one()


def keep_draft(actor: Actor, dataset_id: str, answers: Answers) -> None:
    """Keep what was typed so far, unless the file was checked against earlier answers."""
    row = _own(actor, dataset_id)
    if row.state == DatasetState.UPLOADED:
        row.answers, row.offered = json.dumps(answers.to_dict()), "{}"


def offer(actor: Actor, dataset_id: str, column: str, values: tuple[str, ...]) -> None:
    """Put found categories where the columns form shows them next, until it is sent."""
    row = _own(actor, dataset_id)
    if row.collection_id is None and row.upload_object is not None:
        row.offered = json.dumps({**json.loads(row.offered), column: values})


def _own(actor: Actor, dataset_id: str) -> Dataset:
    chosen = select(Dataset).where(Dataset.id == dataset_id).with_for_update()
    row = session().scalars(chosen).one_or_none()
    require_owner(actor, row.producer_id if row else "nobody")
    if row is None:
        raise Conflict(_l("This dataset is gone."))
    return row
