import json
from collections.abc import Iterable
from functools import lru_cache

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.collections.models import Collection
from app.collections.rules import CollectionRules, ColumnRule, Identifier, Purpose
from app.collections.templates import every_template, words_of
from app.collections.texts import topic_name
from app.core.db import beginning_with, session
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


def rules_of(collection_ids: Iterable[str]) -> dict[str, CollectionRules]:
    """Return the public rules of several collections, which are read together."""
    chosen = select(Collection).where(Collection.id.in_(list(collection_ids)))
    return {row.id: _rules(row) for row in session().scalars(chosen)}


def all_collections() -> tuple[CollectionRules, ...]:
    """Return all collections, by title: for the operator and for what runs by itself."""
    return tuple(
        _rules(c) for c in session().scalars(select(Collection).order_by(Collection.title))
    )


def public_collections() -> tuple[CollectionRules, ...]:
    """Return the collections that everybody sees, by title."""
    return tuple(rules for rules in all_collections() if rules.public)


def open_collections(most: int) -> tuple[CollectionRules, ...]:
    """Return collections that take data, the latest first; those of templates have a page."""
    chosen = select(Collection).where(
        Collection.open, Collection.public_since.is_not(None), Collection.template == ""
    )
    rows = session().scalars(chosen.order_by(Collection.public_since.desc()).limit(most))
    return tuple(_rules(row) for row in rows)


def template_collections() -> tuple[CollectionRules, ...]:
    """Return the market's own collections: as many as there are templates."""
    chosen = select(Collection).where(Collection.template != "")
    return tuple(_rules(row) for row in session().scalars(chosen))


def seen_by(user_id: str, collection_id: str, *, operator: bool = False) -> CollectionRules:
    """Return a collection's rules to somebody who may see them: before consent, its founder alone.

    Raises
    ------
    NotFound
    """
    found = rules(collection_id)
    if not (found.public or operator or (user_id == found.owner_id and not found.withdrawn)):
        raise NotFound(_l("There is no such collection."))
    return found


def owned_by(user_id: str) -> tuple[CollectionRules, ...]:
    """Return the collections an account owns."""
    chosen = select(Collection).where(Collection.owner_id == user_id).order_by(Collection.title)
    return tuple(_rules(c) for c in session().scalars(chosen))


def ids_owned_by(user_id: str) -> tuple[str, ...]:
    """Return the collections that an account still owns: for every page, so no rules are read."""
    chosen = select(Collection.id).where(Collection.owner_id == user_id, ~Collection.withdrawn)
    return tuple(session().scalars(chosen))


def founders_of(topic: str) -> dict[str, str]:
    """Return who founded each collection of a topic; those of templates are the market's, ""."""
    chosen = select(Collection.id, Collection.owner_id, Collection.template)
    rows = session().execute(chosen.where(Collection.topic == topic))
    return {row.id: "" if row.template else row.owner_id for row in rows}


def _rules(row: Collection) -> CollectionRules:
    return CollectionRules(
        id=row.id,
        owner_id=row.owner_id,
        title=_title(row),
        description=_description(row),
        topic=row.topic,
        person=row.person,
        record=row.record,
        schema=_schema(row.schema),
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
        public=row.public_since is not None and (row.released or not row.withdrawn),
        withdrawn=row.withdrawn,
        released=row.released,
        identifier=Identifier(row.identifier),
        template=row.template,
    )


@lru_cache(maxsize=2_000)
def _schema(text: str) -> CubeSchema:
    """Read a schema; one that was read before is the same object, and it never changes."""
    return CubeSchema.from_dict(json.loads(text))


def _title(row: Collection) -> str:
    known = every_template().get(row.template)
    if known is not None:
        return words_of(known.title)
    return row.title or f"{topic_name(row.topic)} {row.id[:4]}"


def _description(row: Collection) -> str:
    known = every_template().get(row.template)
    return row.description if known is None else words_of(known.question)


def identified(text: str) -> str:
    """Return the collection whose identifier begins with a text: for the operator.

    Raises
    ------
    NotFound
    """
    found = beginning_with(Collection.id, text)
    if found is None:
        raise NotFound(_l("There is no such collection, or more than one begins like that."))
    return found
