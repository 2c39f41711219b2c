"""Editions go into the lists, and their prices follow the book and the catalogue.

An edition is listed in the transaction that publishes it. What is costly is left to the worker,
in parts that each commit: listing what is in no list, and pricing anew what a new book or new
weights change. Every part begins where the lists are, so that a run goes on after a crash.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from app.catalog.price_lists import catalogue_number, price_list, weighed
from app.catalog.products import people, products, sold_tiers
from app.catalog.questions import questions_of
from app.collections import queries as collections
from app.collections.listed_words import listed_words
from app.collections.rules import CollectionRules
from app.core.db import Database
from app.jobs.runner import Handlers
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.search import queries as lists
from app.search import service as search
from app.search import work
from app.search.service import Listing
from pricing.item import Item
from pricing.money import Money
from pricing.price_book import PriceBook
from pricing.price_list import PriceList
from pricing.tariff import charge
from privacy.schema import Dimension

#: So many editions are listed in one unit of work, and priced in one job.
TOGETHER, IN_ONE_JOB = 20, 500


def list_edition(edition_id: str) -> None:
    """Write what lists show of an edition; take it out where it cannot be sold."""
    view, prices = releases.release(edition_id), price_list()
    if not _is_sold(view, prices):
        search.remove(edition_id)
        return
    every = _items(view)
    cheapest = _cheapest(every, prices)
    edition, rules = view.edition, view.rules
    search.put(
        Listing(
            id=edition.catalogue_number or 0,
            edition_id=edition.id,
            collection_id=rules.id,
            template=rules.template,
            topic=rules.topic,
            number=edition.number,
            period=edition.period,
            published_at=edition.published_at or releases.EVER_AGO,
            purposes=" ".join(sorted(edition.purposes)),
            people=round(people(view).value),
            tables=len(every) // len(sold_tiers(view.release.plan)),
            price_micros=cheapest.micros,
            currency=cheapest.currency,
            priced_as=priced_as(prices, rules),
            wording=listed_words(rules.id),
            columns=tuple(column_digest(each) for each in rules.schema.dimensions),
        )
    )


def column_digest(dimension: Dimension) -> str:
    """Name a column by its name and its categories."""
    plain = json.dumps([dimension.name, *dimension.values], ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def priced_as(prices: PriceList, rules: CollectionRules) -> str:
    """Name all that the prices of a collection's editions are worked out by, but the editions."""
    weights = [prices.weight(weighed(prices.book, asks)) for asks in questions_of(rules)]
    plain = json.dumps([prices.book.version, *weights])
    return hashlib.sha256(plain.encode()).hexdigest()


def least_people(rules: CollectionRules, book: PriceBook) -> int:
    """Return how many people an edition has at least that is sold."""
    return max(rules.minimum_people, book.minimum_people)


def _is_sold(view: ReleaseView, prices: PriceList) -> bool:
    least, edition = least_people(view.rules, prices.book), view.edition
    return bool(people(view).value >= least and edition.purposes and not edition.taken_down)


def _items(view: ReleaseView) -> list[Item]:
    tiers = sold_tiers(view.release.plan)
    return [one.item for tier in tiers for one in products(view, tier)]


def _cheapest(every: list[Item], prices: PriceList) -> Money:
    # What the free preview shows costs nothing: that is no price to begin from.
    return min(charge(prices, [one]) for one in prices.counted(every) or every)


def list_some(db: Database, run: str, before: int | None, *, anew: bool) -> None:
    """List the newest published editions before a place in the catalogue; then have more listed."""
    with db.unit_of_work(write=False):
        some = releases.published_before(before, TOGETHER)
    with db.unit_of_work():
        known = frozenset[str]() if anew else lists.listed(one for _, one in some)
        for _, edition_id in some:
            if edition_id not in known:
                list_edition(edition_id)
        if some:
            work.list_on(run, some[-1][0], anew=anew)


def price_some(db: Database, payload: dict[str, Any]) -> None:
    """Price editions anew whose prices are worked out by something else now."""
    with db.unit_of_work(write=False):
        prices, number = price_list(), catalogue_number()
        if prices.book.version != payload["book"] or payload["catalogue"] not in (0, number):
            return  # A newer one came, and has a job of its own.
        too_few = lists.with_fewer_people(prices.book.minimum_people)
        priced = list(_priced_anew(prices))
    with db.unit_of_work():
        for edition_id in too_few:
            search.remove(edition_id)
        for edition_id, cheapest, by in priced:
            search.price(edition_id, cheapest.micros, cheapest.currency, by)
        if len(priced) == IN_ONE_JOB:
            work.price_later(prices.book.version, payload["catalogue"], payload["part"] + 1)


def _priced_anew(prices: PriceList) -> Iterable[tuple[str, Money, str]]:
    left = IN_ONE_JOB
    for collection_id in lists.listed_collections():
        by = priced_as(prices, collections.rules(collection_id))
        for edition_id in lists.priced_otherwise(collection_id, by, left):
            yield edition_id, _cheapest(_items(releases.release(edition_id)), prices), by
            left -= 1
        if not left:
            return


def price_due(db: Database) -> None:
    """Have everything priced by the present catalogue: the schedule's task.

    At a full hour, not when an edition is published: the time of a job would tell how long the
    edition was measured.
    """
    with db.unit_of_work():
        work.price_later(price_list().book.version, catalogue_number())


def install_worker(handlers: Handlers, db: Database) -> None:
    """Tell the worker how editions are listed and priced."""

    def list_them(payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        list_some(db, payload["run"], payload.get("before"), anew=bool(payload.get("anew")))

    def price_them(payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        price_some(db, payload)

    handlers.add(work.LIST, list_them)
    handlers.add(work.PRICE, price_them)
