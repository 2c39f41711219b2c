"""The switch with which a contributor gives away what they earn."""

import json
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.core import audit
from app.core.clock import fixed_at
from app.core.db import session
from app.core.errors import Forbidden
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.earnings import giving
from app.earnings import queries as earnings
from app.earnings.models import Giving
from app.earnings.queries import EditionEarnings
from app.earnings.settlement import settle, settle_all
from app.ledger import accounts, queries
from app.market import market_of
from app.payouts import queries as payouts
from app.payouts.holds import Held
from app.payouts.queries import PayoutTerms
from app.rights import export
from app.rights import service as rights
from tests.conftest import environment
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade
from tests.support.worlds import World, world

TODAY = datetime(2026, 3, 1, tzinfo=UTC)
TERMS = PayoutTerms(refund_days=14, minimum_cents=1)


def here_are(here: World, number: int) -> tuple[int, int]:
    """What lies in a contributor's account, and what all have given away."""
    with here.db.unit_of_work(write=False):
        balances = here.balances()
    return -balances[accounts.contributor(here.users[number])], -balances[accounts.DONATIONS]


def settled(here: World, number: int) -> tuple[int, int]:
    with here.db.unit_of_work():
        settle(here.users[number])
    return here_are(here, number)


@pytest.mark.parametrize(
    ("part", "giving", "own", "given"),
    [
        (EditionEarnings(10), False, 10, 0),
        (EditionEarnings(10), True, 0, 10),
        (EditionEarnings(10, 4, 1), False, 6, 0),
        (EditionEarnings(10, 4, 1), True, 0, 6),
        (EditionEarnings(4, 10, 2), False, -4, -2),
        (EditionEarnings(4, 10, 2), True, -4, -2),
        (EditionEarnings(4, 10, 8), False, 0, -6),
        (EditionEarnings(0, 10, 10), True, 0, -10),
        (EditionEarnings(5, 5, 5), True, 0, 0),
    ],
)
def test_what_moves_where(part: EditionEarnings, giving: bool, own: int, given: int) -> None:
    assert part.moves(giving=giving) == (own, given)


@pytest.mark.both_databases
def test_what_was_earned_before_the_switch_stays_theirs(app: Flask) -> None:
    here = world(app, [3, 1, 4, 0])
    here.sell(0, 100, TODAY)
    here.switch(0, on=True)
    assert here_are(here, 0) == (300, 0)
    here.sell(0, 10, TODAY)
    assert settled(here, 0) == (300, 30)
    here.sell(0, 1, TODAY)
    settle_all(here.db)
    assert here_are(here, 0) == (300, 33)
    assert here_are(here, 1) == (444, 33)


@pytest.mark.both_databases
def test_switched_off_what_comes_is_theirs_and_what_was_given_stays_given(app: Flask) -> None:
    here = world(app, [3, 1, 4, 0])
    here.switch(0, on=True)
    here.sell(0, 100, TODAY)
    here.switch(0, on=False)
    assert here_are(here, 0) == (0, 300)
    here.sell(0, 10, TODAY)
    settle_all(here.db)
    assert here_are(here, 0) == (30, 300)


@pytest.mark.both_databases
def test_a_refund_takes_back_what_was_given_before_anything_of_theirs(app: Flask) -> None:
    here = world(app, [3, 1, 4, 0])
    here.sell(0, 100, TODAY)
    here.switch(0, on=True)
    here.sell(0, 10, TODAY)
    here.sell(0, 5, TODAY)
    settle_all(here.db)
    assert here_are(here, 0) == (300, 45)
    here.switch(0, on=False)
    here.refund(1)
    settle_all(here.db)
    assert here_are(here, 0) == (300, 15)
    here.refund(0)
    assert settled(here, 0) == (15, 0)
    here.refund(0)
    settle_all(here.db)
    assert here_are(here, 0) == (0, 0)
    assert here_are(here, 1) == (0, 0)


@pytest.mark.both_databases
def test_selling_giving_and_refunding_leaves_everything_as_it_was(app: Flask) -> None:
    here = world(app, [3, 1, 4, 2])
    here.switch(1, on=True)
    here.sell(0, 12_345, TODAY)
    here.sell(1, 678, TODAY)
    settle_all(here.db)
    here.refund(0)
    here.refund(0)
    settle_all(here.db)
    with here.db.unit_of_work(write=False):
        assert not any(here.balances().values())
        assert here.positions() == {}


def test_what_will_be_given_is_not_owed_and_never_sent(app: Flask) -> None:
    here = world(app, [3, 0, 4, 0])
    with fixed_at(TODAY - timedelta(days=60)):
        here.sell(0, 1_000_000, TODAY - timedelta(days=60))
        here.switch(0, on=True)
        here.sell(0, 2_000_000, TODAY - timedelta(days=60))

    def standing() -> payouts.PayoutStanding:
        with here.db.unit_of_work(write=False), fixed_at(TODAY):
            return payouts.standing(here.users[0], TERMS)

    before = standing()
    assert before.owed.micros == 3_000_000
    assert before.given.micros == 6_000_000
    assert before.earned.micros == 9_000_000
    assert (before.held, before.payable_cents) == (Held.READY, 300)
    settle_all(here.db)
    assert standing() == before


def test_young_gifts_do_not_hold_what_is_theirs(app: Flask) -> None:
    here = world(app, [3, 0, 4, 0])
    with fixed_at(TODAY):
        here.sell(0, 1_000_000, TODAY - timedelta(days=60))
        here.switch(0, on=True)
        here.sell(0, 2_000_000, TODAY)
        settle_all(here.db)
        with here.db.unit_of_work(write=False):
            standing = payouts.standing(here.users[0], TERMS)
    # Were the young sale refunded, all of it came back from what was given.
    assert (standing.waiting.micros, standing.payable_cents) == (0, 300)


def test_the_switch_has_a_history_and_is_in_the_audit_log(app: Flask) -> None:
    here = world(app, [3, 0, 4, 0])
    times = [TODAY + timedelta(days=n) for n in range(4)]
    for at, on in zip(times, (True, False, True, True), strict=True):
        with fixed_at(at):
            here.switch(0, on=on)
    with here.db.unit_of_work(write=False):
        assert [(g.since, g.until) for g in earnings.givings(here.users[0])] == [
            (times[2], None),
            (times[0], times[1]),
        ]
        assert earnings.gives(here.users[0])
        assert not earnings.gives(here.users[1])
        actions = [line.action for line in audit.lines_about(here.users[0], 10)]
        assert actions.count("give-earnings") == 2
        assert actions.count("keep-earnings") == 1


@pytest.mark.both_databases
def test_the_database_keeps_one_switch_open(app: Flask) -> None:
    here = world(app, [3, 0, 4, 0])
    here.switch(0, on=True)
    # Written when the unit of work commits.
    with pytest.raises(IntegrityError), here.db.unit_of_work():
        session().add(Giving(user_id=here.users[0], since=TODAY))


def test_only_contributors_have_the_switch(app: Flask) -> None:
    buyer = factories.account(app, Role.BUYER)
    for verb in (giving.give, giving.keep):
        with pytest.raises(Forbidden), market_of(app).db.unit_of_work():
            verb(buyer)


def test_giving_leaves_nothing_to_wait_for_when_an_account_is_closed(app: Flask) -> None:
    here = world(app, [3, 0, 4, 0])
    here.switch(0, on=True)
    here.sell(0, 1_000_000, TODAY)
    with here.db.unit_of_work(write=False):
        actor = Actor(here.users[0], frozenset({Role.PRODUCER}))
        assert rights.owed(actor).micros == 0


def test_the_export_tells_when_and_how_much(app: Flask) -> None:
    here = world(app, [3, 0, 4, 0])
    with fixed_at(TODAY):
        here.switch(0, on=True)
    here.sell(0, 1_000_000, TODAY)
    actor = Actor(here.users[0], frozenset({Role.PRODUCER}))
    with here.db.unit_of_work():
        packed = BytesIO()
        export.archive(actor, checking(market_of(app)), packed, lambda _: None)
    with zipfile.ZipFile(packed) as file:
        told = json.loads(file.read("account.json"))["given_away"]
    assert told == {
        "micros": 3_000_000,
        "times": [{"since": TODAY.isoformat(), "until": None}],
    }


def test_two_requests_at_once_open_one_switch(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    app = create_app(environment(tmp_path / "instance", new_database("postgresql")))
    with app.app_context():
        here = world(app, [3, 1, 4, 0])
    troubles: list[BaseException] = []

    def switches() -> None:
        try:
            with app.app_context():
                here.switch(0, on=True)
        except BaseException as error:
            troubles.append(error)

    both = [threading.Thread(target=switches) for _ in range(4)]
    for each in both:
        each.start()
    for each in both:
        each.join(20)
    assert troubles == []
    with app.app_context(), here.db.unit_of_work(write=False):
        assert len(earnings.givings(here.users[0])) == 1
    here.db.dispose()


def test_the_income_page_has_the_switch(trade: Trade) -> None:
    made = factories.published(trade.app)
    browser = Browser(trade.app, made.producer)
    page = browser.get("/income").text
    assert "Give away what I earn" in page
    assert "until the operator hands it over" in page
    assert "Given away so far" not in page
    assert browser.post("/income/give").status_code == 302
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(factories.account(trade.app, Role.BUYER), keys)
    page = browser.get("/income").text
    assert "has been given away since" in page
    assert "Given away so far" in page
    with trade.db.unit_of_work(write=False):
        standing = payouts.standing(made.producer.user_id, TERMS)
        assert standing.owed.micros == 0 < standing.given.micros == standing.earned.micros
        # Nothing is in the book yet: what is shown is what the next settlement gives.
        assert queries.balance(accounts.DONATIONS, "EUR").micros == 0
    assert browser.post("/income/keep").status_code == 302
    assert trade.balance(accounts.DONATIONS) == -standing.given.micros
    assert "Keep what I earn again" not in browser.get("/income").text


def test_the_income_page_says_to_whom_it_goes(client_of: Callable[..., Browser]) -> None:
    page = client_of(MOISSON_DONATION_TO="Example <Fund>").get("/income").text
    assert "It goes to: Example &lt;Fund&gt;" in page
    assert "until the operator hands it over" not in page


@pytest.fixture
def client_of(new_database: Callable[[str], str], tmp_path: Path) -> Callable[..., Browser]:
    def make(**more: str) -> Browser:
        url = new_database("sqlite")
        app = create_app({**environment(tmp_path / "instance", url), **more})
        return Browser(app, factories.account(app, Role.PRODUCER))

    return make
