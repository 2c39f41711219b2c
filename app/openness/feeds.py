"""New editions as an Atom feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from app.openness.site import Site
from app.openness.wording import one_line

ATOM = "http://www.w3.org/2005/Atom"
#: When a feed without entries was changed last.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """A published edition as a feed tells it."""

    edition_id: str
    title: str
    summary: str
    topic: str
    published: datetime


@dataclass(frozen=True)
class Feed:
    """A feed: of all editions, of a topic, or of a collection.

    Attributes
    ----------
    address : str
        Its own.
    about : str
        What its identifier ends with.
    """

    address: str
    about: str
    title: str
    locale: str
    entries: Sequence[Entry]


def atom(feed: Feed, site: Site) -> bytes:
    """Write a feed: the same bytes each time."""
    root = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": feed.locale})
    updated = max((entry.published for entry in feed.entries), default=NEVER)
    _text(root, "id", tag(site, f"feed/{feed.about}"))
    _text(root, "title", feed.title)
    _text(root, "updated", updated.isoformat())
    _link(root, "self", feed.address, "application/atom+xml")
    _link(root, "alternate", site.catalogue, "text/html")
    _text(ElementTree.SubElement(root, "author"), "name", site.publisher)
    for entry in feed.entries:
        _entry(root, entry, site)
    ElementTree.indent(root, " ")
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def tag(site: Site, about: str) -> str:
    """Return an identifier that never changes (RFC 4151): made of no date and no title."""
    return f"tag:{site.host},2026:{about}"


def _entry(root: ElementTree.Element, entry: Entry, site: Site) -> None:
    found = ElementTree.SubElement(root, "entry")
    _text(found, "id", tag(site, f"edition/{entry.edition_id}"))
    _text(found, "title", entry.title)
    _text(found, "published", entry.published.isoformat())
    _text(found, "updated", entry.published.isoformat())
    _link(found, "alternate", site.edition(entry.edition_id), "text/html")
    data = f"{site.edition(entry.edition_id)}.jsonld"
    _link(found, "describedby", data, "application/ld+json")
    ElementTree.SubElement(found, "category", {"term": entry.topic})
    _text(found, "summary", entry.summary)


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = one_line(text)


def _link(parent: ElementTree.Element, rel: str, address: str, kind: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": rel, "href": address, "type": kind})
