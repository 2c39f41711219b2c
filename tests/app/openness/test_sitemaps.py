from datetime import UTC, datetime
from xml.etree import ElementTree

from app.openness.site import Site
from app.openness.sitemaps import MOST, SITEMAP, Address, robots, sitemap

SITE = Site("https://market.example.org", "A market")
WHEN = datetime(2026, 11, 30, 20, tzinfo=UTC)
FIVE = [Address(f"{SITE.base}/catalogue/{n}", WHEN) for n in range(5)]


def places(content: bytes | None, name: str) -> list[str]:
    assert content is not None
    root = ElementTree.fromstring(content)
    assert root.tag == f"{{{SITEMAP}}}{name}"
    return [place.text or "" for place in root.iter(f"{{{SITEMAP}}}loc")]


def test_a_small_market_has_one_map_with_the_times_of_editions() -> None:
    content = sitemap(FIVE, SITE)
    assert places(content, "urlset") == [address.url for address in FIVE]
    assert content is not None
    assert content.count(b"<lastmod>2026-11-30T20:00:00+00:00</lastmod>") == 5


def test_more_pages_than_the_protocol_takes_stand_in_several_files() -> None:
    listed = places(sitemap(FIVE, SITE, most=2), "sitemapindex")
    assert listed == [f"{SITE.base}/sitemap.xml?page={n}" for n in (1, 2, 3)]
    found = [url for n in (1, 2, 3) for url in places(sitemap(FIVE, SITE, n, most=2), "urlset")]
    assert found == [address.url for address in FIVE]
    assert sitemap(FIVE, SITE, 4, most=2) is None
    assert MOST == 50_000


def test_robots_are_led_to_the_map() -> None:
    assert robots(SITE).endswith(b"Sitemap: https://market.example.org/sitemap.xml\n")
