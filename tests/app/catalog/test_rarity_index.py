import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.catalog import rarity_index as rarity_index_module
from app.catalog.price_lists import rarity_of
from app.catalog.questions import Asks
from app.catalog.rarity_index import rarity_index
from app.core.permissions import Role
from app.market import market_of
from app.releases import service as releases
from app.releases.queries import CatalogueEntry
from pricing.item import BY_DETAIL, Question
from pricing.price_book import DEFAULT_BOOK
from tests.support import factories


def factor(total: int, answering: int) -> float:
    scarcity = math.log((1 + total) / (1 + answering))
    return 1 + DEFAULT_BOOK.rarity_lambda * min(DEFAULT_BOOK.rarity_cap, scarcity)


def different(app: Flask) -> factories.Published:
    """An edition that asks something of another length: a number of its own."""
    producer = factories.account(app, Role.PRODUCER)
    lunches = factories.proposal()
    (first, *rest), unit = lunches.schema.measures, f"unit {producer.user_id[:4]}"
    schema = replace(lunches.schema, measures=(replace(first, unit=unit), *rest))
    dataset_id, collection_id = factories.listed(
        app, producer, rules=factories.proposal(schema=schema)
    )
    (edition_id,) = factories.stage(app).close(producer, collection_id)
    return factories.Published(edition_id, collection_id, dataset_id, producer)


def next_edition(app: Flask, made: factories.Published) -> factories.Published:
    """Another edition of the same collection."""
    dataset_id, _ = factories.listed(app, made.producer, made.collection_id)
    with market_of(app).db.unit_of_work():
        (edition_id,) = releases.close(made.producer, made.collection_id)
    factories.run_jobs(app)
    return replace(made, edition_id=edition_id, dataset_id=dataset_id)


def test_the_index_follows_what_is_published_and_sold(lite_app: Flask) -> None:
    db = market_of(lite_app).db
    with db.unit_of_work(write=False):
        empty = rarity_index()
        assert empty.standings == empty.moments == ()
        assert "leisure" in empty.missing
    owner = factories.account(lite_app, Role.PRODUCER)
    first = factories.published(lite_app, owner)
    factories.sold(lite_app, first)
    second = different(lite_app)
    factories.sold(lite_app, second)
    again = next_edition(lite_app, first)
    factories.sold(lite_app, again)
    with db.unit_of_work(write=False):
        # What was sold since the last publication counts from the next one on.
        assert rarity_index().standings[0].total == 2
    unsold = different(lite_app)
    with db.unit_of_work(write=False):
        index = rarity_index()
    by_collection = {s.rules.id: s for s in index.standings}
    assert by_collection[first.collection_id].answering == 2
    assert by_collection[first.collection_id].factor == pytest.approx(factor(3, 2))
    assert by_collection[second.collection_id].factor == pytest.approx(factor(3, 1))
    # What nobody bought is not rare, though nothing else answers it.
    assert by_collection[unsold.collection_id].factor == 1.0
    assert index.standings[-1].rules.id == unsold.collection_id
    means = [m.index["leisure"] for m in index.moments]
    at_last = (factor(3, 2) + factor(3, 1) + 1) / 3
    assert means == pytest.approx([1, 1, factor(2, 1), at_last])
    assert index.first_factor == pytest.approx(factor(4, 1))
    assert "leisure" not in index.missing
    page = lite_app.test_client().get("/rarity").text
    assert "2 of 3" in page
    assert "<polyline" in page


NUMBERS = st.integers(min_value=1, max_value=30)
SPANS = st.tuples(NUMBERS, NUMBERS).map(lambda both: (min(both), max(both)))


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[CatalogueEntry, ...]:
    numbers = sorted(draw(st.sets(NUMBERS, min_size=1)))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return tuple(
        CatalogueEntry(
            number,
            f"edition {number}",
            draw(st.sampled_from("abc")),
            100,
            start + timedelta(days=number),
            draw(st.none() | NUMBERS),
            draw(st.none() | NUMBERS),
            tuple(draw(st.lists(SPANS, max_size=2))),
        )
        for number in numbers
    )


@given(catalogues())
def test_going_through_the_catalogue_once_tells_what_counting_each_time_tells(
    entries: tuple[CatalogueEntry, ...],
) -> None:
    topics = {"a": "work", "b": "work", "c": "health"}
    asked = {
        one: (
            Asks(
                Question(one, frozenset()),
                (topic, False, ((one,),)),
                Question(one * 2, frozenset()),
            ),
        )
        for one, topic in topics.items()
        if any(entry.collection_id == one for entry in entries)
    }
    # Nothing counts twice at once in the product.
    entries = tuple(replace(e, counted_before=()) if e.counts_from else e for e in entries)
    entries = tuple(replace(e, counted_before=e.counted_before[:1]) for e in entries)
    told = rarity_index_module._moments(DEFAULT_BOOK, entries, asked)
    assert [moment.number for moment in told] == [entry.number for entry in entries]
    for count, (entry, moment) in enumerate(zip(entries, told, strict=True), 1):
        there = {one.collection_id: asked[one.collection_id] for one in entries[:count]}
        rarity = rarity_of(entries[:count], 0, entry.number, there)
        factors: dict[str, list[float]] = {}
        for (one,) in there.values():
            weighed = one.alike if DEFAULT_BOOK.rule >= BY_DETAIL else one.question
            factors.setdefault(one.content[0], []).append(rarity.factor(DEFAULT_BOOK, weighed))
        assert moment.index == {t: pytest.approx(fmean(of)) for t, of in factors.items()}


def test_a_long_history_is_shown_at_so_many_days() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [
        CatalogueEntry(n, f"e{n}", "a", 100, start + timedelta(hours=n)) for n in range(1, 24 * 90)
    ]
    stops = rarity_index_module._stops(entries)
    assert len(stops) == rarity_index_module.MOMENTS
    assert stops == sorted(set(stops))
    assert stops[-1] == len(entries) - 1
    assert rarity_index_module._stops(entries[:30]) == list(range(30))
