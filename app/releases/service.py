from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.collections import queries as collections
from app.collections.rules import CollectionRules, Purpose
from app.consent import queries as consent
from app.core import audit
from app.core.clock import now
from app.core.db import Database, new_id, session
from app.core.permissions import SYSTEM, Actor, Role, require, require_owner
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.jobs import service as jobs
from app.releases import periods, rarity
from app.releases.measuring import JOB
from app.releases.models import (
    Edition,
    EditionDataset,
)
from app.releases.queries import edition as edition_of
from app.releases.states import EditionState
from app.search import service as search


def next_closing(rules: CollectionRules) -> datetime:
    """Return when the present edition closes: public, and independent of what was listed."""
    if rules.template:
        return periods.next_closing()
    past = (now() - rules.created_at) // timedelta(days=rules.edition_days) + 1
    return rules.created_at + past * timedelta(days=rules.edition_days)


def last_closing(rules: CollectionRules) -> datetime:
    """Return when the edition before the present one closed, or would have."""
    if rules.template:
        return periods.last_closing()
    return next_closing(rules) - timedelta(days=rules.edition_days)


def close(actor: Actor, collection_id: str) -> tuple[str, ...]:
    """Close what came, at each level of consent, and have it counted and measured.

    There is an edition for each level, whether anybody came or not.

    Returns
    -------
    tuple of str
        The editions' identifiers, the level with the most purposes first.

    Raises
    ------
    NotFound
        For anybody but the collection's owner.
    """
    rules = collections.rules(collection_id)
    require_owner(actor, rules.owner_id)
    groups: dict[frozenset[Purpose], list[datasets.ListedDataset]] = {
        level: [] for level in reversed(rules.levels)
    }
    period = periods.period_of(periods.last_closing()) if rules.template else ""
    # Not those of a month whose turn comes later: they were given right after the date.
    waiting = [each for each in datasets.listed(collection_id) if each.period <= period]
    wishes = consent.wishes({each.producer_id for each in waiting})
    for dataset in waiting:
        # A consent that was taken back since the dataset was listed holds from here on.
        level = rules.level(dataset.purposes & wishes[dataset.producer_id].granted)
        if level:
            groups[level].append(dataset)
    number = (
        session().scalar(
            select(func.max(Edition.number)).where(Edition.collection_id == collection_id)
        )
        or 0
    )
    return tuple(
        _found_edition(actor, rules, number + place, (level, period), members)
        for place, (level, members) in enumerate(groups.items(), start=1)
    )


def _found_edition(
    actor: Actor,
    rules: CollectionRules,
    number: int,
    of: tuple[frozenset[Purpose], str],
    members: list[datasets.ListedDataset],
) -> str:
    level, period = of
    edition = Edition(
        id=new_id(),
        collection_id=rules.id,
        number=number,
        purposes=" ".join(sorted(level)),
        state=EditionState.CLOSED,
        floor_micros=rules.floor_micros,
        period=period,
    )
    session().add(edition)
    session().flush()
    still = datasets_service.mark_measured([member.id for member in members])
    for member in members:
        if member.id not in still:
            continue
        session().add(
            EditionDataset(
                edition_id=edition.id,
                dataset_id=member.id,
                producer_id=member.producer_id,
                rows_object=member.rows_object,
                everyone_is_me=member.everyone_is_me,
            )
        )
    session().flush()
    jobs.enqueue(JOB, f"{JOB}:{edition.id}", {"edition": edition.id})
    audit.record(actor.user_id, "close-edition", "edition", edition.id)
    return edition.id


def take_down(actor: Actor, edition_id: str, reason: str) -> None:
    """Stop selling an edition; whoever bought it keeps their tables.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.OPERATOR)
    edition_of(edition_id)
    row = session().get_one(Edition, edition_id)
    if row.taken_down_at is None:
        row.taken_down_at = now()
        rarity.stop_counting([edition_id])
        search.remove(edition_id)
    audit.record(actor.user_id, "take-down", "edition", edition_id, reason=reason)


def close_due(db: Database) -> None:
    """Close every edition whose date has come, whether anybody came or not: the schedule's task."""
    with db.unit_of_work():
        for rules in collections.public_collections():
            if rules.withdrawn:
                continue
            last = session().scalar(
                select(func.max(Edition.closed_at)).where(Edition.collection_id == rules.id)
            )
            due = last_closing(rules)
            if due <= rules.created_at or (last is not None and last >= due):
                continue
            close(SYSTEM, rules.id)
