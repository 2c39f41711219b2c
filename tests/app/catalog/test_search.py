import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.catalog import queries
from app.catalog.products import ProductKey, people, preview
from app.collections.rules import Purpose
from app.core.errors import NotFound
from app.core.permissions import Role
from app.market import market_of
from app.releases import queries as releases
from app.releases import service as releases_service
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import trading


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder) as trade:
        yield trade.app


@pytest.fixture(scope="module")
def made(shop: Flask) -> factories.Published:
    return factories.published(shop)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("&minus;", "-")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("q=lunch", True),
        ("q=LUNCHES+places", True),
        ("q=spend", True),
        ("q=south", True),
        ("q=dinner", False),
        ("topic=leisure", True),
        ("topic=health", False),
        ("topic=nonsense", True),
        ("purpose=research", True),
        ("purpose=nonsense", True),
        ("q=%25", False),
        ("q=" + "x" * 5000, False),
    ],
)
def test_a_search_finds_what_fits(
    shop: Flask, made: factories.Published, query: str, found: bool
) -> None:
    page = Browser(shop).get(f"/catalogue?{query}")
    assert page.status_code == 200
    assert (f"/catalogue/{made.edition_id}" in page.text) is found


def test_a_release_that_refuses_commerce_is_not_found_for_it(shop: Flask) -> None:
    owner = factories.account(shop, Role.PRODUCER)
    only, proposal = frozenset({Purpose.RESEARCH}), factories.proposal(steps=True)
    _, collection_id = factories.listed(shop, owner, purposes=only, rules=proposal)
    with market_of(shop).db.unit_of_work():
        *_, edition_id = releases_service.close(owner, collection_id)
    factories.run_jobs(shop)
    browser = Browser(shop)
    assert edition_id in browser.get("/catalogue?purpose=research").text
    assert edition_id not in browser.get("/catalogue?purpose=commercial").text


def test_what_a_visitor_typed_is_shown_as_text(shop: Flask, made: factories.Published) -> None:
    page = Browser(shop).get("/catalogue", query_string={"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text


def test_the_release_page_shows_released_figures(shop: Flask, made: factories.Published) -> None:
    with market_of(shop).db.unit_of_work(write=False):
        view = releases.release(made.edition_id)
        counted, shown = people(view), preview(view)
        bronze = view.release.plan.tiers[-1]
        assert all(len(table.marginal) == 1 for table in shown)
        for table in shown:
            assert table.estimates() == view.release.table(table.marginal, bronze).estimates()
    page = text_of(Browser(shop).get(f"/catalogue/{made.edition_id}").text)
    assert f"Took part (with noise) {counted.value:,.0f} {counted.low:,.0f} …" in page
    assert "at most 55 right" in page
    assert "noise interval" in page
    assert "the noise is larger than the counts" not in page
    left_out = view.release.left_out()
    assert left_out is not None
    if left_out.distinct:
        assert f"about {left_out.value:,.0f} more were left out" in page
    else:
        assert "any were left out by that" in page
    assert "2 contributions count at most" in page


def test_editions_that_are_not_published_have_no_release_page(shop: Flask) -> None:
    owner = factories.account(shop, Role.PRODUCER)
    _, collection_id = factories.listed(shop, owner)
    with market_of(shop).db.unit_of_work():
        (edition_id,) = releases_service.close(owner, collection_id)
    assert Browser(shop).get(f"/catalogue/{edition_id}").status_code == 404
    mine, other = Browser(shop, owner), Browser(shop, factories.account(shop, Role.BUYER))
    assert "<progress" in mine.get(f"/editions/{edition_id}").text
    assert "<progress" not in other.get(f"/editions/{edition_id}").text
    assert other.get(f"/editions/{edition_id}").status_code == 200
    factories.run_jobs(shop)
    assert mine.get(f"/editions/{edition_id}").headers["Location"] == f"/catalogue/{edition_id}"


@pytest.mark.parametrize("text", ["", "~", "a~b", "a~b~c~d", "a~1-x~gold", "a~~gold"])
def test_a_product_key_is_read_strictly(text: str) -> None:
    with pytest.raises(NotFound):
        ProductKey.parse(text)


def test_a_product_key_survives_its_text_form(shop: Flask, made: factories.Published) -> None:
    with market_of(shop).db.unit_of_work(write=False):
        for key in made.keys():
            assert ProductKey.parse(str(key)) == key
            assert queries.found(key)[1].key == key
        for wrong in (
            replace(key, tier="platinum"),
            replace(key, axes=(7,)),
            replace(key, axes=()),
        ):
            with pytest.raises(NotFound):
                queries.found(wrong)


def test_another_language_shows_the_same_search(shop: Flask, made: factories.Published) -> None:
    browser = Browser(shop)
    page = browser.get("/catalogue?q=lunch&topic=leisure").text
    found = re.search(r'href="(/language/fr[^"]*)"', page)
    assert found
    led = browser.get(found[1].replace("&amp;", "&"))
    assert led.headers["Location"] == "/catalogue?q=lunch&topic=leisure"
