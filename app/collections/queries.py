import json

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.collections.models import Collection
from app.collections.rules import CollectionRules, ColumnRule, Purpose
from app.core.db import session
from app.core.errors import NotFound
from privacy.schema import CubeSchema


def rules(collection_id: str) -> CollectionRules:
    """Return the public rules of a collection.

    Raises
    ------
    NotFound
    """
    found = session().get(Collection, collection_id)
    if found is None:
        raise NotFound(_l("There is no such collection."))
    return _rules(found)


def all_collections(topic: str = "") -> tuple[CollectionRules, ...]:
    """Return the collections, by title."""
    chosen = select(Collection).order_by(Collection.title)
    if topic:
        chosen = chosen.where(Collection.topic == topic)
    return tuple(_rules(c) for c in session().scalars(chosen))


def owned_by(user_id: str) -> tuple[CollectionRules, ...]:
    """Return the collections an account owns."""
    chosen = select(Collection).where(Collection.owner_id == user_id).order_by(Collection.title)
    return tuple(_rules(c) for c in session().scalars(chosen))


def _rules(row: Collection) -> CollectionRules:
    return CollectionRules(
        id=row.id,
        owner_id=row.owner_id,
        title=row.title,
        description=row.description,
        topic=row.topic,
        person=row.person,
        record=row.record,
        schema=CubeSchema.from_dict(json.loads(row.schema)),
        columns=tuple(
            ColumnRule(c["name"], c["transform"], tuple(c["edges"]), c["source"])
            for c in json.loads(row.columns)
        ),
        ways=row.ways,
        epsilon=row.epsilon_milli / 1000,
        delta=10.0**-row.delta_exponent,
        purposes=frozenset(Purpose(p) for p in row.purposes.split()),
        edition_days=row.edition_days,
        currency=row.currency,
        open=row.open,
        created_at=row.created_at,
        floor_micros=row.floor_micros,
        levels=tuple(
            frozenset(Purpose(purpose) for purpose in level) for level in json.loads(row.levels)
        ),
        minimum_people=row.minimum_people,
    )
