import json
from dataclasses import dataclass
from unicodedata import category

from flask_babel import lazy_gettext as _l

from app.collections import plans, queries
from app.collections.errors import BadRules
from app.collections.listed_words import listed_words
from app.collections.models import Collection
from app.collections.rules import (
    EPSILONS_MILLI,
    MINIMUMS,
    TOPICS,
    ColumnRule,
    Identifier,
    Levels,
    Purpose,
    ladder,
    planned,
)
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.permissions import Actor, Role, require, require_owner
from app.search import service as search
from privacy.errors import PrivacyError
from privacy.plan.counting import plan_count
from privacy.schema import CubeSchema

#: Letters that turn the order of what follows around.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
MAX_K = 50
#: What stands for a founder's words once they left.
NEUTRAL_PERSON, NEUTRAL_RECORD = "person", "contribution"
#: Planning takes time that doubles with each column: 0.04 s at so many, 24 s at 24.
MAX_COLUMNS = 16
DELTA_EXPONENT = 6
#: What an edition may ask of each buyer at least, in millionths.
MAX_FLOOR = 1_000_000_000


@dataclass(frozen=True)
class Proposal:
    """What a producer proposes as a new collection.

    Attributes
    ----------
    steps : bool
        Whether people may agree to some of the purposes; else to all of them or none.
    identifier : Identifier
        What names a person in every producer's file, if something does.
    """

    title: str
    description: str
    topic: str
    person: str
    record: str
    schema: CubeSchema
    columns: tuple[ColumnRule, ...]
    ways: int
    epsilon_milli: int
    purposes: frozenset[Purpose]
    edition_days: int
    floor_micros: int = 0
    steps: bool = False
    minimum_people: int = MINIMUMS[0]
    identifier: Identifier = Identifier.NONE

    @property
    def levels(self) -> Levels:
        """What people may agree to."""
        return ladder(self.purposes) if self.steps else (self.purposes,)


def prepare(proposal: Proposal) -> None:
    """Plan what is proposed with nothing locked: founding it then finds the plan made.

    Raises
    ------
    BadRules
    """
    _check(proposal)
    epsilon, delta = proposal.epsilon_milli / 1000, 10.0**-DELTA_EXPONENT
    try:
        planned(proposal.schema, proposal.ways, epsilon, delta, plans.SHOWN_SOURCES)
    except PrivacyError as error:
        raise BadRules(error.user_message) from None


def found(actor: Actor, proposal: Proposal) -> str:
    """Keep a new collection's rules; they never change, and become public with consent.

    Returns
    -------
    str
        The collection's identifier.

    Raises
    ------
    Forbidden, BadRules
    """
    require(actor, Role.PRODUCER)
    _check(proposal)
    row = Collection(
        id=new_id(),
        owner_id=actor.user_id,
        title=proposal.title.strip(),
        description=proposal.description.strip(),
        topic=proposal.topic,
        person=proposal.person.strip(),
        record=proposal.record.strip(),
        schema=json.dumps(proposal.schema.to_dict()),
        columns=json.dumps(
            [
                {"name": c.name, "transform": c.transform, "edges": c.edges, "source": c.source}
                for c in proposal.columns
            ]
        ),
        ways=proposal.ways,
        epsilon_milli=proposal.epsilon_milli,
        delta_exponent=DELTA_EXPONENT,
        purposes=" ".join(sorted(proposal.purposes)),
        levels=json.dumps([sorted(level) for level in proposal.levels]),
        minimum_people=proposal.minimum_people,
        edition_days=proposal.edition_days,
        floor_micros=proposal.floor_micros,
        identifier=proposal.identifier,
    )
    session().add(row)
    session().flush()
    try:
        plans.keep(queries.rules(row.id))
    except PrivacyError as error:
        raise BadRules(error.user_message) from None
    audit.record(actor.user_id, "found-collection", "collection", row.id)
    return row.id


def make_public(actor: Actor, collection_id: str) -> None:
    """Show a collection to everybody, once its founder agreed to what it is for.

    Raises
    ------
    NotFound
        While it is not public, for anybody but its founder.
    """
    row = session().get_one(Collection, collection_id)
    if row.public_since is None:
        require_owner(actor, row.owner_id)
        row.public_since = now()
        audit.record(actor.user_id, "publish-rules", "collection", collection_id)


def mark_released(collection_id: str) -> None:
    """Note that an edition was released: the rules it was measured by stay."""
    session().get_one(Collection, collection_id).released = True


def leave(actor: Actor, collection_id: str) -> None:
    """Take a founder's name and words off a collection, and the collection if nothing was released.

    What stays is what an edition was measured by: columns, categories, bounds, purposes, dates.
    """
    row = session().get_one(Collection, collection_id)
    require_owner(actor, row.owner_id)
    row.open, row.withdrawn, row.title, row.description = False, True, "", ""
    row.person, row.record = NEUTRAL_PERSON, NEUTRAL_RECORD
    row.columns = json.dumps([{**column, "source": ""} for column in json.loads(row.columns)])
    session().flush()
    search.say(collection_id, listed_words(collection_id))
    audit.record(actor.user_id, "leave-collection", "collection", collection_id)


def close(actor: Actor, collection_id: str, reason: str = "") -> None:
    """Take no more datasets; what was released stays. By its founder, or by the operator.

    Raises
    ------
    NotFound
    """
    rules = queries.rules(collection_id)
    if not actor.has(Role.OPERATOR):
        require_owner(actor, rules.owner_id)
    session().get_one(Collection, collection_id).open = False
    audit.record(actor.user_id, "close-collection", "collection", collection_id, reason=reason)


def least_minimum(epsilon_milli: int) -> int:
    """Return the smallest number of people an edition may need at a level of privacy.

    The noise of their count must not reach it by itself.
    """
    count = plan_count(epsilon_milli / 1000, 10.0**-DELTA_EXPONENT)
    return next(people for people in MINIMUMS if people >= count.least_minimum)


def _check_words(proposal: Proposal) -> None:
    """Refuse what is no text: it would break feeds and files, or turn a line around."""
    plain = proposal.title + proposal.description.translate(dict.fromkeys(map(ord, "\n\r\t")))
    if any(category(letter) in ("Cc", "Cs") or letter in TURNS for letter in plain):
        raise BadRules(_l("Title and description may hold letters, signs and line breaks alone."))


def _check(proposal: Proposal) -> None:
    _check_words(proposal)
    if not proposal.purposes:
        raise BadRules(_l("Choose at least one purpose the releases may be sold for."))
    if proposal.topic not in TOPICS:
        raise BadRules(_l("Choose a topic from the list."))
    if proposal.epsilon_milli not in EPSILONS_MILLI:
        raise BadRules(_l("Choose one of the listed privacy levels."))
    least = least_minimum(proposal.epsilon_milli)
    if proposal.minimum_people not in MINIMUMS or proposal.minimum_people < least:
        raise BadRules(
            _l("At this level of privacy an edition needs at least %(least)s people."), least=least
        )
    if not 1 <= proposal.schema.contribution_bound <= MAX_K:
        raise BadRules(_l("A person may count in 1 to 50 cells."))
    if not proposal.schema.dimensions:
        raise BadRules(_l("Choose at least one column as a category: tables need one."))
    if len(proposal.schema.axes) > MAX_COLUMNS:
        raise BadRules(
            _l("A collection has at most %(most)s columns: leave some out."), most=MAX_COLUMNS
        )
    if not 0 <= proposal.floor_micros <= MAX_FLOOR:
        raise BadRules(_l("The least price of an edition lies between 0 and 1,000."))
    if proposal.ways not in (1, 2):
        raise BadRules(_l("Tables may combine one or two categories."))
