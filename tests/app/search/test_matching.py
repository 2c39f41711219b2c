"""An edition matches a search exactly when the search lists it: on both databases."""

import random

import pytest

from app.search import queries
from app.search.lists import Search, Sort
from app.search.matching import matches
from tests.app.search.conftest import EVERY, Shop, said

pytestmark = pytest.mark.both_databases
WORDS = ("bread", "Trains", "électricité", "the", "日本", "cœurs", "2026", "x", "l'eau", "don't")
TEXTS = (
    "",
    "",
    "breads",
    "electricite",
    "le",
    "日本",
    "日",
    "coeur",
    "!!!",
    "trains 2026",
    "e a u",
)
TOPICS, LEVELS = ("energy", "health"), (EVERY, "public research", "research")


def test_an_edition_matches_exactly_when_the_search_would_list_it(shop: Shop) -> None:
    """What was just published is the newest: a search that lists it lists it first."""
    rng, seen = random.Random(7), {True: 0, False: 0}
    collections = [shop.collection() for _ in range(8)]
    for _ in range(60):
        words = " ".join(rng.sample(WORDS, 3))
        made = shop.edition(
            rng.choice(collections),
            topic=rng.choice(TOPICS),
            purposes=rng.choice(LEVELS),
            people=rng.choice((60, 100, 800)),
            wording=said(words),
        )
        for _ in range(12):
            asked = Search(
                rng.choice((*TEXTS, " ".join(rng.sample(WORDS, 2)))),
                rng.choice(("", *TOPICS)),
                rng.choice(("", "commercial", "research")),
                rng.choice((0, 0, 100, 500)),
                Sort.NEWEST,
                rng.choice(("", "", "", rng.choice(collections))),
            )
            with shop.db.unit_of_work(write=False):
                (listed,) = queries.came_between(made.id - 1, made.id, 5)
                lines = queries.find(asked).lines
            is_first = bool(lines) and lines[0].entry.id == made.id
            assert matches(listed, asked) is is_first, (asked, words)
            seen[is_first] += 1
    assert min(seen.values()) > 60, "both happened often"


def test_what_came_between_two_places_is_told_in_its_order_and_not_what_was_taken_out(
    shop: Shop,
) -> None:
    made = [shop.edition(shop.collection()) for _ in range(5)]
    shop.remove(made[2])
    with shop.db.unit_of_work(write=False):
        some = queries.came_between(made[0].id, made[4].id, 2)
        rest = queries.came_between(some[-1].id, made[4].id, 2)
        entries = queries.with_numbers([one.id for one in made])
    assert [one.id for one in (*some, *rest)] == [made[n].id for n in (1, 3, 4)]
    assert [one.id for one in entries] == [made[n].id for n in (4, 3, 1, 0)]
