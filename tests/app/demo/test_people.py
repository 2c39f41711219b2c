"""Individuals end to end: accounts, an edition on its date, a sale, shares and what each earned."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from unittest.mock import patch

import pytest

from app import worker
from app.collections import queries as collections
from app.collections.templates import collection_of, every_template
from app.contributions import comparing, service
from app.core.clock import fixed_at
from app.core.db import session
from app.core.permissions import Role
from app.demo import people
from app.demo.acting import Stage
from app.demo.people import Crowd
from app.earnings import queries as earnings
from app.ledger import accounts
from app.market import market_of
from app.payouts import queries as payouts
from app.payouts import sending
from app.payouts.queries import PayoutTerms
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.users import passwords
from app.users.models import User
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, trading

TODAY = datetime(2026, 3, 20, 9, tzinfo=UTC)
#: So many that the noise of their count leaves it above two hundred: 5.3 standard deviations.
PEOPLE = 480
#: In `make test-all`.
ALL_PEOPLE = 1_000
BUYERS = 12
AT_ONCE = PayoutTerms(refund_days=0, minimum_cents=1)


@pytest.fixture(scope="module")
def crowd(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, everything: bool
) -> Iterator[tuple[Trade, Crowd]]:
    folder = tmp_path_factory.mktemp("people")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder) as trade:
        stage = Stage.of(market_of(trade.app), worker.runner(trade.app))
        only = {"listening": people.SHAPES["listening"]}
        with patch.object(people, "SHAPES", only), patch.object(people, "SHARE", 1.0):
            with fixed_at(TODAY):
                many = ALL_PEOPLE if everything else PEOPLE
                made = Crowd.of(stage, TODAY, lambda _: None, many)
            made.live()
            yield trade, made


def view_of(trade: Trade) -> ReleaseView:
    with trade.db.unit_of_work(write=False):
        rules = collections.rules(collection_of("listening") or "")
        newest = next(e for e in releases.editions_of(rules) if e.published_at)
        return releases.release(newest.id)


def test_three_months_are_counted_on_their_days(crowd: tuple[Trade, Crowd]) -> None:
    trade, made = crowd
    with trade.db.unit_of_work(write=False):
        rules = collections.rules(collection_of("listening") or "")
        published = [e for e in releases.editions_of(rules) if e.published_at]
        assert [e.period for e in published] == ["2026-02", "2026-01", "2025-12"]
        assert {e.closed_at.day for e in published} == {10}
        counted = releases.release(published[0].id).release.people(
            releases.release(published[0].id).release.plan.tiers[0]
        )
    # Six standard deviations: false alarms once in a hundred million.
    assert (
        abs(counted.value - len(made.members["listening"]))
        < 6 * (counted.high - counted.low) / 3.92
    )


def test_a_sale_pays_everybody_the_same_and_the_sums_hold(crowd: tuple[Trade, Crowd]) -> None:
    trade, made = crowd
    view = view_of(trade)
    with trade.db.unit_of_work(write=False):
        keys = made.stage.single_tables(view.edition.id, "gold")
    pool, members = accounts.pool(view.edition.id), made.members["listening"]

    def earned() -> set[int]:
        with trade.db.unit_of_work(write=False):
            return {earnings.earned(m.user_id).get(view.edition.id, 0) for m in members}

    (before,), booked = earned(), trade.balance(pool)
    trade.bought(factories.account(trade.app, Role.BUYER), keys)
    (after,) = earned()
    assert after > before
    assert booked - trade.balance(pool) == (after - before) * view.shares_expected
    assert trade.compare().agrees


def test_two_of_them_are_paid_to_the_cent_and_the_book_agrees(
    crowd: tuple[Trade, Crowd],
) -> None:
    trade, made = crowd
    view = view_of(trade)
    with trade.db.unit_of_work(write=False):
        keys = made.stage.single_tables(view.edition.id, "gold")
    for _ in range(BUYERS):
        trade.bought(factories.account(trade.app, Role.BUYER), keys)
    two = made.members["listening"][:2]
    for who in two:
        trade.onboard(who)
    assert trade.compare().agrees
    assert sending.run(replace(trade.paying(), terms=AT_ONCE)).sent == 2
    with trade.db.unit_of_work(write=False):
        for who in two:
            (payout,) = payouts.payouts_of(who.user_id)
            earned = sum(earnings.earned(who.user_id).values())
            assert payout.cents == earned // 10_000 > 0
    assert trade.compare().agrees
    trade.check_agreement()


def test_mine_stands_beside_everybodys(crowd: tuple[Trade, Crowd]) -> None:
    trade, made = crowd
    who = made.members["listening"][0]
    with trade.db.unit_of_work(write=False):
        rules = collections.rules(collection_of("listening") or "")
        months = service.trace(who, made.stage.doors, "listening")
        template = every_template()["listening"]
        by_daytype, by_hour = comparing.compared(who, template, rules, months)
    assert by_daytype.period == "2026-02"
    assert {row.value for row in by_daytype.rows} == {"weekday", "weekend"}
    assert {row.value for row in by_hour.rows} <= {v.key for v in template.dimensions[1].values}
    for row in by_daytype.rows:
        assert row.low <= row.everybody <= row.high
        assert row.apart == "" or (row.mine is not None and not row.low <= row.mine <= row.high)


def test_mine_and_everybodys_are_both_means_over_cells(crowd: tuple[Trade, Crowd]) -> None:
    """Of the chart above, which adds cells up, neither is."""
    trade, made = crowd
    who, template = made.members["listening"][0], every_template()["listening"]
    with trade.db.unit_of_work(write=False):
        rules = collections.rules(collection_of("listening") or "")
        every = [
            cell
            for each in made.members["listening"]
            for cell in service.trace(each, made.stage.doors, "listening").get("2026-02", ())
        ]
        months = service.trace(who, made.stage.doors, "listening")
        by_daytype, _ = comparing.compared(who, template, rules, months)
    assert (by_daytype.period, by_daytype.own) == ("2026-02", "2026-02")
    for row in by_daytype.rows:
        own = [c.numbers[0] for c in months["2026-02"] if c.values[0] == row.value]
        assert (row.mine, row.cells) == (fmean(own) if own else None, len(own))
        true = fmean(c.numbers[0] for c in every if c.values[0] == row.value)
        # Three times the half of a 95 % interval: 5.9 standard deviations.
        assert abs(row.everybody - true) < 3 * max(
            row.high - row.everybody, row.everybody - row.low
        )
    with trade.db.unit_of_work():
        # Nobody can sign in as an invented person otherwise.
        kept = passwords.present().keep(factories.PASSWORD)
        session().get_one(User, who.user_id).password_hash = kept
    page = Browser(trade.app, who).get("/my-traces/listening").text
    assert "Both are means for one line, such as “" in page
    assert any(f"of {row.cells} lines" in page for row in by_daytype.rows if row.cells > 1)


def test_whoever_took_no_part_reads_nothing_of_it(crowd: tuple[Trade, Crowd]) -> None:
    trade, made = crowd
    other = factories.account(trade.app, Role.PRODUCER)
    with trade.db.unit_of_work(write=False):
        rules = collections.rules(collection_of("listening") or "")
        months = service.trace(made.members["listening"][0], made.stage.doors, "listening")
        template = every_template()["listening"]
        assert comparing.compared(other, template, rules, months) == ()
    assert Browser(trade.app, other).get("/my-traces/listening").status_code == 404
