from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.consent import queries as consent
from app.core import audit
from app.core.clock import now
from app.core.db import Database, new_id, session
from app.core.permissions import SYSTEM, Actor, require_owner
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.jobs import service as jobs
from app.releases.errors import NothingListed
from app.releases.measuring import JOB
from app.releases.models import (
    Edition,
    EditionDataset,
)
from app.releases.states import EditionState


def next_closing(rules: CollectionRules) -> datetime:
    """Return when the present edition closes: public, and independent of what was listed."""
    periods = (now() - rules.created_at) // timedelta(days=rules.edition_days) + 1
    return rules.created_at + periods * timedelta(days=rules.edition_days)


def close(actor: Actor, collection_id: str) -> tuple[str, ...]:
    """Close the present edition and have it measured; one edition a set of purposes.

    Returns
    -------
    tuple of str
        The editions' identifiers.

    Raises
    ------
    NotFound
        For anybody but the collection's owner.
    NothingListed
    """
    rules = collections.rules(collection_id)
    require_owner(actor, rules.owner_id)
    waiting = datasets.listed(collection_id)
    groups: dict[str, list[datasets.ListedDataset]] = {}
    for dataset in waiting:
        # A consent that was taken back since the dataset was listed holds from here on.
        allowed = dataset.purposes & rules.purposes & consent.granted(dataset.producer_id)
        purposes = " ".join(sorted(allowed))
        if purposes:
            groups.setdefault(purposes, []).append(dataset)
    if not groups:
        raise NothingListed(_l("No dataset is waiting for this edition yet."))
    number = (
        session().scalar(
            select(func.max(Edition.number)).where(Edition.collection_id == collection_id)
        )
        or 0
    )
    made = []
    for purposes, members in sorted(groups.items(), key=lambda group: -len(group[0])):
        number += 1
        made.append(_found_edition(actor, collection_id, number, purposes, members))
    return tuple(made)


def _found_edition(
    actor: Actor,
    collection_id: str,
    number: int,
    purposes: str,
    members: list[datasets.ListedDataset],
) -> str:
    edition = Edition(
        id=new_id(),
        collection_id=collection_id,
        number=number,
        purposes=purposes,
        state=EditionState.CLOSED,
        floor_micros=collections.rules(collection_id).floor_micros,
    )
    session().add(edition)
    session().flush()
    for member in members:
        session().add(
            EditionDataset(
                edition_id=edition.id,
                dataset_id=member.id,
                producer_id=member.producer_id,
                rows_object=member.rows_object,
                everyone_is_me=member.everyone_is_me,
            )
        )
        datasets_service.mark_measured(SYSTEM, member.id)
    session().flush()
    jobs.enqueue(JOB, f"{JOB}:{edition.id}", {"edition": edition.id})
    audit.record(actor.user_id, "close-edition", "edition", edition.id)
    return edition.id


def close_due(db: Database) -> None:
    """Close every edition whose date has come: the schedule's task."""
    with db.unit_of_work():
        for rules in collections.all_collections():
            last = session().scalar(
                select(func.max(Edition.closed_at)).where(Edition.collection_id == rules.id)
            )
            due = next_closing(rules) - timedelta(days=rules.edition_days)
            if due <= rules.created_at or (last is not None and last >= due):
                continue
            try:
                close(SYSTEM, rules.id)
            except NothingListed:
                continue
