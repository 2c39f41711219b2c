"""Side doors: but for the noise, nothing that others see tells whether one person is in a file.

Two markets differ in one person with worst-case rows: more cells than the bound, values far beyond
theirs; or in one account, which is one person, more; or in one file more of the same producer. The
people counted and the release of both are the same ones, as they might be by chance. Then
everything to the right of them must be the same to the byte: pages of every other role, prices,
facets, counts, file sizes, the order of rows, empty cells, logs, messages, times and earnings. The
operator sees who is charged, and so who took part; nobody else does.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app import create_app, worker
from app.bundles import bundle
from app.catalog import queries as catalog
from app.catalog.estimates import estimate, supposed
from app.catalog.price_lists import price_list
from app.catalog.products import Product, products, sold_tiers
from app.catalog.rarity_index import rarity_index
from app.contributions.in_browser.views import PARTS
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.datasets.understanding import Answers, ColumnAnswer
from app.downloads import files
from app.jobs import queries as jobs_queries
from app.market import market_of
from app.openness import dcat, packages, site
from app.openness.citations import FORMS
from app.openness.croissant import croissant
from app.openness.description import describe
from app.openness.linked import json_ld, turtle
from app.openness.schema_org import dataset
from app.releases import bounds as release_bounds
from app.releases import measuring, queries, service
from app.releases.members import INDIVIDUALS, NOBODY
from pricing.quote import quote
from pricing.routes import other_routes
from pricing.split import parts_of
from privacy.release import Release
from tests.conftest import environment
from tests.support import factories
from tests.support.browser import Browser
from tests.support.compiled import compile_once
from tests.support.selection import exhaustive_but
from tests.test_routes import WHO, For

WITHOUT = factories.csv_rows(300, 2)
PERSON = "".join(
    f"somebody-else,{day},{place},{value}\n"
    for day in factories.DAYS
    for place in ("north", "south")
    for value in ("99999.75", "-5", "49.5")
).encode()
#: A vault with far fewer people, who do other things.
OTHERS = factories.csv_rows(60, 1).replace(b",Mon,", b",Tue,").replace(b",north,", b",south,")
NONE = "0" * 32
WHEN = datetime(2026, 3, 2, 9, 17, 31, tzinfo=UTC)


@dataclass
class World:
    """A market with one edition, as everybody but the owner of the rows sees it."""

    app: Flask
    edition_id: str
    collection_id: str
    dataset_id: str
    owner: Actor
    logs: list[dict[str, Any]]
    #: Who may not tell it from the other one.
    onlookers: tuple[str, ...]


EVERYBODY = ("visitor", "buyer", "producer", "operator")


@dataclass(frozen=True)
class Neighbour:
    """How a market differs from one with the rows `WITHOUT`."""

    rows: bytes = WITHOUT
    account: bool = False
    file: bool = False

    @property
    def onlookers(self) -> tuple[str, ...]:
        return EVERYBODY[:3] if self.account or self.file else EVERYBODY


NEIGHBOURS = {
    "one person more": Neighbour(WITHOUT + PERSON),
    "one account more": Neighbour(account=True),
    "one file more": Neighbour(file=True),
    "other rows": Neighbour(OTHERS),
}


@pytest.fixture(params=exhaustive_but(list(NEIGHBOURS)[:2], NEIGHBOURS))
def worlds(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[list[World]]:
    made: list[World] = []
    drawn: list[Release] = []
    other = NEIGHBOURS[request.param]
    for position, neighbour in enumerate((Neighbour(), other)):
        app = compile_once(
            create_app(environment(tmp_path / str(position), new_database("sqlite")))
        )
        # One measurement takes far longer than the other, as that of more rows may.
        with app.app_context(), ExitStack() as clocks:
            clocks.enter_context(fixed_at(WHEN))
            takes = timedelta(minutes=position * 20)
            world = _market(app, neighbour, drawn, takes, clocks)
            made.append(replace(world, onlookers=other.onlookers))
    yield made
    for world in made:
        market_of(world.app).db.dispose()


def _market(
    app: Flask,
    neighbour: Neighbour,
    drawn: list[Release],
    takes: timedelta,
    clocks: ExitStack,
) -> World:
    owner = factories.account(app, Role.PRODUCER, name="owner")
    person = factories.account(app, Role.PRODUCER, name="person")
    doors = worker.measuring(market_of(app))

    def measured(
        rows: Any, objects: Any, plan: Any, secret: str, tell: Any, mark: Any, **_: Any
    ) -> Release:
        honest = doors.measure(rows, objects, plan, secret, tell, mark)
        drawn.append(honest)
        clocks.enter_context(fixed_at(WHEN + takes))
        return _renamed(drawn[0], min(dataset_id, more) if neighbour.file else dataset_id)

    def counted(rows: Any, sources: Any, plan: Any, mark: Any, **_: Any) -> int:
        doors.count(rows, sources, plan, mark)
        return 300

    with capture_logs() as logs:
        dataset_id, collection_id = factories.listed(app, owner, content=neighbour.rows)
        # Both are there in either market; what is listed makes the difference.
        mine = _checked(app, person, collection_id, factories.csv_rows(3, 3), "")
        more = _checked(app, owner, collection_id, factories.csv_rows(9, 2), "who")
        for listed, actor, which in (
            (neighbour.account, person, mine),
            (neighbour.file, owner, more),
        ):
            if listed:
                factories.stage(app).publish(actor, which, factories.EVERY_PURPOSE)
        with market_of(app).db.unit_of_work():
            (edition_id,) = service.close(owner, collection_id)
        doubles = replace(doors, count=counted, measure=measured)
        measuring.measure(doubles, edition_id, lambda _: None)
        factories.run_jobs(app)
        release_bounds.keep_missing(market_of(app).db)
        Browser(app, owner).get(f"/editions/{edition_id}")
    first = min(dataset_id, more) if neighbour.file else dataset_id
    return World(app, edition_id, collection_id, first, owner, list(logs), EVERYBODY)


def _checked(
    app: Flask, producer: Actor, collection_id: str, content: bytes, person_column: str
) -> str:
    """A file that waits to be listed in a collection."""
    dataset_id = factories.uploaded(app, producer, content, collection_id)
    columns = tuple(ColumnAnswer(c.column, "", c.name) for c in factories.ANSWERS.columns)
    answers = Answers(person_column, 1, columns, person_column)
    assert factories.stage(app).check(producer, dataset_id, answers) == "checked"
    return dataset_id


def _renamed(release: Release, dataset_id: str) -> Release:
    """The same numbers, for the identifiers of this market."""
    same = (INDIVIDUALS, NOBODY)
    (first,) = (source for source in release.sources if source not in same)
    counts = dict(zip(release.sources, release.source_counts, strict=True))
    mine = {dataset_id: counts[first], **{source: counts[source] for source in same}}
    return replace(
        release, sources=tuple(sorted(mine)), source_counts=tuple(mine[s] for s in sorted(mine))
    )


def plain(world: World, text: str) -> str:
    """Leave out what differs from market to market: identifiers, digests of them, tokens."""
    for name, value in (
        ("E", world.edition_id),
        ("C", world.collection_id),
        ("D", world.dataset_id),
    ):
        text = text.replace(value, name).replace(value[:8], name)
    text = re.sub(r'value="[^"]{60,}"', "", text)
    text = re.sub(r"\d+@example", "@example", text)
    # When the reader themselves signed in, by the clock of the machine.
    text = re.sub(r">[^<>]*(?= · this browser)", ">", text)
    return re.sub(r"[0-9a-f]{64}|[0-9a-f]{32}|\b[0-9a-f]{8}\b", "", text)


#: Pages with something more in their address, which decides what they show.
MORE = (
    "/catalogue?q=Lunches",
    "/catalogue?q=somebody-else",
    "/catalogue.ttl",
    "/feeds/editions.atom?topic=leisure&language=fr",
    "/catalogue?topic=leisure&people=100&sort=cheapest",
    "/catalogue?purpose=research&sort=people",
    f"/operator/book/days?month={WHEN:%Y-%m}",
    "/operator/privacy?page=2",
)
#: Who may open the pages of a row of the table of routes; all others are refused.
OPEN_TO = {
    "visitor": {For.EVERYBODY},
    "buyer": {For.EVERYBODY, For.ACCOUNTS, For.BUYERS},
    "producer": {For.EVERYBODY, For.ACCOUNTS, For.PRODUCERS},
    "operator": {For.EVERYBODY, For.ACCOUNTS, For.OPERATORS},
}
#: What answers somebody who may open it with something else than a page of its own.
ELSEWHERE = {
    "contributions.give": 404,  # this market has no templates
    "diaries.write": 404,
    "contributions.look": 302,  # nothing waits
    "contributions.account": 302,
    "notices.unsubscribe": 404,  # the link is none
    "notices.leave": 404,
    "alerts.end": 404,
    "users.language": 302,
    "users.verify": 302,  # the token is none
    "editions.show": 302,  # published: to its page in the catalogue
    "payouts.fresh_link": 302,  # no account to look after
    "payouts.came_back": 302,
    "operator.ask_refund": 404,  # no such order
    "money.payout": 404,
    "money.ask_correct": 404,
}
#: An archive of one's own data, packed anew each time.
OWN_ARCHIVE = "rights.download"
#: What is the owner's alone, and what makes all pages after it those of another language.
NOT_LOOKED_AT = (OWN_ARCHIVE, "users.language")


def named(world: World) -> dict[str, str]:
    """What stands for the places in the addresses."""
    return {
        "edition_id": world.edition_id,
        "collection_id": world.collection_id,
        "dataset_id": world.dataset_id,
        "key": f"{world.edition_id}~0~gold",
        "kind": "csv",
        "edition": world.edition_id,
        "collection": world.collection_id,
        "token_id": NONE,
        "endpoint_id": NONE,
        "question_id": NONE,
        "review_id": NONE,
        "order_id": NONE,
        "payout_id": NONE,
        "digest": NONE,
        "movement": "txn_none",
        "position": "0",
        "version": "2026-3",
        "token": "not-a-token",
        "stopping": "not-a-token",
        "leaving": "not-a-token",
        "ending": "not-a-token",
        "alert_id": NONE,
        "team_id": NONE,
        "user_id": NONE,
        "invitation_id": NONE,
        "goal_id": NONE,
        "series": "invoice",
        "number": "1",
        "name": "htmx-2.min.js",
        "file_name": "regression.py",
        "topic": "leisure",
        "filename": "moisson.css",
        "family": "none",
        "template": "none",
        "verb": "skip",
        "locale": "fr",
        "entry_id": NONE,
        "diary_key": "none",
        "content": world.app.extensions[PARTS].worker,
        "part": "reading-worker.js",
        "graph": "jsonld",
        "notation": "yaml",
        "style": "bib",
        "purpose": "research",
    }


def addresses(world: World) -> dict[str, tuple[str, For]]:
    """Every address that can be opened, by the endpoint, and who may open it."""
    found = {path: (path, For.OPERATORS if "operator" in path else For.EVERYBODY) for path in MORE}
    for rule in world.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_LOOKED_AT:
            built = rule.build({name: named(world)[name] for name in rule.arguments})
            assert built is not None
            found[rule.endpoint] = (built[1], WHO[rule.endpoint])
    return found


def _text(answer: TestResponse) -> str:
    # A PDF is packed, and the name of its reader is in it; the page and the CSV say the same.
    return "" if answer.mimetype == "application/pdf" else answer.text


def seen(world: World) -> dict[str, tuple[int, str]]:
    """Every page as somebody else sees it, with prices and previews, or as it refuses them."""
    app = world.app
    with market_of(app).db.unit_of_work(write=False):
        view = queries.release(world.edition_id)
        keys = [p.key for p in products(view, view.release.plan.tiers[0])]
    buyer = factories.account(app, Role.BUYER, name="buyer")
    with market_of(app).db.unit_of_work():
        bundle.add(buyer, [str(key) for key in keys[:3]])
    people = {
        "visitor": Browser(app),
        "buyer": Browser(app, buyer),
        "producer": Browser(app, factories.account(app, Role.PRODUCER, name="other")),
        "operator": Browser(app, factories.account(app, Role.OPERATOR, name="operator")),
    }
    told, wrong = {}, []
    for who, browser in people.items():
        if who not in world.onlookers:
            continue
        for place, (path, table) in addresses(world).items():
            answer = browser.get(path)
            told[f"{who} {place}"] = (answer.status_code, plain(world, _text(answer)))
            wanted = (ELSEWHERE.get(place, 200),) if table in OPEN_TO[who] else (302, 403, 404)
            wanted = (401,) if table is For.TOKENS else wanted
            if answer.status_code not in wanted:
                wrong.append((who, place, answer.status_code))
    assert not wrong
    return told


def test_pages_of_everybody_else_are_the_same_to_the_byte(worlds: list[World]) -> None:
    """Every address of the market, for everybody but the owner of the rows, refusals included."""
    with worlds[0].app.app_context(), fixed_at(WHEN + timedelta(days=1)):
        one = seen(worlds[0])
    with worlds[1].app.app_context(), fixed_at(WHEN + timedelta(days=1)):
        two = seen(worlds[1])
    assert len(one) > 70 * len(worlds[0].onlookers)
    assert "Lunches" in one["visitor catalog.search"][1]
    assert "somebody-else" not in "".join(t for place, (_, t) in two.items() if "q=" not in place)
    for place, (status, text) in one.items():
        assert status == two[place][0], place
        changed = difflib.unified_diff(text.splitlines(), two[place][1].splitlines(), n=0)
        assert text == two[place][1], (place, *changed)


def test_metadata_are_the_same_to_the_byte(worlds: list[World]) -> None:
    """All that programs read of an edition, and what stands beside its files in their zip."""

    def written(world: World) -> list[str]:
        found = []
        with world.app.app_context(), market_of(world.app).db.unit_of_work(write=False):
            view = queries.release(world.edition_id)
            about = describe(view, site.present())
            for product in (p for table in about.tables for p in table.levels):
                contents = {"table.csv": files.table_csv(view, product)}
                packed = [packages.datapackage(about, product, contents)]
                packed += packages.csvw(about, product, contents).values()
                packed.append(croissant(about, product, "file", "cited"))
                found += [plain(world, one.decode()) for one in packed]
            for write in (json_ld, turtle):
                graph = write(dcat.edition(about), about.site).decode()
                found.append(plain(world, graph))
            found += [plain(world, form.write(about, "fr")) for form in FORMS.values()]
            found.append(plain(world, json.dumps(dataset(about, "fr"))))
        return found

    one, two = (written(world) for world in worlds)
    assert len(one) > 60
    assert one == two


def test_prices_depend_on_published_figures_only(worlds: list[World]) -> None:
    """Two vaults with equal releases: every quote, rarity, estimate and split is the same."""

    def priced(world: World) -> str:
        with world.app.app_context(), market_of(world.app).db.unit_of_work(write=False):
            view = queries.release(world.edition_id)
            plan = view.release.plan
            by_tier = [
                catalog.items(p.key for p in products(view, tier)) for tier in sold_tiers(plan)
            ]
            prices = price_list()
            told = [
                quote(prices, wanted, owned)
                for wanted in by_tier
                for owned in ((), by_tier[-1], by_tier[0][:2])
            ]
            rules = view.rules
            told_rest = (
                parts_of(prices, by_tier[0], by_tier[-1]),
                tuple(other_routes(prices, by_tier[0][:4], by_tier[-1][:2])),
                prices.rarity,
                rarity_index().moments,
                estimate(rules, supposed(rules)),
            )
            return plain(world, repr((told, told_rest)))

    one, two = (priced(world) for world in worlds)
    assert "total=Money" in one
    assert one == two


def test_files_are_the_same_to_the_byte(worlds: list[World]) -> None:
    """The same rows in the same order, empty cells included; so files are equally long."""

    def written(world: World) -> list[bytes]:
        with world.app.app_context(), market_of(world.app).db.unit_of_work(write=False):
            view = queries.release(world.edition_id)
            chosen: list[Product] = [
                p for tier in sold_tiers(view.release.plan) for p in products(view, tier)
            ]
            return [
                part(view, p)
                for p in chosen
                for part in (files.table_csv, files.dictionary_csv, files.readme)
            ]

    one, two = (written(world) for world in worlds)
    assert len(one) > 20
    assert one == two


def test_times_progress_and_messages_of_jobs_are_the_same(worlds: list[World]) -> None:
    """One measurement took twenty minutes longer; times are told to the hour."""

    def told(world: World) -> list[tuple[object, ...]]:
        with world.app.app_context(), market_of(world.app).db.unit_of_work(write=False):
            view = queries.edition(world.edition_id)
            return [
                (view.state, view.closed_at, view.published_at),
                *(
                    (j.kind, j.state, j.progress, j.message, j.finished_at)
                    for j in jobs_queries.latest()
                ),
            ]

    assert told(worlds[0]) == told(worlds[1])


def test_earnings_rest_on_released_shares_alone(worlds: list[World]) -> None:
    def shared(world: World) -> tuple[object, ...]:
        with world.app.app_context(), market_of(world.app).db.unit_of_work(write=False):
            view = queries.release(world.edition_id)
            return (
                view.shares_total,
                queries.shares(world.edition_id)[world.owner.user_id],
                queries.spent(world.owner.user_id),
                view.shares_expected,
            )

    assert shared(worlds[0]) == shared(worlds[1])


def test_logs_are_the_same(worlds: list[World]) -> None:
    """But for identifiers and times: as many lines, of the same events, with the same fields."""

    def lines(world: World) -> str:
        # How many milliseconds a request took is the owner's own request's, and differs anyway.
        events = [{k: v for k, v in event.items() if k != "ms"} for event in world.logs]
        return plain(world, json.dumps(events, default=str))

    assert len(worlds[0].logs) > 0
    assert lines(worlds[0]) == lines(worlds[1])
    assert "somebody-else" not in lines(worlds[1])
