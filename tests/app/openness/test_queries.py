from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.core.errors import NotFound
from app.core.permissions import Role
from app.market import market_of
from app.openness import queries, site
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from tests.support import factories


@pytest.fixture(scope="module")
def two(shop: Flask, made: factories.Published) -> tuple[factories.Published, ...]:
    """Two published editions, of two collections, in the order of publication."""
    producer = factories.account(shop, Role.PRODUCER)
    return made, factories.published(shop, producer)


@pytest.fixture
def reading(shop: Flask) -> Iterator[None]:
    with market_of(shop).db.unit_of_work(write=False):
        yield


@pytest.mark.usefixtures("reading")
def test_published_editions_are_read_page_by_page(two: tuple[factories.Published, ...]) -> None:
    one, other = two

    def ids(*page: int, **more: object) -> list[str]:
        return [e.id for e in releases.published_page(*page, **more)]  # type: ignore[arg-type]

    assert releases.published_count() == 2
    assert ids(0, 1) + ids(1, 1) + ids(2, 1) == [one.edition_id, other.edition_id]
    assert ids(0, 1, newest=True) == [other.edition_id]
    assert ids(0, 9, among=[one.collection_id]) == [one.edition_id]
    assert ids(0, 9, among=[]) == []
    briefly = releases.published_briefly()
    assert [row[0] for row in briefly] == [one.edition_id, other.edition_id]
    assert [row[2] for row in briefly] == [e.people for e in releases.published_page(0, 9)]


@pytest.mark.usefixtures("reading", "two")
def test_pages_are_counted_from_one(made: factories.Published) -> None:
    assert queries.PAGE == 100
    assert queries.pages() == 1
    assert made.edition_id in {one.edition_id for one in queries.page(1, site.present())}
    for number in (0, 2):
        with pytest.raises(NotFound):
            queries.page(number, site.present())


@pytest.mark.usefixtures("reading")
def test_an_edition_of_too_few_is_not_told_of(view: ReleaseView) -> None:
    assert queries.offered(view)
    assert not queries.offered(replace(view, rules=replace(view.rules, minimum_people=10_000)))
    assert not queries.offered(replace(view, edition=replace(view.edition, taken_down=True)))


@pytest.mark.usefixtures("reading")
def test_feeds_tell_the_newest_first(two: tuple[factories.Published, ...]) -> None:
    one, other = two
    assert [e.edition_id for e in queries.newest()] == [other.edition_id, one.edition_id]
    assert [e.edition_id for e in queries.newest("leisure", one.collection_id)] == [one.edition_id]
    assert queries.newest("health") == ()
