"""Milliseconds to price a thousand tables in a catalogue of a hundred thousand."""

import random
import statistics
import time
from collections.abc import Callable
from itertools import combinations

from flask import Flask
from sqlalchemy import text

from app.catalog.products import products
from app.core.db import Database, new_id
from app.market import market_of
from app.orders import holdings
from app.releases import queries as releases
from bench.pricing import crowd
from bench.pricing.settlement import BenchError
from pricing.item import Answer, Item, Question, subsets
from pricing.price_book import DEFAULT_BOOK
from pricing.price_list import PriceList
from pricing.quote import quote
from pricing.rarity import Rarity
from pricing.routes import other_routes

AXES = tuple(f"column {n}" for n in range(6))
MARGINALS = tuple(m for size in (1, 2) for m in combinations(AXES, size))
TIERS = {"gold": 1, "silver": 4, "bronze": 16}
EDITIONS_OF_EACH = 10


def catalogue(products_wanted: int) -> list[Item]:
    """Make at least so many products: collections of ten editions, 21 tables at 3 tiers each."""
    rng = random.Random(1)  # noqa: S311 (data of a benchmark)
    made: list[Item] = []
    while len(made) < products_wanted:
        collection = f"collection {len(made)}"
        asked = {axes: Question(collection, axes) for axes in map(frozenset, _closure())}
        for number in range(EDITIONS_OF_EACH):
            people, noise = rng.randint(60, 5_000), rng.uniform(10, 500)
            made += [
                Item(
                    f"{collection}, {number}",
                    collection,
                    marginal,
                    tier,
                    people,
                    1.0,
                    tuple(
                        Answer(asked[axes], noise * factor * (1 + len(axes)))
                        for axes in sorted(subsets(marginal), key=sorted)
                    ),
                )
                for marginal in MARGINALS
                for tier, factor in TIERS.items()
            ]
    return made


def _closure() -> set[tuple[str, ...]]:
    return {(), *MARGINALS}


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Return the median of so many runs, in milliseconds, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1_000


def library_ms(catalogue_size: int, tables: int, repeats: int) -> dict[str, float]:
    """Time the library alone: a first quote, a warm one, one for an owner, the other routes."""
    offered = catalogue(catalogue_size)
    prices = PriceList(DEFAULT_BOOK, Rarity.of_catalogue(offered))
    rng = random.Random(2)  # noqa: S311
    wanted = rng.sample(offered, tables)
    owned = rng.sample(offered, tables // 2)
    start = time.perf_counter()
    quote(prices, wanted)
    cold = (time.perf_counter() - start) * 1_000
    return {
        "cold": cold,
        "warm": median_ms(lambda: quote(prices, wanted), repeats),
        "owner": median_ms(lambda: quote(prices, wanted, owned), repeats),
        "routes": median_ms(lambda: list(other_routes(prices, wanted)), max(3, repeats // 5)),
    }


def market_ms(database_url: str, catalogue_size: int, tables: int, repeats: int) -> float:
    """Time the product's own way: read the bundle, what is owned, the releases, and quote.

    Parameters
    ----------
    database_url : str
        An empty database; it is migrated and filled here with editions that share the release
        of one that was measured.

    Raises
    ------
    BenchError
        When no price comes out.
    """
    with crowd.market(database_url) as (app, db):
        editions, buyer_id = _publish(app, catalogue_size)
        texts = _chosen(db, editions, tables)

        def price() -> None:
            with db.unit_of_work(write=False):
                if holdings.bundle_of(buyer_id, texts).quote is None:
                    raise BenchError("there is no price")

        return median_ms(price, repeats)


def _chosen(db: Database, editions: list[str], tables: int) -> list[str]:
    keys: list[str] = []
    with db.unit_of_work(write=False):
        for edition in editions:
            view = releases.release(edition)
            keys += [str(p.key) for p in products(view, view.release.plan.tiers[0])]
            if len(keys) >= tables:
                return keys[:tables]
    raise BenchError("the catalogue is too small")


def _publish(app: Flask, catalogue_size: int) -> tuple[list[str], str]:
    made = crowd.first_edition(app)
    db: Database = market_of(app).db
    with db.unit_of_work() as session:
        view = releases.release(made.edition_id)
        plan = view.release.plan
        tables = sum(1 for m in plan.workload.marginals if m) * len(plan.tiers)
        wanted = -(-catalogue_size // tables)
        connection = session.connection()
        editions = [made.edition_id]
        collection_id = made.collection_id
        for number in range(2, wanted + 1):
            if number % EDITIONS_OF_EACH == 1:
                collection_id = new_id()
                named = {"collection": collection_id, "first": made.edition_id}
                connection.execute(text(COLLECTION), named)
            names = {
                "edition": new_id(),
                "first": made.edition_id,
                "number": number,
                "collection": collection_id,
            }
            connection.execute(text(EDITION), names)
            connection.execute(text(RELEASE), names)
            editions.append(str(names["edition"]))
    return editions[-len(editions) // 2 :], made.producer.user_id


COLUMNS = (
    "owner_id, title, description, topic, person, record, schema, columns, ways, epsilon_milli,"
    " delta_exponent, purposes, edition_days, currency, open, created_at, floor_micros"
)
COLLECTION = (
    f"INSERT INTO collection (id, {COLUMNS}) SELECT :collection, {COLUMNS} FROM collection"  # noqa: S608
    " WHERE id = (SELECT collection_id FROM edition WHERE id = :first)"
)
EDITION = (
    "INSERT INTO edition (id, collection_id, number, purposes, state, closed_at, published_at,"
    " attempt, drawn, floor_micros, people, catalogue_number) SELECT :edition, :collection,"
    " :number, purposes, state, closed_at, published_at, attempt, drawn, floor_micros, people,"
    " :number FROM edition WHERE id = :first"
)
RELEASE = (
    "INSERT INTO published_release (edition_id, content, digest, shares_total, micro_rho,"
    " published_at) SELECT :edition, content, digest, shares_total, micro_rho, published_at"
    " FROM published_release WHERE edition_id = :first"
)
