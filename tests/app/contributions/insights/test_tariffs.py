"""What electricity costs at one price and at two, to the digit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collections.templates import every_template
from app.contributions.cells import Cell
from app.contributions.insights.tariffs import (
    Prices,
    costs,
    hours_between,
    kwh_of,
    listed,
)

HOURLY, DAILY = every_template()["home_power"], every_template()["home_energy_daily"]
PRICES = Prices(Fraction("0.20"), Fraction("0.25"), Fraction("0.10"))
NIGHT = hours_between(22, 6)


def even(number: float) -> tuple[Cell, ...]:
    """The same use in each hour of each day."""
    return tuple(
        Cell((day, f"{hour:02d}"), (number,))
        for day in ("weekday", "weekend")
        for hour in range(24)
    )


def test_a_month_of_even_use_has_a_third_in_eight_hours() -> None:
    (cost,) = costs(HOURLY, {"2026-10": even(0.5)}, PRICES, NIGHT)
    assert cost.kwh == 31 * 24 * Fraction(1, 2) == 372
    assert cost.cheap == 124
    assert cost.flat == Fraction("74.4")
    assert cost.split == 124 * Fraction("0.10") + 248 * Fraction("0.25")


def test_only_the_hours_of_the_night_are_cheap() -> None:
    cells = (Cell(("weekday", "23"), (1,)), Cell(("weekend", "23"), (1,)))
    day = (Cell(("weekday", "12"), (2,)), Cell(("weekend", "12"), (2,)))
    (cost,) = costs(HOURLY, {"2026-11": cells + day}, PRICES, NIGHT)
    assert (cost.kwh, cost.cheap) == (90, 30)


def test_cells_without_hours_have_one_price_alone() -> None:
    week = [cell[0] for cell in DAILY.cells()]
    cells = tuple(Cell((day,), (10 if day != "sunday" else 14.5,)) for day in week)
    (cost,) = costs(DAILY, {"2026-10": cells}, PRICES, NIGHT)
    assert cost.kwh == 27 * 10 + 4 * Fraction("14.5")
    assert (cost.cheap, cost.split) == (None, None)


def test_months_are_told_in_their_order() -> None:
    told = costs(HOURLY, {"2026-10": even(1), "2026-09": even(0.5)}, PRICES, NIGHT)
    assert [cost.month for cost in told] == ["2026-09", "2026-10"]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [(22, 6, {22, 23, 0, 1, 2, 3, 4, 5}), (12, 14, {12, 13}), (5, 5, set())],
)
def test_hours_go_over_midnight(start: int, end: int, hours: set[int]) -> None:
    assert hours_between(start, end) == hours


NUMBERS = st.integers(0, 900).map(lambda hundredths: hundredths / 100)
USE = st.dictionaries(st.sampled_from(HOURLY.cells()), NUMBERS)
PRICE = st.integers(0, 10_000).map(lambda number: Fraction(number, 10_000))
HOURS = st.frozensets(st.integers(0, 23))


@given(USE, PRICE, HOURS)
def test_two_equal_prices_cost_what_one_costs(
    use: dict[tuple[str, ...], float], price: Fraction, cheap: frozenset[int]
) -> None:
    months = {"2026-02": tuple(Cell(values, (number,)) for values, number in use.items())}
    (cost,) = costs(HOURLY, months, Prices(price, price, price), cheap)
    assert cost.split == cost.flat


@given(USE, PRICE, PRICE, PRICE, HOURS)
def test_from_the_break_even_on_two_prices_cost_no_more(
    use: dict[tuple[str, ...], float],
    flat: Fraction,
    peak: Fraction,
    off_peak: Fraction,
    cheap: frozenset[int],
) -> None:
    months = {"2026-02": tuple(Cell(values, (number,)) for values, number in use.items())}
    prices = Prices(flat, peak, off_peak)
    (cost,) = costs(HOURLY, months, prices, cheap)
    assert cost.cheap is not None
    assert cost.split is not None
    assert 0 <= cost.cheap <= cost.kwh == kwh_of(HOURLY, months)["2026-02"]
    if prices.break_even is not None and cost.kwh:
        assert (cost.cheap / cost.kwh >= prices.break_even) == (cost.split <= cost.flat)


def test_the_prices_on_record_say_since_when_and_by_whom() -> None:
    known = listed()
    assert known.prices.off_peak < known.prices.flat < known.prices.peak
    assert known.prices.break_even == Fraction(141, 553)
    assert known.since.year >= 2026
    assert known.publisher.startswith("EDF")
    assert known.address.startswith("https://")
    assert len(hours_between(known.cheap_from, known.cheap_until)) == 8
