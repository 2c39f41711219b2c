"""The market's own collections: one for each public template of everyday traces.

Their columns and bounds come from the library `traces`, which knows them before any data came.
They are nobody's: no founder can close, withdraw or own them, and they are public from the start.
"""

import json
from collections.abc import Mapping
from decimal import Decimal

from flask_babel import get_locale
from sqlalchemy import select, update

from app.collections.models import Collection
from app.collections.own_diaries import every_diary
from app.collections.rules import ColumnRule, Purpose
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.permissions import SYSTEM
from app.users import service as users
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from traces.catalogue import templates
from traces.schema import Template, Words

#: Which topic of the market a family of traces belongs to.
TOPICS = {
    "energy": "energy",
    "electricity": "energy",
    "bank": "shopping",
    "money": "shopping",
    "groceries": "shopping",
    "shopping": "shopping",
    "media": "leisure",
    "health": "health",
    "body": "health",
    "sport": "health",
    "work": "work",
    "mobility": "mobility",
}
DELTA_EXPONENT = 6
DAYS_OF_A_MONTH = 30
#: So many columns meet in one table.
WAYS = 2


def every_template() -> Mapping[str, Template]:
    """Return the public templates, by key; those of diaries among them, the market's own too."""
    return {**templates(), **{key: diary.template for key, diary in every_diary().items()}}


def found_templates(*, sensitive: bool = False) -> tuple[str, ...]:
    """Found the collection of each template that has none yet; return the new ones' keys.

    A new version of a template is a new collection; that of the earlier one takes no more data.
    Nor does that of a template that is not there any more.

    Parameters
    ----------
    sensitive : bool
        Whether templates of a special category, such as health, are among them.
    """
    gone = Collection.template.not_in({"", *every_template()})
    session().execute(update(Collection).where(gone).values(open=False))
    made = []
    for template in every_template().values():
        if template.sensitive and not sensitive:
            continue
        rows = (
            session().scalars(select(Collection).where(Collection.template == template.key)).all()
        )
        if any(row.template_version == template.version for row in rows):
            continue
        for row in rows:
            row.open = False
        found(template)
        made.append(template.key)
    return tuple(made)


def collection_of(template: str) -> str | None:
    """Return the collection of a template that takes data at present."""
    chosen = select(Collection.id).where(Collection.template == template, Collection.open)
    return session().scalars(chosen).one_or_none()


def schema_of(template: Template) -> CubeSchema:
    """Return a template's columns as a cube's.

    Somebody may give several months to one edition, after one that was carried over: a cell then
    holds the mean of its months.
    """
    return CubeSchema(
        tuple(Dimension(each.key, each.domain) for each in template.dimensions),
        tuple(
            Measure(m.key, m.unit, m.low, m.high, m.resolution, MeasureRule.MEAN)
            for m in template.measures
        ),
        template.k,
    )


def units_of(template: Template, values: tuple[float, ...]) -> list[int]:
    """Return a cell's numbers in whole steps of their resolution."""
    return [
        int(Decimal(str(value)) / measure.resolution)
        for value, measure in zip(values, template.measures, strict=True)
    ]


def words_of(words: Words) -> str:
    """Return words in the reader's language."""
    return in_language(words.en, words.fr)


def in_language(english: str, french: str) -> str:
    """Return the one of two texts that is in the reader's language."""
    locale = get_locale()
    return french if locale is not None and locale.language == "fr" else english


def collections_of(template: str) -> tuple[str, ...]:
    """Return every collection of a template, those that take no more data too; the latest first."""
    chosen = select(Collection.id).where(Collection.template == template)
    return tuple(session().scalars(chosen.order_by(Collection.template_version.desc())))


def found(template: Template) -> str:
    """Found the collection of a template; return it."""
    row = row_of(template)
    session().add(row)
    session().flush()
    audit.record(SYSTEM.user_id, "found-template", "collection", row.id)
    return row.id


def row_of(template: Template) -> Collection:
    """Return the collection that a template has, or would have."""
    return Collection(
        id=new_id(),
        owner_id=users.market_account(),
        title=template.title.en,
        description=template.question.en,
        topic=TOPICS.get(template.family, "other"),
        person="person",
        record="month",
        schema=json.dumps(schema_of(template).to_dict()),
        columns=json.dumps([_rule(each.key, each.source) for each in template.dimensions]),
        ways=WAYS,
        epsilon_milli=int(template.epsilon * 1000),
        delta_exponent=DELTA_EXPONENT,
        purposes=" ".join(sorted(Purpose)),
        levels=json.dumps([sorted(level) for level in _LEVELS]),
        minimum_people=template.minimum_people,
        edition_days=DAYS_OF_A_MONTH,
        public_since=now(),
        template=template.key,
        template_version=template.version,
    )


#: Two steps: fewer bring more people together.
_LEVELS = (frozenset({Purpose.RESEARCH, Purpose.PUBLIC}), frozenset(Purpose))


def _rule(name: str, source: str) -> dict[str, object]:
    rule = ColumnRule(name, source=source)
    return {"name": rule.name, "transform": "", "edges": (), "source": rule.source}
