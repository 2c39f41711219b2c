"""A topic in figures that everybody may read: nothing of one collection alone, and bounded."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.topic_report import FEWEST, Spread, report
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser


@given(st.lists(st.integers(0, 10**9), max_size=30))
def test_a_spread_is_in_order_and_told_of_enough_alone(values: list[int]) -> None:
    found = Spread.of(values)
    if len(values) < FEWEST:
        assert found is None
        return
    assert found is not None
    assert min(values) <= found.low <= found.median <= found.high <= max(values)
    assert found == Spread.of(values[::-1])


def test_a_topic_shows_its_newest_editions_and_their_rarity(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False), lite_app.test_request_context():
        found = report("leisure", "leisure")
        empty = report("energy", "energy")
    assert [one.edition_id for one in found.newest] == [made.edition_id]
    assert [one.rules.id for one in found.rarest] == [made.collection_id]
    assert (found.collections, found.people) == (1, None)
    assert (empty.collections, empty.newest, empty.chart) == (0, (), None)
    visitor = Browser(lite_app)
    assert "Too few collections to compare" in visitor.get("/topics/leisure").text
    assert "Nothing is published yet" in visitor.get("/topics/energy").text


@pytest.mark.parametrize("topic", ["nothing", "LEISURE", "leisure'"])
def test_there_is_no_report_of_what_is_no_topic(lite_app: Flask, topic: str) -> None:
    assert Browser(lite_app).get(f"/topics/{topic}").status_code == 404
