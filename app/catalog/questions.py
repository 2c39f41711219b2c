"""What the tables of a collection ask, whichever collection asks it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.recent import Recent
from pricing.item import Question
from privacy.schema import CubeSchema, Measure

#: What a question asks: its topic, whether by any column, the domains of its columns.
Content = tuple[str, bool, tuple[tuple[str, ...], ...]]
#: So many collections' questions are kept.
KEPT = 2_000


@dataclass(frozen=True)
class Asks:
    """A question of a collection.

    Attributes
    ----------
    content : Content
        What it asks.
    alike : Question
        The same for all collections that ask this; never the same for two of one collection,
        whose second column with the same categories is another column.
    """

    question: Question
    content: Content
    alike: Question


Asked = Mapping[str, tuple[Asks, ...]]

_known: Recent[str, tuple[Asks, ...]] = Recent(KEPT)
_recent: Recent[tuple[str, str, CubeSchema, int], tuple[Asks, ...]] = Recent(KEPT)


def asked_by(collection_ids: Iterable[str]) -> Asked:
    """Return the questions of each of some collections, with what they ask."""
    return {one: _of_collection(one) for one in sorted({*collection_ids})}


def _of_collection(collection_id: str) -> tuple[Asks, ...]:
    # Rules never change, and no two collections of any market have the same identifier.
    return _known.get(collection_id, lambda: questions_of(collections.rules(collection_id)))


def questions_of(rules: CollectionRules) -> tuple[Asks, ...]:
    """Return each question of a collection: its topic and its columns' domains name it."""
    place = (rules.id, rules.topic, rules.schema, rules.ways)
    return _recent.get(place, lambda: tuple(_questions(rules)))


def _questions(rules: CollectionRules) -> Iterable[Asks]:
    domains = {
        **{d.name: ("category", *sorted(d.domain)) for d in rules.schema.dimensions},
        **{m.name: _range(m) for m in rules.schema.measures},
    }
    everything = tuple(sorted(domains.values()))
    seen: Counter[Content] = Counter()
    for marginal in rules.workload.closure():
        # How many people there are is asked of these people, not of everybody in the topic.
        content = (
            rules.topic,
            bool(marginal),
            tuple(sorted(domains[axis] for axis in marginal)) or everything,
        )
        named = json.dumps([*content, seen[content]], ensure_ascii=True)
        seen[content] += 1
        alike = Question(
            hashlib.sha256(named.encode()).hexdigest(), frozenset(map(str, range(len(marginal))))
        )
        yield Asks(Question(rules.id, frozenset(marginal)), content, alike)


def _range(measure: Measure) -> tuple[str, ...]:
    return ("number", measure.unit, *(str(knot.normalize()) for knot in measure.knots))
