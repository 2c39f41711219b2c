"""What a page of the shop costs with 100,000 editions on sale, beside 100.

Run as `python -m bench.shop [--quick] [--folder FOLDER]`; writes shop.json and shop.md into
docs/benchmarks. Two markets stand on each database; requests go to one and to the other by turns,
through the real application, without a network. The editions share one release that was measured
as the product does it; each has its own rows, and each collection its own words.
"""

import argparse
import importlib
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, insert, select, text, update

from app.bundles import bundle
from app.catalog import listing
from app.catalog.products import products
from app.core.db import Base, Database, new_id
from app.core.permissions import Role
from app.market import market_of
from app.payments.mode import STAND_IN_KEY
from app.releases import queries as releases
from app.search import stems
from app.search.standing import NEWEST, step_of
from app.worker import create_app
from bench.pricing import crowd
from bench.pricing.__main__ import databases

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
ENGINES = ("sqlite", "postgresql")
MANY, FEW = 100_000, 100
#: Collections are so many that each publishes so often; a small market has shorter histories, so
#: that each page has as many lines in both.
EDITIONS_OF_EACH, AT_LEAST = 100, 100
BUNDLE = 100
SOLD_ONE_IN = 3
TOPICS = ("work", "health", "energy", "leisure")
#: So many collections have the rarest word.
RARE = 20
STEMS = (
    "achats alimentaires budget carburant chauffage cinéma courses déplacements électricité emploi"
    " énergie épargne famille ferroviaire fitness forfait fruits gaz habitat horaires jardin jeux"
    " lecture légumes livraison location loisirs marche médecins ménages métro musique nuitées"
    " pharmacie piscine presse prêts promenades quartier radio randonnée repas restaurants revenus"
    " salaires séries sommeil sorties sport téléphone théâtre trajets tramway travail vacances vélo"
    " vêtements voiture voyages wagons weekend yaourts zoo"
).split()
#: Searches of every kind: none, common words, rare words, both languages, facets, orders.
SEARCHES = (
    "",
    "?q=restaurants",
    "?q=électricités",
    "?q=zyzomys",
    "?q=lunches+places",
    "?topic=energy",
    "?topic=health&sort=people",
    "?purpose=commercial&people=100&sort=cheapest",
    "?q=voyages&sort=people",
    "?sort=newest&after={after}",
)
QUICK = (2_000, 5)
PAGE = """# What a page of the shop costs

Milliseconds of work for one page, from the request to its last byte, with {many:,} editions on
sale and with {few:,}, by turns in the same run; the slower of SQLite and PostgreSQL where one
figure stands for both. Work is CPU time: of the application, and of the database's own processes
on PostgreSQL. A release page is of another edition
each time, so most are decoded anew. `milliseconds_per_page_2_cores` is what one core works for one
page while two processes serve home, searches and release pages as fast as they can: 10 are 200
pages a second on two cores. There each process keeps public pages for the minute that they may be
kept (`MOISSON_PAGE_CACHE_MEGABYTES`): home and the searches come again and again, a release page
is one of 2,000 and seldom does. All other figures are of pages that are made anew.

The aims: a search at most 1.3 times as long with {many:,} editions, no page above 30 ms, 10 ms a
page on two cores. Repeat with `make bench-shop`. Measured {date} on {cores} cores
({machine}, Python {python}).

| figure | value | unit | how |
|---|---|---|---|
{lines}
"""


@dataclass(frozen=True)
class Shop:
    """A market with so many editions on sale, and somebody who has a bundle."""

    app: Flask
    editions: list[str]
    visitor: Any
    buyer: Any
    after: str

    def server(self) -> float:
        """Return the CPU seconds that the database's own processes worked for this market."""
        engine = market_of(self.app).db.engine
        if engine.dialect.name != "postgresql":
            return 0.0
        pids = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        with engine.connect() as connection:
            found = list(connection.scalars(text(pids)))
        return sum(_cpu(pid) for pid in found)


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    name: str
    value: float
    unit: str
    how: str


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process, from its own account."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def shop(url: str, size: int) -> Iterator[Shop]:
    """Open a market with so many editions on sale."""
    with crowd.market(url) as (app, db):
        app.config["TESTING"] = False
        made = crowd.first_edition(app)
        with db.unit_of_work() as session:
            editions = _fill(session.connection(), made.edition_id, size)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        _same_as_listed(db, editions[len(editions) // 2])
        factories = importlib.import_module("tests.support.factories")
        browser = importlib.import_module("tests.support.browser").Browser
        buyer = factories.account(app, Role.BUYER)
        with db.unit_of_work():
            bundle.add(buyer, _bundle(editions))
        yield Shop(
            app, editions, browser(app), browser(app, buyer), f"{size - 25}.{size - 25}.{size}"
        )


def _table(name: str) -> Any:
    return Base.metadata.tables[name]


def _fill(connection: Connection, first: str, size: int) -> list[str]:
    """Publish so many editions by their rows; the one that was measured is among them."""
    rng = random.Random(1)  # noqa: S311 (data of a benchmark)
    row = {
        name: dict(
            connection.execute(select(_table(name)).where(_table(name).c[key] == first))
            .mappings()
            .one()
        )
        for name, key in (
            ("edition", "id"),
            ("published_release", "edition_id"),
            ("catalogue_entry", "edition_id"),
        )
    }
    table = _table("collection")
    of_first = table.c.id == row["edition"]["collection_id"]
    row["collection"] = dict(connection.execute(select(table).where(of_first)).mappings().one())
    count = max(AT_LEAST, size // EDITIONS_OF_EACH)
    collections = [
        _collection(row["collection"], rng, "zyzomys" if n % (count // RARE) == 0 else "")
        for n in range(count)
    ]
    _insert(connection, "collection", collections)
    editions, entries = [], []
    for number in range(2, size + 1):
        edition, entry = _edition(row, collections[number % count], number, rng)
        editions.append(edition)
        entries.append(entry)
    _insert(connection, "edition", editions)
    kept = row["published_release"]
    _insert(
        connection, "published_release", [{**kept, "edition_id": each["id"]} for each in editions]
    )
    _insert(connection, "catalogue_entry", entries)
    _stand(connection, [row["catalogue_entry"], *entries])
    return [first, *(each["id"] for each in editions)]


def _collection(first: Mapping[str, Any], rng: random.Random, rare: str) -> dict[str, Any]:
    said = rng.sample(STEMS, 24)
    return {
        **first,
        "id": new_id(),
        "title": f"{said[0].capitalize()} et {said[1]}",
        "description": " ".join([*said[2:], rare]),
        "topic": rng.choice(TOPICS),
    }


def _edition(
    first: Mapping[str, Mapping[str, Any]],
    collection: Mapping[str, Any],
    number: int,
    rng: random.Random,
) -> tuple[dict[str, Any], dict[str, Any]]:
    purposes = rng.choice(["commercial public research", "public research"])
    counts = number if number % SOLD_ONE_IN == 0 else None
    at = first["edition"]["published_at"] + timedelta(minutes=number)
    edition = {
        **first["edition"],
        "id": new_id(),
        "collection_id": collection["id"],
        "number": number,
        "purposes": purposes,
        "catalogue_number": number,
        "published_at": at,
        "counts_from": counts,
    }
    title, about = collection["title"], collection["description"]
    entry = {
        **first["catalogue_entry"],
        "id": number,
        "edition_id": edition["id"],
        "collection_id": collection["id"],
        "topic": collection["topic"],
        "number": number,
        "published_at": at,
        "purposes": purposes,
        "price_micros": rng.randint(100, 900) * 10_000,
        "title_en": title,
        "title_fr": title,
        "about_en": about,
        "about_fr": about,
        "stems": stems.stems(f"{title} {about} {collection['topic']} lunches places north south"),
    }
    return edition, entry


def _stand(connection: Connection, entries: list[Mapping[str, Any]]) -> None:
    """Write which stand in front, and count them: what `app.search.service.put` does one by one."""
    newer: dict[tuple[str, str], int] = {}
    counted: dict[tuple[str, str, int], int] = {}
    fronts = []
    for entry in reversed(entries):
        for purpose in ("", *entry["purposes"].split()):
            place = purpose, entry["collection_id"]
            follows = newer.get(place, NEWEST)
            newer[place] = entry["id"]
            kept = ("collection_id", "topic", "people", "price_micros")
            fronts.append(
                {
                    "purpose": purpose,
                    "entry_id": entry["id"],
                    "newer": follows,
                    **{name: entry[name] for name in kept},
                }
            )
            if follows == NEWEST:
                of = purpose, entry["topic"], step_of(entry["people"])
                counted[of] = counted.get(of, 0) + 1
    for name in ("catalogue_front", "catalogue_count"):
        connection.execute(_table(name).delete())
    _insert(connection, "catalogue_front", fronts)
    columns = ("purpose", "topic", "step", "collections")
    _insert(
        connection,
        "catalogue_count",
        [dict(zip(columns, (*of, n), strict=True)) for of, n in counted.items()],
    )


def _insert(connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5_000):
        connection.execute(insert(_table(name)), rows[start : start + 5_000])


def _same_as_listed(db: Database, edition_id: str) -> None:
    """Check that the product itself would have written such rows.

    Raises
    ------
    RuntimeError
    """
    names = ("catalogue_front", "catalogue_count")
    with db.unit_of_work() as session:

        def rows() -> list[list[tuple[Any, ...]]]:
            priced = _table("catalogue_front").c.price_micros
            session.execute(
                update(_table("catalogue_front"))
                .values({priced: 0})
                .where(_table("catalogue_front").c.entry_id == number)
            )
            return [
                sorted(map(tuple, session.execute(select(_table(name)))), key=str) for name in names
            ]

        number = releases.edition(edition_id).catalogue_number
        before = rows()
        listing.list_edition(edition_id)
        if rows() != before:
            raise RuntimeError("the product writes other rows than this benchmark")
        session.rollback()


def _bundle(editions: list[str]) -> list[str]:
    """Return the keys of so many tables, of editions that are spread over the catalogue."""
    keys: list[str] = []
    for edition in editions[:: max(1, len(editions) // BUNDLE)]:
        view = releases.release(edition)
        keys += [str(one.key) for one in products(view, view.release.plan.tiers[0])]
    return keys[:BUNDLE]


def measured(
    shops: Mapping[int, Shop], ask: Callable[[Shop, int], Any], turns: int
) -> dict[int, float]:
    """Return the milliseconds of work for a page in each shop; they are asked by turns."""
    served = dict.fromkeys(shops, 0.0)
    times: dict[int, list[float]] = {size: [] for size in shops}
    for turn in range(turns + 2):
        for size, one in shops.items():
            begun, server = time.process_time(), one.server()
            answer = ask(one, turn)
            spent = time.process_time() - begun
            if turn >= 2:
                served[size] += one.server() - server
            if answer.status_code != 200:
                raise RuntimeError(f"{answer.status_code} {answer.request.path}")
            if turn >= 2:
                times[size].append(spent * 1_000)
    # The server's time is told in hundredths of a second: only its sum says something.
    return {
        size: statistics.median(found) + served[size] * 1_000 / turns
        for size, found in times.items()
    }


#: From one address only so many pages a minute are served.
_addresses = (f"10.{a}.{b}.{c}" for a in range(256) for b in range(256) for c in range(1, 255))


def _visit(browser: Any, path: str) -> Any:
    return browser.get(path, environ_base={"REMOTE_ADDR": next(_addresses)})


def _search(asked: str, one: Shop, _turn: int) -> Any:
    return _visit(one.visitor, f"/catalogue{asked.format(after=one.after)}")


def pages(shops: Mapping[int, Shop], turns: int) -> dict[str, dict[int, float]]:
    """Measure each kind of page in both shops."""
    draw = random.Random(2)  # noqa: S311
    found = {
        "home": measured(shops, lambda one, _: _visit(one.visitor, "/"), turns),
        "release": measured(
            shops,
            lambda one, _: _visit(one.visitor, f"/catalogue/{draw.choice(one.editions)}"),
            turns,
        ),
        "bundle": measured(shops, lambda one, _: one.buyer.get("/bundle"), turns),
    }
    for asked in SEARCHES:
        found[f"search {asked}"] = measured(
            shops,
            partial(_search, asked),
            turns,
        )
    return found


def served(url: str, seconds: float) -> tuple[int, float]:
    """Serve home, searches and release pages as fast as one process can.

    Returns
    -------
    tuple of int and float
        How many, and the CPU seconds that they took here and in the database.
    """
    app = create_app(
        {
            "MOISSON_ENV": "test",
            "MOISSON_DATABASE_URL": url,
            "MOISSON_STRIPE_KEY": STAND_IN_KEY,
            "MOISSON_INSTANCE": os.environ["BENCH_INSTANCE"],
        }
    )
    browser = importlib.import_module("tests.support.browser").Browser(app)
    with market_of(app).db.unit_of_work(write=False):
        editions = [one for _, one in releases.published_before(None, 2_000)]
    draw, count = random.Random(os.getpid()), 0  # noqa: S311
    plain = [f"/catalogue{asked}" for asked in SEARCHES if "{" not in asked]

    def page() -> str:
        return draw.choice(["/", draw.choice(plain), f"/catalogue/{draw.choice(editions)}"])

    for _ in range(30):
        _visit(browser, page())
    db = market_of(app).db
    begun = time.process_time() + _own_server(db)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        count += _visit(browser, page()).status_code == 200
    return count, time.process_time() + _own_server(db) - begun


def _own_server(db: Database) -> float:
    """Return the CPU seconds of the database's process that serves this one."""
    if db.engine.dialect.name != "postgresql":
        return 0.0
    with db.engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    return 0.0 if pid is None else _cpu(pid)


def on_two_cores(url: str, instance: str, seconds: float) -> float:
    """Return the milliseconds of one core for a page, while two processes serve."""
    command = [sys.executable, "-m", "bench.shop", "--serve", url, "--seconds", str(seconds)]
    both = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "BENCH_INSTANCE": instance},
        )
        for _ in range(2)
    ]
    told = [one.communicate()[0].split()[-2:] for one in both]
    counted, spent = (sum(float(each[at]) for each in told) for at in (0, 1))
    return 1_000 * spent / counted


def figures(many: int, turns: int, seconds: float) -> list[Figure]:
    """Measure on both databases."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    core: dict[str, float] = {}
    with databases() as new:
        for engine in ENGINES:
            urls = {size: new(engine) for size in (FEW, many)}
            with ExitStack() as stack:
                shops = {n: stack.enter_context(shop(url, n)) for n, url in urls.items()}
                found[engine] = pages(shops, turns)
                instance = str(market_of(shops[many].app).settings.instance)
                core[engine] = on_two_cores(urls[many], instance, seconds)
            print(engine, json.dumps(found[engine], indent=1), core[engine], flush=True)
    return _figures(found, core, many)


def _figures(
    found: Mapping[str, Mapping[str, Mapping[int, float]]], core: Mapping[str, float], many: int
) -> list[Figure]:
    made = []

    def mean(engine: str, kind: str, size: int) -> float:
        return statistics.fmean(
            ms[size] for page, ms in found[engine].items() if page.startswith(kind)
        )

    grown = {e: mean(e, "search", many) / mean(e, "search", FEW) for e in found}
    said = f"the mean of {len(SEARCHES)} kinds of search, {many:,} editions beside {FEW}"
    made.append(Figure("search_100k_vs_100", max(grown.values()), "ratio", said))
    made += [Figure(f"search_100k_vs_100_{e}", grown[e], "ratio", e) for e in found]
    for name, kind in (
        ("search_ms", "search"),
        ("home_ms", "home"),
        ("release_ms", "release"),
        ("bundle_100_tables_ms", "bundle"),
    ):
        spent = {e: mean(e, kind, many) for e in found}
        said = "; ".join(
            f"{e} {ms:.1f} ({mean(e, kind, FEW):.1f} with {FEW})" for e, ms in spent.items()
        )
        made.append(Figure(name, max(spent.values()), "ms", said))
    worst, page, engine = max(
        (ms[many], page, e)
        for e, pages_of in found.items()
        for page, ms in pages_of.items()
        if page.startswith("search")
    )
    made.append(Figure("search_worst_ms", worst, "ms", f"`/catalogue{page[7:]}`, {engine}"))
    both = "; ".join(f"{e} {ms:.1f}" for e, ms in core.items())
    made.append(Figure("milliseconds_per_page_2_cores", max(core.values()), "ms", both))
    return made


def publish(found: list[Figure], many: int, folder: Path) -> None:
    """Write the figures and the page."""
    plain = [
        {"name": f.name, "value": round(f.value, 3), "unit": f.unit, "how": f.how} for f in found
    ]
    page = PAGE.format(
        many=many,
        few=FEW,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        lines="\n".join("| {name} | {value} | {unit} | {how} |".format(**each) for each in plain),
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.json").write_text(json.dumps(plain, indent=2) + "\n")
    (folder / "shop.md").write_text(page)
    print(page)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.shop")
    parser.add_argument("--quick", action="store_true", help="a small market, a few turns")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=20.0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        print(*served(given.serve, given.seconds))
        return
    many, turns = QUICK if given.quick else (MANY, 60)
    found = figures(many, turns, 3.0 if given.quick else given.seconds)
    folder = given.folder or (None if given.quick else FOLDER)
    if folder:
        publish(found, many, folder)


if __name__ == "__main__":
    main()
