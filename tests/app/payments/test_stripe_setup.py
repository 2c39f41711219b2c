"""Setting the provider's side up, and what a key may do: through the real library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.payments import stripe_reading as reading
from app.payments.errors import GatewayRefused
from app.payments.mode import Connection, decide
from app.payments.requirements import (
    CONNECTED_EVENTS,
    NEEDED,
    OWN_EVENTS,
    THIN_EVENTS,
)
from app.payments.stripe_setup import StripeSetup, What, check_rights
from app.webhooks.taking import HANDLED
from tests.stripe_stand_in.conftest import check_description
from tests.support.controls import Controls
from tests.support.provider import SECRET, Market, Receiver, running
from tests.support.trading import Trade, trading

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with running(tmp_path / "stand_in.db", Receiver()) as market:
        yield market
    check_description(market)


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Market]:
    """One that is asked for what must be refused: only its answers follow the description."""
    with running(tmp_path / "stand_in.db", Receiver()) as market:
        yield market
    check_description(market, requests=False)


def connected(market: Market, key: str = "standin_sk_tests") -> Connection:
    return decide(key, market.url, SECRET, production=False)


def test_a_dry_run_says_what_it_would_do_and_does_nothing(market: Market) -> None:
    before = len(market.requests)
    steps = StripeSetup(connected(market), BASE).run(dry=True)
    assert [(step.name, step.what) for step in steps] == [
        ("own", What.CREATE),
        ("connected", What.CREATE),
        ("thin", What.CREATE),
        ("payouts", What.KEEP),
    ]
    assert {each[0] for each in market.requests[before:]} == {"GET"}


def test_it_is_set_up_once_and_then_kept(market: Market) -> None:
    made = StripeSetup(connected(market), BASE).run(dry=False)
    assert all(step.secret for step in made if step.name != "payouts")
    again = StripeSetup(connected(market), BASE).run(dry=False)
    assert {step.what for step in again} == {What.KEEP}
    assert not any(step.secret for step in again)


def test_another_address_is_brought_up_to_date_not_doubled(market: Market) -> None:
    StripeSetup(connected(market), BASE).run(dry=False)
    other = "http://127.0.0.1:9999"
    moved = StripeSetup(connected(market), other).run(dry=False)
    assert [step.what for step in moved][:3] == [What.UPDATE] * 3
    assert {s.what for s in StripeSetup(connected(market), other).run(dry=False)} == {What.KEEP}


def test_a_key_that_may_not_is_refused(market: Market) -> None:
    key = Controls(market.url).restricted_key("poor", ("balance", "read"))
    with pytest.raises(GatewayRefused):
        StripeSetup(connected(market, key), BASE).run(dry=False)


def test_the_key_of_the_market_has_what_it_needs_and_no_more(probed: Market) -> None:
    allowed = [(each.resource, "write" if each.write else "read") for each in NEEDED]
    key = Controls(probed.url).restricted_key("market", *allowed)
    found = check_rights(connected(probed, key))
    assert all(each.fine for each in found)
    assert [each.has for each in found].count(False) == 2


def test_what_a_key_lacks_or_has_too_much_of_is_named(probed: Market) -> None:
    key = Controls(probed.url).restricted_key("odd", ("payout", "write"), ("refund", "read"))
    wrong = {(each.right.resource, each.has) for each in check_rights(connected(probed, key))
             if not each.fine}  # fmt: skip
    assert ("refund", False) in wrong
    assert ("payout", True) in wrong
    too_much = check_rights(connected(probed))
    assert {each.right.resource for each in too_much if not each.fine} == {
        "payout",
        "webhook_endpoint",
    }


def test_looking_at_rights_makes_nothing(probed: Market) -> None:
    check_rights(connected(probed))
    made = [one for one in probed.answers if one[0] == "POST" and one[2] == 200]
    assert made == []


def test_every_event_asked_for_has_a_task() -> None:
    for name in (*OWN_EVENTS, *CONNECTED_EVENTS):
        about = {"id": "x_1", "object": "x", "metadata": {}}
        plain = {"id": "evt_1", "type": name, "data": {"object": about}, "livemode": False}
        assert reading.event({**plain, "created": 1}).kind in HANDLED, name
    for name in THIN_EVENTS:
        thin = {"id": "evt_1", "type": name, "livemode": False, "created": "2026-01-01T00:00:00Z"}
        assert reading.thin_event(thin).kind in HANDLED, name


@pytest.fixture
def trade(sqlite_template: Path, tmp_path: Path) -> Iterator[Trade]:
    (tmp_path / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{tmp_path / 'moisson.db'}", tmp_path) as running:
        yield running


def test_the_commands_say_what_they_did(trade: Trade) -> None:
    run = trade.app.test_cli_runner().invoke
    dry = run(args=["stripe-setup", "--dry-run"])
    assert dry.exit_code == 0
    assert "Nothing was changed." in dry.output
    assert "SECRET" not in dry.output
    done = run(args=["stripe-setup"])
    assert "MOISSON_STRIPE_WEBHOOK_SECRET=whsec_" in done.output
    again = run(args=["stripe-setup"])
    assert "MOISSON_STRIPE_WEBHOOK_SECRET" not in again.output
    rights = run(args=["stripe-rights"])
    assert rights.exit_code == 1
    assert "TOO MUCH payout write" in rights.output
