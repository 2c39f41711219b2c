from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import feedparser

from app.openness.feeds import ATOM, Entry, Feed, atom
from app.openness.site import Site

SITE = Site("https://market.example.org:8443", "A market")
WHEN = datetime(2026, 11, 30, 20, tzinfo=UTC)
ENTRY = Entry("e1", "Trips & <b>more</b>, edition 1", "About trips.", "mobility", WHEN)
FEED = Feed(f"{SITE.base}/feeds/editions.atom", "all", "New editions", "en", [ENTRY])


def test_a_feed_is_read_without_fault() -> None:
    found = feedparser.parse(atom(FEED, SITE))
    assert not found.bozo
    assert found.version == "atom10"
    assert found.feed.title == "New editions"
    assert found.feed.author == "A market"
    (entry,) = found.entries
    assert entry.title == "Trips & <b>more</b>, edition 1"
    assert entry.link == f"{SITE.base}/catalogue/e1"
    assert entry.updated_parsed[:4] == (2026, 11, 30, 20)
    assert entry.tags[0].term == "mobility"


def test_what_atom_asks_for_is_there_even_without_entries() -> None:
    for feed in (FEED, Feed(FEED.address, "topic/work", "Work", "fr", [])):
        root = ElementTree.fromstring(atom(feed, SITE))
        for parent in (root, *root.findall(f"{{{ATOM}}}entry")):
            for name in ("id", "title", "updated"):
                assert len(parent.findall(f"{{{ATOM}}}{name}")) == 1, name
        own = [link for link in root.findall(f"{{{ATOM}}}link") if link.get("rel") == "self"]
        assert [link.get("href") for link in own] == [feed.address]
        assert root.find(f"{{{ATOM}}}author/{{{ATOM}}}name") is not None


def test_the_identifier_of_an_edition_is_that_of_every_feed_and_changes_with_nothing() -> None:
    again = Entry("e1", "Another title", "", "other", WHEN.replace(year=2027))
    other = Feed(f"{FEED.address}?topic=other", "topic/other", "Other", "fr", [again])
    ids = [feedparser.parse(atom(feed, SITE)).entries[0].id for feed in (FEED, other)]
    assert ids == ["tag:market.example.org,2026:edition/e1"] * 2


def test_letters_that_xml_may_not_hold_do_not_break_the_feed() -> None:
    pasted = replace(ENTRY, title="Lunch\x0bes \x01\ufffe", summary="\x1b[1mbold")
    root = ElementTree.fromstring(atom(replace(FEED, entries=[pasted]), SITE))
    assert root.findtext(f"{{{ATOM}}}entry/{{{ATOM}}}title") == "Lunch es"
    assert root.findtext(f"{{{ATOM}}}entry/{{{ATOM}}}summary") == "[1mbold"
