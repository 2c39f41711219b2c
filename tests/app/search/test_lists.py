"""What lists show, on both databases: each edition once, whatever is published meanwhile."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.search import few, queries, service, stems
from app.search.lists import Found, Search, Sort
from app.search.models import CatalogueCount, CatalogueFront
from app.search.paging import SHOWN, After
from app.search.service import Listing
from app.search.standing import ANY, NEWEST, STEPS, step_of
from tests.app.search.conftest import EVERY, Shop, said

pytestmark = pytest.mark.both_databases
LEVELS = (EVERY, "public research", "research")
WORDS = ("bread", "milk", "cheese", "trains")


def find(shop: Shop, asked: Search) -> Found:
    with shop.db.unit_of_work(write=False):
        return queries.find(asked)


def pages(shop: Shop, asked: Search) -> Iterator[list[int]]:
    """The entries of each page; the reader may do something before they turn it."""
    while True:
        found = find(shop, asked)
        yield [line.entry.id for line in found.lines]
        if found.after is None:
            return
        # What stands in an address is all that is known of the page before.
        asked = replace(asked, after=After.parse(str(found.after)))


def publish(shop: Shop, rng: random.Random, collections: list[str]) -> Listing:
    at = rng.randrange(len(collections))
    topic, word = ("energy", "health")[at % 2], WORDS[at % len(WORDS)]
    return shop.edition(
        collections[at],
        topic=topic,
        purposes=rng.choice(LEVELS),
        people=rng.choice((60, 150, 800, 800, 6_000)),
        price_micros=rng.choice((1, 2, 2, 3)) * 1_000_000,
        wording=said(f"{word} {at}"),
    )


def in_front(listed: list[Listing], asked: Search) -> list[Listing]:
    """The newest edition of each collection that fits: worked out the slow way."""
    newest: dict[str, Listing] = {}
    for one in sorted(listed, key=lambda one: one.id):
        if asked.purpose in ("", *one.purposes.split()):
            newest[one.collection_id] = one
    words = stems.asked(asked.text)
    return [
        one
        for one in newest.values()
        if asked.topic in ("", one.topic)
        and one.people >= asked.people
        and all(
            not set(stems.stems(one.wording.searched).split()).isdisjoint(word) for word in words
        )
    ]


def key(one: Listing, asked: Search) -> tuple[int, int]:
    if asked.sort is Sort.PEOPLE:
        return -one.people, -one.id
    if asked.sort is Sort.CHEAPEST:
        return one.price_micros, one.id
    return 0, -one.id


ASKED = (
    Search(),
    Search(sort=Sort.NEWEST),
    Search(sort=Sort.PEOPLE),
    Search(sort=Sort.CHEAPEST),
    Search(sort=Sort.CHEAPEST, purpose="commercial"),
    Search(topic="energy", people=500),
    Search(text="breads", sort=Sort.PEOPLE, purpose="public"),
    Search(text="milk"),
)


def test_each_page_has_what_fits_in_order_and_each_line_once_while_others_publish(
    shop: Shop,
) -> None:
    rng = random.Random(3)
    collections = [shop.collection() for _ in range(3 * SHOWN)]
    for _ in range(110):
        publish(shop, rng, collections)
    for asked in ASKED:
        expected = sorted(in_front(shop.listed, asked), key=lambda one: key(one, asked))
        seen: list[int] = []
        for page in pages(shop, asked):
            assert len(page) <= SHOWN
            seen += page
            # A new edition of a collection that was not reached yet, and of one that was.
            publish(shop, rng, collections)
            publish(shop, rng, [shop.collection()])
        assert seen == [one.id for one in expected], asked


def test_the_editions_of_every_collection_together_are_each_entry_once(shop: Shop) -> None:
    rng = random.Random(4)
    collections = [shop.collection() for _ in range(3)]
    for _ in range(75):
        publish(shop, rng, collections)
    begun = {one.id for one in shop.listed}
    for sort in Sort:
        seen: list[int] = []
        for collection in collections:
            for page in pages(shop, Search(sort=sort, collection=collection)):
                seen += page
                publish(shop, rng, collections)
        first = [number for number in seen if number in begun]
        assert Counter(first) == Counter(begun), sort
        assert len(set(seen)) == len(seen)


def test_a_line_says_how_many_older_editions_there_are_for_the_purpose(shop: Shop) -> None:
    collection = shop.collection()
    for level in ("research", EVERY, "public research", EVERY, "research"):
        shop.edition(collection, purposes=level)
    (line,) = find(shop, Search()).lines
    assert (line.entry.id, line.older) == (shop.listed[-1].id, 4)
    (line,) = find(shop, Search(purpose="commercial")).lines
    assert (line.entry.id, line.older) == (shop.listed[3].id, 1)


def test_what_is_counted_is_what_would_be_listed(shop: Shop) -> None:
    rng = random.Random(5)
    collections = [shop.collection() for _ in range(12)]
    for _ in range(30):
        publish(shop, rng, collections)
        if rng.random() < 0.3:
            shop.remove(rng.choice(shop.listed))
    for asked in (
        Search(),
        Search(topic="energy"),
        Search(purpose="commercial", people=500),
        Search(text="cheese"),
        Search(text="bread", topic="energy"),
    ):
        found = find(shop, asked)
        assert found.facets is not None
        assert found.total == len(in_front(shop.listed, asked))
        for topic in ("", "energy", "health"):
            expected = in_front(shop.listed, replace(asked, topic=topic))
            assert found.facets.topics[topic] == len(expected)
        for purpose in ("", "commercial", "public", "research"):
            expected = in_front(shop.listed, replace(asked, purpose=purpose))
            assert found.facets.purposes[purpose] == len(expected)
        for people in (0, *STEPS):
            expected = in_front(shop.listed, replace(asked, people=people))
            assert found.facets.people[people] == len(expected)


def test_in_whatever_order_editions_are_listed_the_same_ones_stand_in_front(shop: Shop) -> None:
    rng = random.Random(6)
    collections = [shop.collection() for _ in range(3)]
    for _ in range(12):
        publish(shop, rng, collections)

    def standing() -> tuple[list[tuple[str, int, int]], dict[tuple[str, str, int], int]]:
        columns = (CatalogueFront.purpose, CatalogueFront.entry_id, CatalogueFront.newer)
        counts = (CatalogueCount.purpose, CatalogueCount.topic, CatalogueCount.step)
        with shop.db.unit_of_work(write=False) as session:
            counted = session.execute(select(*counts, CatalogueCount.collections))
            return (
                sorted(tuple(row) for row in session.execute(select(*columns))),
                {(p, topic, step): n for p, topic, step, n in counted if n},
            )

    begun = standing()
    kept = list(shop.listed)
    for _ in range(2):
        rng.shuffle(kept)
        for one in kept:
            with shop.db.unit_of_work():
                service.remove(one.edition_id)
        assert standing() == ([], {})
        for one in kept:
            with shop.db.unit_of_work():
                service.put(one)
        assert standing() == begun
    fronts = [one for one in begun[0] if one[0] == ANY and one[2] == NEWEST]
    assert len(fronts) == len({one.collection_id for one in kept})
    assert sum(n for (p, _, _), n in begun[1].items() if p == ANY) == len(fronts)


def test_words_are_found_alike_on_both_databases(shop: Shop) -> None:
    texts = (
        "Électricité par heure",
        "Spending on electric cars",
        "Repas au restaurant 東京",
        "l’été à vélo",
        "2026 42 3.5 a-b e1",
    )
    for text in texts:
        shop.edition(shop.collection(), wording=said(text))
    for asked, fits in (
        ("electricites", [0]),
        ("ÉLECTRIQUE", [1]),
        ("restaurants 東京", [2]),
        ("restaurants dinner", []),
        ("velos", [3]),
        ("2026 3", [4]),
        ("did", [0, 1, 2, 3, 4]),
        ("' OR 1=1 --", []),
        ('"repas" NOT * : & | ! (', [2]),
        ("%", []),
    ):
        found = find(shop, Search(text=asked))
        ids = sorted(line.entry.id for line in found.lines)
        assert ids == [shop.listed[n].id for n in fits], asked


def test_words_in_a_title_come_first_unless_another_order_is_asked(shop: Shop) -> None:
    titled = shop.edition(shop.collection(), wording=said("Cheese", "what people eat"))
    newer = shop.edition(shop.collection(), wording=said("Food", "bread and cheeses"))
    found = find(shop, Search(text="cheese"))
    assert [line.entry.id for line in found.lines] == [titled.id, newer.id]
    found = find(shop, Search(text="cheese", sort=Sort.NEWEST))
    assert [line.entry.id for line in found.lines] == [newer.id, titled.id]


def test_where_very_many_have_the_words_the_newest_come_first_and_none_is_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "MOST", 40)
    collections = [shop.collection() for _ in range(SHOWN + 5)]
    for number in range(few.MOST + 1):
        shop.edition(collections[number % len(collections)], people=number, wording=said("Trains"))
    for asked in (Search(text="train"), Search(text="train", sort=Sort.PEOPLE)):
        seen: list[int] = []
        for page in pages(shop, asked):
            seen += page
        newest = [one.id for one in shop.listed[-len(collections) :]]
        assert seen == newest[::-1]
    found = find(shop, Search(text="train"))
    assert (found.total, found.facets) == (None, None)


def test_a_price_is_written_where_lists_are_sorted_by_it(shop: Shop) -> None:
    dear, cheap = (shop.edition(shop.collection()) for _ in range(2))
    with shop.db.unit_of_work():
        service.price(dear.edition_id, 9_000_000, "EUR", "new")
        service.price(cheap.edition_id, 1_000_000, "EUR", "new")
        assert queries.priced_otherwise(dear.collection_id, "new", 5) == ()
        assert queries.priced_otherwise(dear.collection_id, "other", 5) == (dear.edition_id,)
    found = find(shop, Search(sort=Sort.CHEAPEST))
    assert [line.entry.price_micros for line in found.lines] == [1_000_000, 9_000_000]


def test_what_a_collection_said_before_is_not_found_any_more(shop: Shop) -> None:
    one = shop.edition(shop.collection(), wording=said("Dupont’s lunches"))
    assert find(shop, Search(text="dupont")).total == 1
    with shop.db.unit_of_work():
        service.say(one.collection_id, said("Leisure 12ab", ""))
    assert find(shop, Search(text="dupont")).total == 0
    (line,) = find(shop, Search(text="leisure")).lines
    assert (line.entry.title_en, line.entry.about_fr) == ("Leisure 12ab", "")


def test_neighbours_and_columns_lead_to_what_is_on_sale_alone(shop: Shop) -> None:
    collection, other = shop.collection(), shop.collection()
    row = [shop.edition(collection, columns=("days",)) for _ in range(4)]
    beside = shop.edition(other, columns=("days", "places"))
    with shop.db.unit_of_work():
        assert queries.beside(collection, row[1].number, 2) == (
            row[2].edition_id,
            row[0].edition_id,
        )
        assert queries.with_column("days", 5) == (beside.edition_id, row[3].edition_id)
        service.remove(beside.edition_id)
        assert queries.with_column("places", 5) == ()
        assert queries.with_column("days", 5) == (row[3].edition_id,)


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "a.b.c", "-1.2.3", "1.2.²", f"{2**60}.1.1", f"1.{2**31}.1"]
)
def test_where_a_page_begins_is_read_strictly(text: str) -> None:
    assert After.parse(text) is None


def test_where_a_page_begins_survives_its_address() -> None:
    assert After.parse(str(After(5, 6, 7))) == After(5, 6, 7)
    assert step_of(STEPS[0]) == 1
