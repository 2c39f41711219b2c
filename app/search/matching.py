"""Whether a search would list one edition: told from its entry alone, without searching."""

from dataclasses import dataclass

from app.search import stems
from app.search.lists import Search
from app.search.standing import ANY


@dataclass(frozen=True)
class Listed:
    """What an edition in the lists is found by.

    Attributes
    ----------
    id : int
        Its place in the catalogue.
    purposes : frozenset of str
        What it is sold for; `ANY` among them.
    stems : frozenset of str
    """

    id: int
    collection_id: str
    topic: str
    people: int
    purposes: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(
        cls, number: int, collection_id: str, topic: str, people: int, purposes: str, found_by: str
    ) -> "Listed":
        """Read what stands in the table."""
        sold_for = frozenset((ANY, *purposes.split()))
        return cls(number, collection_id, topic, people, sold_for, frozenset(found_by.split()))


def can_find(asked: Search) -> bool:
    """Say whether a search may find anything: signs without letters and digits never do."""
    return not asked.text.strip() or stems.WORD.search(asked.text) is not None


def matches(listed: Listed, asked: Search) -> bool:
    """Say whether a search would list an edition while it is the newest of its collection."""
    if asked.purpose not in listed.purposes:
        return False
    if asked.collection:
        return asked.collection == listed.collection_id
    return (
        asked.topic in ("", listed.topic)
        and listed.people >= asked.people
        and can_find(asked)
        and not any(listed.stems.isdisjoint(word) for word in stems.asked(asked.text))
    )
