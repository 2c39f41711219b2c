"""Which pages search engines may list, and where they find them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from xml.etree import ElementTree

from app.openness.site import Site

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: More than these stand in several files; the protocol takes no more.
MOST = 50_000


@dataclass(frozen=True)
class Address:
    """A page, and when it was changed last, where that is known."""

    url: str
    changed: datetime | None = None


def sitemap(
    addresses: Sequence[Address], site: Site, page: int | None = None, most: int = MOST
) -> bytes | None:
    """Return the map, or a list of its pages where it has several.

    Parameters
    ----------
    page : int or None
        Of several, from 1; None for the whole.

    Returns
    -------
    bytes or None
        None for a page that there is not.
    """
    pages = max(1, ceil(len(addresses) / most))
    if page is None and pages > 1:
        parts = [Address(f"{site.base}/sitemap.xml?page={n}") for n in range(1, pages + 1)]
        return _written("sitemapindex", "sitemap", parts)
    number = 1 if page is None else page
    if not 1 <= number <= pages:
        return None
    return _written("urlset", "url", addresses[(number - 1) * most : number * most])


def robots(site: Site) -> bytes:
    """Return what robots may read: all that is public."""
    lines = ("User-agent: *", "Disallow: /downloads/", "Disallow: /operator")
    return "".join(f"{line}\n" for line in (*lines, f"Sitemap: {site.base}/sitemap.xml")).encode()


def _written(root_name: str, name: str, addresses: Sequence[Address]) -> bytes:
    root = ElementTree.Element(root_name, {"xmlns": SITEMAP})
    for address in addresses:
        found = ElementTree.SubElement(root, name)
        ElementTree.SubElement(found, "loc").text = address.url
        if address.changed is not None:
            ElementTree.SubElement(found, "lastmod").text = address.changed.isoformat()
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
