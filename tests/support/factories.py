"""Builders: one for each thing a test needs, made the way the product makes it."""

import itertools
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import Flask

from app import worker
from app.catalog.products import ProductKey, products
from app.collections.rules import ColumnRule, Purpose
from app.collections.service import Proposal
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.datasets.understanding import Answers, ColumnAnswer
from app.demo.acting import Stage
from app.invoicing import service as invoicing
from app.invoicing.queries import Party
from app.market import market_of
from app.releases import measuring, rarity
from app.releases import queries as release_queries
from app.users import service as users
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from tests.support import stock

PASSWORD = "correct horse battery"  # noqa: S105
_numbers = itertools.count()

DAYS = ("Mon", "Tue", "Wed")
SCHEMA = CubeSchema(
    (Dimension("day", DAYS), Dimension("place", ("north", "south"))),
    (Measure("spend", "EUR", Decimal(0), Decimal(50), Decimal("0.01"), MeasureRule.SUM),),
    2,
)
EVERY_PURPOSE = frozenset(Purpose)


def stage(app: Flask) -> Stage:
    """What people do on a market, as the demonstration does it."""
    market = market_of(app)
    doors, jobs = checking(market), worker.runner(app)
    return Stage(market.db, doors, market.gateway, market.settings, jobs, PASSWORD)


def account(app: Flask, *roles: Role, name: str = "", verified: bool = True) -> Actor:
    """A new account with these roles, its address confirmed unless asked otherwise."""
    email = f"{name or 'person'}{next(_numbers)}@example.org"
    shown = name or "Somebody"
    if verified:
        return stage(app).account(email, shown, *roles)
    with market_of(app).db.unit_of_work():
        user_id = users.sign_up(email, PASSWORD, shown, set(roles) - {Role.OPERATOR}, "en")
    assert user_id is not None
    return Actor(user_id, frozenset(roles))


def billed(app: Flask, buyer: Actor) -> None:
    """Whom a buyer's invoices are made out to, so that paying does not ask."""
    with market_of(app).db.unit_of_work():
        invoicing.change_details(buyer, Party("Ada", "2 Long Street", "FR"))


def csv_rows(people: int = 400, visits: int = 2) -> bytes:
    """A small file: each person some visits on days, at places, with spending.

    So many people that the noise on their number (sd 20) cannot take an edition below the
    50 that are the least sold: that would be 17 standard deviations.
    """
    lines = ["who,day,place,spend"]
    for person in range(people):
        for visit in range(visits):
            day, place = DAYS[(person + visit) % 3], ("north", "south")[person % 2]
            lines.append(f"p{person},{day},{place},{(person * 7 + visit * 3) % 50}.25")
    return ("\n".join(lines) + "\n").encode()


SOURCE = "the restaurants"
ANSWERS = Answers(
    "who",
    2,
    (
        ColumnAnswer("day", "dimension", "day", categories="\n".join(DAYS), source=SOURCE),
        ColumnAnswer("place", "dimension", "place", categories="north\nsouth", source=SOURCE),
        ColumnAnswer(
            "spend",
            "measure",
            "spend",
            unit="EUR",
            lower="0",
            upper="50",
            resolution="0.01",
            source=SOURCE,
        ),
    ),
    sure="who",
)


def proposal(title: str = "Lunches", epsilon_milli: int = 1000, **more: Any) -> Proposal:
    """The rules of a small collection, in which people agree to all purposes or none."""
    rules = Proposal(
        title=title,
        description="Lunches in two places over three days.",
        topic="leisure",
        person="person",
        record="visit",
        schema=SCHEMA,
        columns=tuple(ColumnRule(name, source=SOURCE) for name in SCHEMA.axes),
        ways=2,
        epsilon_milli=epsilon_milli,
        purposes=EVERY_PURPOSE,
        edition_days=30,
        minimum_people=50 if epsilon_milli > 500 else 100,
    )
    return replace(rules, **more)


def uploaded(
    app: Flask, producer: Actor, content: bytes | None = None, collection_id: str | None = None
) -> str:
    """A dataset that was uploaded, not yet checked."""
    return stage(app).upload(producer, content or csv_rows(), "my rows", collection_id)


def checked(
    app: Flask, producer: Actor, content: bytes | None = None, collection_id: str | None = None
) -> str:
    """A dataset whose rows fit."""
    dataset_id = uploaded(app, producer, content, collection_id)
    stage(app).check(producer, dataset_id, ANSWERS)
    return dataset_id


def listed(
    app: Flask,
    producer: Actor,
    collection_id: str | None = None,
    purposes: frozenset[Purpose] = EVERY_PURPOSE,
    content: bytes | None = None,
    rules: Proposal | None = None,
) -> tuple[str, str]:
    """A dataset that waits for an edition, and its collection (a new one by default)."""
    dataset_id = checked(app, producer, content, collection_id)
    if collection_id is None:
        collection_id = stage(app).found(producer, dataset_id, rules or proposal())
        if rules is not None and rules.identifier:
            run_jobs(app)
    stage(app).publish(producer, dataset_id, purposes)
    return dataset_id, collection_id


@dataclass(frozen=True)
class Published:
    """A released edition and the account behind it."""

    edition_id: str
    collection_id: str
    dataset_id: str
    producer: Actor

    def keys(self, tier: str = "gold") -> list[ProductKey]:
        """Every product at a tier; inside a unit of work."""
        view = release_queries.release(self.edition_id)
        return [p.key for p in products(view, view.release.plan.tier(tier))]


def published(app: Flask, producer: Actor | None = None) -> Published:
    """An edition that was measured and released.

    On a market where nothing has happened yet it is copied (see tests/support/stock.py).
    """
    if producer is None and (found := stock.fitting(app)):
        made = found.fill(app)
        return Published(made.edition_id, made.collection_id, made.dataset_id, made.producer)
    producer = producer or account(app, Role.PRODUCER, name="producer")
    dataset_id, collection_id = listed(app, producer)
    (edition_id,) = stage(app).close(producer, collection_id)
    return Published(edition_id, collection_id, dataset_id, producer)


def measured_anyway(app: Flask, edition_id: str, counted: int = 50) -> None:
    """Measure an edition as if enough people had been counted."""

    def enough(*arguments: Any, **_more: Any) -> int:
        arguments[-1]()
        return counted

    doors = replace(worker.measuring(market_of(app)), count=enough)
    measuring.measure(doors, edition_id, lambda _: None)


def sold(app: Flask, *made: Published) -> None:
    """Let editions count towards rarity, as their first sale by a known founder does."""
    with market_of(app).db.unit_of_work():
        for one in made:
            users.mark_identified(one.producer.user_id)
        rarity.count_sold(one.edition_id for one in made)


def run_jobs(app: Flask) -> int:
    """Do the jobs that are due, as a worker would."""
    return stage(app).work()
