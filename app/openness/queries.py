"""Which editions documents tell of: those that stand in the catalogue."""

from collections.abc import Sequence
from math import ceil

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.catalog.price_lists import price_book
from app.catalog.products import people
from app.collections import queries as collections
from app.collections import wording
from app.collections.rules import CollectionRules
from app.core.errors import NotFound
from app.openness.description import Description, about_tables, describe
from app.openness.feeds import Entry
from app.openness.site import Site
from app.openness.sitemaps import Address
from app.releases import queries as releases
from app.releases.queries import EditionView, ReleaseView

#: Editions on a page of the catalogue's document.
PAGE = 100
#: Editions in a feed.
NEWEST = 50


def described(edition_id: str, site: Site) -> Description:
    """Describe an edition of the catalogue.

    Raises
    ------
    NotFound
        Before its release, once it is taken down, and where too few took part.
    """
    view = releases.release(edition_id)
    if not offered(view):
        raise NotFound(_l("This release is not sold any more."))
    return describe(view, site)


def offered(view: ReleaseView) -> bool:
    """Tell whether an edition stands in the catalogue."""
    fewest = max(view.rules.minimum_people, price_book().minimum_people)
    return not view.edition.taken_down and people(view).value >= fewest


def pages() -> int:
    """Return how many pages the catalogue has, at least one."""
    return max(1, ceil(releases.published_count() / PAGE))


def page(number: int, site: Site) -> tuple[Description, ...]:
    """Describe the editions on a page of the catalogue, the oldest first: pages stay as they are.

    Raises
    ------
    NotFound
    """
    if not 1 <= number <= pages():
        raise NotFound(_l("There is no such page, or it is not yours."))
    editions = releases.published_page((number - 1) * PAGE, PAGE)
    views = [releases.release(edition.id) for edition in editions]
    return tuple(describe(view, site) for view in views if offered(view))


def newest(topic: str = "", collection_id: str = "") -> tuple[Entry, ...]:
    """Return the newest editions for a feed, in the language that is spoken."""
    rules = {one.id: one for one in collections.public_collections()}
    among = None
    if topic or collection_id:
        fitting = (one for one in rules.values() if topic in ("", one.topic))
        among = [one.id for one in fitting if collection_id in ("", one.id)]
    found = releases.published_page(0, NEWEST, newest=True, among=among)
    fewest = price_book().minimum_people
    return tuple(
        _entry(edition, rules[edition.collection_id])
        for edition in found
        if edition.collection_id in rules
        and edition.people >= max(fewest, rules[edition.collection_id].minimum_people)
    )


def public_addresses(site: Site, fixed: Sequence[str]) -> tuple[Address, ...]:
    """Return every page that search engines may list: fixed ones, collections and editions."""
    rules = {one.id: one for one in collections.public_collections()}
    fewest = price_book().minimum_people
    editions = (
        Address(site.edition(edition_id), published)
        for edition_id, collection_id, counted, published in releases.published_briefly()
        if collection_id in rules
        and (counted is None or counted >= max(fewest, rules[collection_id].minimum_people))
    )
    return (
        *(Address(f"{site.base}{path}") for path in fixed),
        *(Address(site.collection(collection_id)) for collection_id in rules),
        *editions,
    )


def _entry(edition: EditionView, rules: CollectionRules) -> Entry:
    title = _("%(title)s, edition %(n)s", title=wording.title(rules), n=edition.number)
    return Entry(
        edition.id,
        title,
        about_tables(rules, edition.people),
        rules.topic,
        edition.published_at or releases.EVER_AGO,
    )
