"""What a visitor asks the catalogue for, from an address and back into one."""

from collections.abc import Mapping
from typing import Any

from app.collections.rules import TOPICS, Purpose
from app.search.lists import Search, Sort
from app.search.paging import After
from app.search.standing import STEPS

#: So many letters of what somebody typed are looked at.
LONGEST = 100


def search_of(given: Mapping[str, str]) -> Search:
    """Read an address; what makes no sense in it is left out."""
    people = given.get("people", "")
    return Search(
        text=given.get("q", "")[:LONGEST],
        topic=_among(given.get("topic", ""), TOPICS),
        purpose=_among(given.get("purpose", ""), [purpose.value for purpose in Purpose]),
        people=int(people) if people in map(str, STEPS) else 0,
        sort=Sort(_among(given.get("sort", ""), list(Sort))),
        collection=given.get("collection", "")[:32],
        after=After.parse(given.get("after", "")),
    )


def address_of(asked: Search) -> dict[str, str]:
    """Return the parts of a search's address, without where its page begins."""
    parts = {
        "q": asked.text,
        "topic": asked.topic,
        "purpose": asked.purpose,
        "people": str(asked.people) if asked.people else "",
        "sort": asked.sort.value,
        "collection": asked.collection,
    }
    return {name: value for name, value in parts.items() if value}


def _among(value: str, known: Any) -> str:
    return value if value in known else ""
