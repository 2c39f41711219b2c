import json

import feedparser
import pytest
from flask import Flask

from app.core.permissions import Role
from app.market import market_of
from app.releases import service as releases_service
from tests.support import factories
from tests.support.browser import Browser

#: Every document that is the same for everybody, and its type.
DOCUMENTS = {
    "/catalogue.jsonld": "application/ld+json",
    "/catalogue.ttl": "text/turtle",
    "/catalogue/{edition}.jsonld": "application/ld+json",
    "/catalogue/{edition}.ttl": "text/turtle",
    "/catalogue/{edition}/dp-deployment.yaml": "application/yaml",
    "/catalogue/{edition}/dp-deployment.json": "application/json",
    "/catalogue/{edition}/citation.txt": "text/plain",
    "/catalogue/{edition}/citation.bib": "application/x-bibtex",
    "/catalogue/{edition}/citation.csl.json": "application/vnd.citationstyles.csl+json",
    "/catalogue/{edition}/citation.ris": "application/x-research-info-systems",
    "/catalogue/{edition}/{edition}~0-1~gold/croissant.json": "application/ld+json",
    "/ns/dp": "text/turtle",
    "/feeds/editions.atom": "application/atom+xml",
    "/feeds/editions.atom?topic=leisure": "application/atom+xml",
    "/sitemap.xml": "application/xml",
    "/robots.txt": "text/plain",
}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_the_same_for_everybody_and_may_be_kept(
    shop: Flask, made: factories.Published, path: str
) -> None:
    address = path.format(edition=made.edition_id)
    answer = Browser(shop).get(address)
    assert answer.status_code == 200
    assert answer.mimetype == DOCUMENTS[path]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    reader = Browser(shop, factories.account(shop, Role.BUYER))
    same = reader.get(address, headers={"Accept-Language": "fr"})
    assert same.data == answer.data
    for each in (answer, same):
        assert "Set-Cookie" not in each.headers
        assert "Vary" not in each.headers
        assert "private" not in each.headers["Cache-Control"]
    again = Browser(shop).get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = Browser(shop).get(address, headers={"If-None-Match": '"another"'})
    assert other.data == answer.data


def test_a_page_that_refuses_is_nobody_elses_to_keep(shop: Flask) -> None:
    reader = Browser(shop, factories.account(shop, Role.BUYER))
    answer = reader.get("/catalogue/none.jsonld")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.fixture
def closed(shop: Flask) -> str:
    """An edition that is closed and not measured yet."""
    owner = factories.account(shop, Role.PRODUCER)
    _, collection_id = factories.listed(shop, owner, rules=factories.proposal("Dinners"))
    with market_of(shop).db.unit_of_work():
        (edition_id,) = releases_service.close(owner, collection_id)
    return edition_id


def everything(shop: Flask, edition_id: str) -> str:
    """All that documents tell of editions, and what those of one edition answer."""
    browser = Browser(shop)
    shared = [path for path in DOCUMENTS if "{edition}" not in path]
    told = "".join(browser.get(path).text for path in shared)
    own = [path.format(edition=edition_id) for path in DOCUMENTS if "{edition}" in path]
    return told + "".join(str(browser.get(path).status_code) for path in own)


def test_nothing_is_told_before_a_release_nor_once_it_is_taken_down(
    shop: Flask, made: factories.Published, closed: str
) -> None:
    before = everything(shop, closed)
    assert closed not in before
    assert before.endswith("404" * 9)
    factories.run_jobs(shop)
    released = everything(shop, closed)
    assert released.count(closed) > 20
    assert released.endswith("200" * 9)
    operator = factories.account(shop, Role.OPERATOR)
    with market_of(shop).db.unit_of_work():
        releases_service.take_down(operator, closed, "a test")
    assert closed not in everything(shop, closed)
    assert everything(shop, closed).endswith("404" * 9)
    page = Browser(shop).get(f"/catalogue/{closed}")
    assert page.status_code == 200
    assert "ld+json" not in page.text
    assert "Link" not in page.headers
    assert made.edition_id in everything(shop, closed)


def test_headers_of_an_editions_page_lead_programs_on(
    shop: Flask, made: factories.Published
) -> None:
    page = Browser(shop).get(f"/catalogue/{made.edition_id}")
    base = market_of(shop).settings.base_url
    links = page.headers.getlist("Link")
    assert f'<{base}/catalogue/{made.edition_id}>; rel="cite-as"' in links
    described = [link for link in links if 'rel="describedby"' in link]
    assert len(described) == 4
    for link in described:
        address, _, rest = link.removeprefix("<").partition(">")
        answer = Browser(shop).get(address.removeprefix(base))
        assert answer.status_code == 200
        assert f'type="{answer.mimetype}"' in rest
    assert f'<{base}/licences/research>; rel="license"' in links


def test_citations_stand_on_the_page_as_in_their_files(
    shop: Flask, made: factories.Published
) -> None:
    page = Browser(shop).get(f"/catalogue/{made.edition_id}").text
    text = Browser(shop).get(f"/catalogue/{made.edition_id}/citation.txt").text
    assert f'<pre class="cited">{text}</pre>' in page
    french = Browser(shop).get(f"/catalogue/{made.edition_id}/citation.csl.json?language=fr")
    assert json.loads(french.text)[0]["language"] == "fr"


def test_no_name_of_a_producer_is_in_a_document(shop: Flask, made: factories.Published) -> None:
    told = everything(shop, made.edition_id)
    told += "".join(
        Browser(shop).get(path.format(edition=made.edition_id)).text for path in DOCUMENTS
    )
    assert "producer" not in told
    assert made.producer.user_id not in told
    assert made.dataset_id not in told


@pytest.mark.parametrize(
    "path",
    [
        "/catalogue.jsonld?page=2",
        "/catalogue.jsonld?page=0",
        "/catalogue.jsonld?page=-1",
        "/catalogue.ttl?page=x",
        "/catalogue.ttl?page=99999999999999999999",
        "/catalogue.xml",
        "/catalogue/{edition}.xml",
        "/catalogue/{edition}/{edition}~9~gold/croissant.json",
        "/catalogue/{edition}/{edition}~0~preview/croissant.json",
        "/catalogue/{edition}/other~0~gold/croissant.json",
        "/catalogue/{edition}/x/croissant.json",
        "/catalogue/{edition}/citation.doc",
        "/feeds/editions.atom?topic=nonsense",
        "/feeds/editions.atom?collection=none",
        "/sitemap.xml?page=2",
        "/sitemap.xml?page=0",
    ],
)
def test_what_is_not_there_is_not_found(shop: Flask, made: factories.Published, path: str) -> None:
    assert Browser(shop).get(path.format(edition=made.edition_id)).status_code == 404


def test_a_feed_tells_of_its_topic_or_collection_alone(
    shop: Flask, made: factories.Published
) -> None:
    def entries(query: str) -> list[str]:
        found = feedparser.parse(Browser(shop).get(f"/feeds/editions.atom?{query}").data)
        assert not found.bozo
        return [entry.link.rpartition("/")[2] for entry in found.entries]

    assert made.edition_id in entries("")
    assert made.edition_id in entries("topic=leisure")
    assert entries("topic=health") == []
    assert entries(f"collection={made.collection_id}") == [made.edition_id]
    assert entries(f"collection={made.collection_id}&topic=health") == []
    feed = feedparser.parse(Browser(shop).get("/feeds/editions.atom?language=fr").data)
    assert feed.feed.language == "fr"


def test_pages_lead_to_the_feeds(shop: Flask, made: factories.Published) -> None:
    for path in ("/", f"/collections/{made.collection_id}", f"/catalogue/{made.edition_id}"):
        page = Browser(shop).get(path).text
        assert 'type="application/atom+xml"' in page
    assert f"collection={made.collection_id}" in page


def test_the_map_lists_the_edition_with_its_time(shop: Flask, made: factories.Published) -> None:
    text = Browser(shop).get("/sitemap.xml").text
    base = market_of(shop).settings.base_url
    assert f"<loc>{base}/catalogue/{made.edition_id}</loc><lastmod>" in text
    assert f"<loc>{base}/collections/{made.collection_id}</loc>" in text
    for place in text.split("<loc>")[1:]:
        address = place.partition("</loc>")[0].removeprefix(base)
        assert Browser(shop).get(address).status_code == 200
