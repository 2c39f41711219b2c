"""One pass over everybody comes to what settling one by one comes to, to the millionth."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DatabaseError, IntegrityError

from app import create_app
from app.core.db import Database, session
from app.earnings import settlement
from app.earnings.models import EarningPosition
from app.earnings.settlement import Settled, settle, settle_all
from app.ledger import accounts, queries
from app.ledger import service as ledger
from app.ledger.errors import TooLarge
from app.payouts import sending
from tests.app.earnings import broken_settlement as broken
from tests.conftest import environment
from tests.support.lengths import examples
from tests.support.selection import exhaustive_but
from tests.support.trading import TERMS
from tests.support.worlds import World, world

pytestmark = pytest.mark.both_databases

TODAY = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE, EDITIONS = 4, 2
SHARES = st.lists(st.integers(0, 1_000), min_size=PEOPLE * EDITIONS, max_size=PEOPLE * EDITIONS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 1), st.integers(0, 10**14)),
        st.tuples(st.just("refund"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("settle one"), st.integers(0, PEOPLE - 1), st.just(0)),
        st.tuples(st.just("settle all"), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(("give", "keep")), st.integers(0, PEOPLE - 1), st.just(0)),
    ),
    min_size=1,
    max_size=10,
)


class Undo(Exception):
    """Raised to take a unit of work back."""


def one_by_one(here: World) -> tuple[dict[str, int], object]:
    """What every balance and position would be, were each contributor settled alone."""
    found: tuple[dict[str, int], object] = ({}, None)
    with suppress(Undo), here.db.unit_of_work():
        for user in here.users:
            settle(user)
        found = here.balances(), here.positions()
        raise Undo
    return found


def check_pass(here: World, run: Callable[[Database], Settled] = settle_all) -> None:
    """Settle all, and compare with settling one by one and with sums made in Python."""
    expected = one_by_one(here)
    run(here.db)
    with here.db.unit_of_work(write=False):
        assert (here.balances(), here.positions()) == expected
        given = here.given()
        for user, earned in here.earned().items():
            booked = -queries.balance(accounts.contributor(user), "EUR").micros
            assert booked + given[user] == earned
            assert booked >= 0 <= given[user]
        assert sum(given.values()) <= -queries.balance(accounts.DONATIONS, "EUR").micros
        assert sum(m.micros for m in queries.trial_balance("EUR").values()) == 0
    assert run(here.db) == Settled()
    with here.db.unit_of_work(write=False):
        assert here.balances() == expected[0]


@settings(
    max_examples=examples(30, 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(shares=SHARES, steps=STEPS)
def test_all_at_once_is_one_by_one(
    app: Flask, shares: list[int], steps: list[tuple[str, int, int]]
) -> None:
    here = world(app, shares, PEOPLE, EDITIONS)
    for verb, number, amount in steps:
        if verb == "settle all":
            check_pass(here)
        else:
            here.do(verb, number, amount, TODAY)
    check_pass(here)


def traded(app: Flask) -> World:
    """Sales, a pass, a refund and another sale: something to settle up and down."""
    here = world(app, [3, 1, 400, 77, 0, 5, 33, 999], PEOPLE, EDITIONS)
    here.sell(0, 123_457, TODAY)
    here.sell(0, 11, TODAY)
    settle_all(here.db)
    here.refund(0)
    # So much that a number with 53 bits cannot hold everybody's part.
    here.sell(1, 98_765_432_109_877, TODAY)
    here.sell(1, 7, TODAY)
    return here


def test_the_check_passes_for_the_real_one(app: Flask) -> None:
    check_pass(traded(app))


@pytest.mark.parametrize(
    "copy",
    exhaustive_but((broken.COPIES[0].__name__,), broken.COPIES, lambda copy: copy.__name__),
)
def test_the_check_catches_a_broken_copy(
    app: Flask, monkeypatch: pytest.MonkeyPatch, copy: Callable[[pytest.MonkeyPatch], None]
) -> None:
    here = traded(app)
    copy(monkeypatch)
    with pytest.raises((AssertionError, *broken.REFUSED_BY_THE_BOOK)):
        check_pass(here)


def test_what_moved_is_reported_and_written_as_one_transaction(app: Flask) -> None:
    here = world(app, [3, 1, 4, 0], 2, 2)
    here.sell(0, 100, TODAY)
    here.sell(1, 10, TODAY)
    assert settle_all(here.db) == Settled(2, 3, 710)
    with here.db.unit_of_work(write=False):
        view = queries.by_key(f"settle-all:{here.editions[0]}:1")
        assert view is not None
        assert {line.account: line.amount.micros for line in view.lines} == {
            accounts.pool(here.editions[0]): 700,
            accounts.contributor(here.users[0]): -300,
            accounts.contributor(here.users[1]): -400,
        }
        # Nothing was earned without shares, and lines of zero are left out.
        view = queries.by_key(f"settle-all:{here.editions[1]}:1")
        assert view is not None
        assert len(view.lines) == 2
    here.refund(0)
    assert settle_all(here.db) == Settled(1, 2, -700)
    with here.db.unit_of_work(write=False):
        assert queries.by_key(f"settle-all:{here.editions[0]}:2") is not None


def test_a_pass_that_is_killed_moved_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    here = traded(app)
    with here.db.unit_of_work(write=False):
        before = here.balances(), here.positions()
    with monkeypatch.context() as patch:
        patch.setattr(settlement, "_remember", broken.dies)
        with pytest.raises(broken.Killed):
            settle_all(here.db)
    with here.db.unit_of_work(write=False):
        assert (here.balances(), here.positions()) == before
    check_pass(here)


def test_an_amount_that_leaves_64_bits_is_refused_not_rounded(app: Flask) -> None:
    here = world(app, [3, 1, 2**20, 5], 2, 2)
    here.sell(0, 10, TODAY)
    settle_all(here.db)
    with here.db.unit_of_work(write=False):
        before = here.balances()
    here.oversell(0, 2**50)
    with pytest.raises((TooLarge, DatabaseError)):
        settle_all(here.db)
    with here.db.unit_of_work(write=False):
        assert here.balances() == before


@pytest.mark.parametrize("missing", ["user_id", "edition_id"])
def test_a_position_needs_its_user_and_its_edition(app: Flask, missing: str) -> None:
    here = world(app, [3, 1, 4, 0], 2, 2)
    names = {"user_id": here.users[0], "edition_id": here.editions[0], missing: "unknown"}
    with pytest.raises(IntegrityError), here.db.unit_of_work():
        session().add(EarningPosition(**names))


def test_a_payout_run_settles_those_it_cannot_pay_as_well(app: Flask) -> None:
    here = world(app, [3, 1, 4, 0], 2, 2)
    here.sell(0, 100, TODAY)
    sending.run(sending.Paying(here.db, None, TERMS))  # type: ignore[arg-type]
    with here.db.unit_of_work(write=False):
        assert here.balances()[accounts.contributor(here.users[1])] == -400


def test_the_command_says_what_it_moved(app: Flask) -> None:
    here = world(app, [3, 1, 4, 0], 2, 2)
    here.sell(0, 500_000, TODAY)
    runner = app.test_cli_runner()
    first = runner.invoke(args=["settle"])
    assert (first.exit_code, first.output) == (
        0,
        "1 editions, 2 parts of contributors, 3.50 EUR\n",
    )
    assert runner.invoke(args=["settle"]).output.startswith("0 editions, 0 parts")


@pytest.fixture
def postgres_app(new_database: Callable[[str], str], tmp_path: Path) -> Flask:
    return create_app(environment(tmp_path / "instance", new_database("postgresql")))


def test_one_contributor_waits_for_a_pass_and_a_pass_for_them(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        here = world(postgres_app, [3, 1, 4, 0], 2, 2)
    here.sell(0, 100, TODAY)

    def settles(user: str) -> None:
        with postgres_app.app_context(), here.db.unit_of_work():
            settle(user)

    def passes() -> None:
        with postgres_app.app_context():
            settle_all(here.db)

    with postgres_app.app_context(), here.db.unit_of_work():
        ledger.hold([accounts.EVERYBODY])
        waiting = threading.Thread(target=settles, args=(here.users[0],))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(20)
    assert not waiting.is_alive()

    here.sell(0, 100, TODAY)
    with postgres_app.app_context(), here.db.unit_of_work():
        settle(here.users[0])
        everybody = threading.Thread(target=passes)
        everybody.start()
        everybody.join(0.3)
        assert everybody.is_alive()
    everybody.join(20)
    assert not everybody.is_alive()
    with postgres_app.app_context():
        check_pass(here)
    here.db.dispose()


def test_contributors_do_not_wait_for_each_other(postgres_app: Flask) -> None:
    with postgres_app.app_context():
        here = world(postgres_app, [3, 1, 4, 0], 2, 2)
        here.sell(0, 100, TODAY)

        def settles() -> None:
            with postgres_app.app_context(), here.db.unit_of_work():
                settle(here.users[1])

        with here.db.unit_of_work():
            settle(here.users[0])
            other = threading.Thread(target=settles)
            other.start()
            other.join(20)
            assert not other.is_alive()
        check_pass(here)
    here.db.dispose()


def test_many_workers_at_once_book_everything_once(app: Flask) -> None:
    here = world(app, [3, 1, 40, 7, 0, 5, 33, 99], PEOPLE, EDITIONS)
    troubles: list[BaseException] = []
    selling = threading.Event()

    def keep(work: Callable[[int], object]) -> Callable[[], None]:
        def loop() -> None:
            try:
                with app.app_context():
                    number = 0
                    while not selling.is_set() or number == 0:
                        work(number)
                        number += 1
            except BaseException as error:
                troubles.append(error)

        return loop

    def alone(number: int) -> None:
        with here.db.unit_of_work():
            settle(here.users[number % PEOPLE])

    jobs: list[Callable[[int], object]] = [lambda _: settle_all(here.db)] * 2 + [alone] * 2
    workers = [threading.Thread(target=keep(job)) for job in jobs]
    for worker in workers:
        worker.start()
    for number in range(15):
        here.sell(number % EDITIONS, 1_000 + number, TODAY)
        if number % 4 == 3:
            here.refund(number)
    selling.set()
    for worker in workers:
        worker.join(60)
    assert troubles == []
    check_pass(here)
