"""The odometer: its figures are those of the privacy library, charge by charge."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.releases import odometer
from app.releases.odometer import DELTA, ODDS, loss_of, read
from app.releases.queries import ChargeView
from privacy.loss import Rho, epsilon_of, right_guesses

START = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = 500_000


def charge(day: int, micro_rho: int, edition: str | None = None, extra: float = 0.0) -> ChargeView:
    when = START + timedelta(days=day)
    name = f"e{day}" if edition is None else edition
    return ChargeView("p", f"edition:{day}", 1, name, micro_rho, extra, when)


def test_a_new_account_stands_at_guessing_blindly() -> None:
    new = read((), None, MARKET)
    assert (new.spent.guesses, new.spent.epsilon, new.spent.delta) == (50.0, 0.0, DELTA)
    assert (new.readings, new.last, new.further) == ((), None, None)
    assert new.market.left_micro_rho == MARKET


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=8), st.integers(1, MARKET))
def test_each_reading_is_that_of_all_charges_so_far(costs: list[int], own: int) -> None:
    charges = tuple(charge(day, cost, extra=1e-8) for day, cost in enumerate(costs))
    view = read(tuple(reversed(charges)), own, MARKET)
    for n, reading in enumerate(view.readings, 1):
        rho = sum(costs[:n])
        epsilon = epsilon_of(Rho(rho), DELTA)
        assert reading.charge == charges[n - 1]
        assert reading.after.micro_rho == rho
        assert reading.after.epsilon == epsilon
        assert reading.after.guesses == right_guesses(Rho(rho))
        assert reading.after.delta == pytest.approx(DELTA + n * 1e-8)
    assert view.spent == view.readings[-1].after
    assert view.own is not None
    assert view.own.left_micro_rho == max(0, own - sum(costs))


def test_further_editions_are_those_the_lower_ceiling_allows() -> None:
    charges = (charge(0, 10_000), charge(1, 40_000), charge(2, 5_000, edition=""))
    assert read(charges, None, 500_000).further == (500_000 - 55_000) // 40_000
    assert read(charges, 100_000, 500_000).further == 1
    assert read(charges, 55_000, 500_000).further == 0
    assert read(charges, 1_000, 500_000).further == 0
    assert read(charges, 900_000, 500_000).further == 11


def test_an_edition_costs_its_count_too_but_not_what_was_lost_in_a_crash() -> None:
    counted = ChargeView("p", "count:e0", 1, "e0", 1_000, 0.0, START)
    lost = ChargeView("p", "edition:0", 2, "e0", 10_000, 0.0, START)
    later = ChargeView("p", "count:e9", 1, "e9", 1_000, 0.0, START + timedelta(days=9))
    view = read((counted, lost, charge(0, 10_000), later), None, 65_000)
    assert (view.cost, view.further) == (11_000, 3), "one that was only counted says little"


def test_the_histogram_counts_every_account_once() -> None:
    accounts = {0: 3, 30_000: 2, 500_000: 1, 10_000_000: 4}
    bars = odometer.by_odds(accounts)
    assert [start for start, _, _ in bars] == list(ODDS)
    assert sum(count for _, _, count in bars) == 10
    for micro_rho, count in accounts.items():
        guesses = loss_of(micro_rho).guesses
        (bar,) = [b for b in bars if b[0] <= guesses < b[1] or (b[1] == guesses == 100)]
        assert bar[2] >= count
