"""Side doors of the market's own templates: nobody sees whether one person more gives, or what.

As in `tests.app.pages.test_side_doors`: two markets with the same numbers drawn, which differ in
one person; every page of a visitor, a buyer and somebody else who gives is the same to the byte,
their own numbers, news and income included.
"""

import difflib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app, worker
from app.collections.templates import collection_of, found_templates
from app.contributions import service
from app.contributions.cells import Cell, Read
from app.core.clock import fixed_at
from app.core.permissions import SYSTEM, Actor, Role
from app.datasets.service import checking
from app.market import market_of
from app.releases import measuring
from app.releases import service as closing
from privacy.release import Release
from tests.app.pages import test_side_doors as doors
from tests.conftest import environment
from tests.support import factories
from tests.support.browser import Browser
from tests.support.compiled import compile_once
from tests.support.selection import exhaustive_but
from tests.test_routes import For

GIVEN, CLOSED = (datetime(2026, 3, day, 9, 17, 31, tzinfo=UTC) for day in (5, 10))
MONTH, BEFORE = "2026-02", "2026-01"
USUAL = (Cell(("weekday", "09-12"), (30,)), Cell(("weekend", "18-21"), (60,)))
WORST = tuple(
    Cell((kind, f"{hour:02}-{hour + 3:02}"), (180,))
    for kind in ("weekday", "weekend")
    for hour in range(0, 24, 3)
)


@dataclass(frozen=True)
class Neighbour:
    """What the person gives in the other market, by month; nothing in the first."""

    months: dict[str, tuple[Cell, ...]]
    skips: bool = False


NEIGHBOURS = {
    "one account more": Neighbour({MONTH: WORST}),
    "one month more of an earlier time": Neighbour({BEFORE: WORST}),
    "one who gave and skipped": Neighbour({MONTH: WORST}, skips=True),
}


@pytest.fixture(params=exhaustive_but(list(NEIGHBOURS)[:1], NEIGHBOURS))
def worlds(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[list[tuple[doors.World, Actor]]]:
    made: list[tuple[doors.World, Actor]] = []
    drawn: list[Release] = []
    for position, neighbour in enumerate((Neighbour({}), NEIGHBOURS[request.param])):
        app = compile_once(
            create_app(environment(tmp_path / str(position), new_database("sqlite")))
        )
        with app.app_context():
            made.append(_market(app, neighbour, drawn, timedelta(minutes=20 * position)))
    yield made
    for world, _ in made:
        market_of(world.app).db.dispose()


def _market(
    app: Flask, neighbour: Neighbour, drawn: list[Release], takes: timedelta
) -> tuple[doors.World, Actor]:
    db, honest = market_of(app).db, worker.measuring(market_of(app))
    with ExitStack() as clocks:
        clocks.enter_context(fixed_at(GIVEN))
        with db.unit_of_work():
            found_templates()
        givers = [factories.account(app, Role.PRODUCER, name=f"giver{n}") for n in range(4)]
        person = factories.account(app, Role.PRODUCER, name="person")
        with db.unit_of_work():
            for who in givers:
                _give(app, who, {MONTH: USUAL})
            if neighbour.months:
                _give(app, person, neighbour.months)
            if neighbour.skips:
                service.skip(person, checking(market_of(app)), "listening")
        clocks.enter_context(fixed_at(CLOSED))
        with db.unit_of_work():
            ids = closing.close(SYSTEM, collection_of("listening") or "")

        def counted(rows: Any, sources: Any, plan: Any, mark: Any, **_: Any) -> int:
            honest.count(rows, sources, plan, mark)
            return 300

        def measured(*given: Any, **more: Any) -> Release:
            drawn.append(honest.measure(*given, **more))
            clocks.enter_context(fixed_at(CLOSED + takes))
            return drawn[0]

        measuring.measure(replace(honest, count=counted, measure=measured), ids[0], lambda _: None)
        factories.run_jobs(app)
        with db.unit_of_work(write=False):
            collection_id = collection_of("listening") or ""
    world = doors.World(app, ids[0], collection_id, "0" * 32, person, [], doors.EVERYBODY[:3])
    return world, givers[0]


def _give(app: Flask, who: Actor, months: dict[str, tuple[Cell, ...]]) -> None:
    read = Read("spotify", {"listening": months})
    service.join(who, checking(market_of(app)), read, factories.EVERY_PURPOSE)


def seen(world: doors.World, giver: Actor) -> dict[str, tuple[int, str]]:
    """Every page, as somebody else opens it."""
    browsers = {
        "visitor": (Browser(world.app), {For.EVERYBODY}),
        "buyer": (
            Browser(world.app, factories.account(world.app, Role.BUYER, name="buyer")),
            {For.EVERYBODY, For.ACCOUNTS, For.BUYERS},
        ),
        "giver": (
            Browser(world.app, giver),
            {For.EVERYBODY, For.ACCOUNTS, For.PRODUCERS, For.OWNER},
        ),
    }
    here = {"family": "spotify", "template": "listening", "diary_key": "diary_shopping"}
    told = {}
    for who, (browser, mine) in browsers.items():
        for rule in world.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or doors.WHO[rule.endpoint] not in mine:
                continue
            if rule.endpoint in doors.NOT_LOOKED_AT:
                continue
            named = {**doors.named(world), **here}
            built = rule.build({name: named[name] for name in rule.arguments})
            assert built is not None
            answer = browser.get(built[1])
            told[f"{who} {rule.endpoint}"] = (
                answer.status_code,
                doors.plain(world, doors._text(answer)),
            )
    return told


def test_pages_of_everybody_else_are_the_same_to_the_byte(
    worlds: list[tuple[doors.World, Actor]],
) -> None:
    shown = []
    for world, giver in worlds:
        with world.app.app_context(), fixed_at(CLOSED + timedelta(days=1)):
            shown.append(seen(world, giver))
    one, two = shown
    assert "Your own numbers" in one["giver contributions.own"][1]
    assert "statistics of about" in one["giver notices.show"][1]
    assert len(one) > 100
    for place, (status, text) in one.items():
        assert status == two[place][0], place
        changed = difflib.unified_diff(text.splitlines(), two[place][1].splitlines(), n=0)
        assert text == two[place][1], (place, *changed)
