"""What a month comes to, to the digit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collections.templates import every_template
from app.contributions.cells import Cell
from app.contributions.insights.figures import Figure, change, days_of, levels, without

OCTOBER = "2026-10"  # 22 days from Monday to Friday, 9 of weekends


def figure(template: str, measure: str) -> Figure:
    return Figure(every_template()[template], measure)


@pytest.mark.parametrize("month", ["2026-10", "2026-02", "2024-02"])
def test_the_days_of_a_week_and_its_parts_are_those_of_the_month(month: str) -> None:
    days = days_of(month)
    length = {"2026-10": 31, "2026-02": 28, "2024-02": 29}[month]
    assert days["weekday"] + days["weekend"] == length
    assert sum(days.values()) == 2 * length


def test_sums_of_a_month_are_added_up() -> None:
    cells = (Cell(("groceries",), (290, 12)), Cell(("housing",), (370, 1)))
    assert figure("spending", "amount").of_month(OCTOBER, cells) == 660
    assert figure("spending", "count").of_month(OCTOBER, cells) == 13


def test_a_mean_per_day_weighs_each_kind_of_day_by_its_days() -> None:
    cells = (
        Cell(("weekday", "09-12"), (31,)),
        Cell(("weekday", "18-21"), (62,)),
        Cell(("weekend", "18-21"), (31,)),
    )
    listening = figure("listening", "minutes")
    assert listening.of_month(OCTOBER, cells) == 22 + 44 + 9
    assert listening.by_value(OCTOBER, cells, "hour_block") == {"09-12": 22, "18-21": 44 + 9}
    assert listening.by_value(OCTOBER, cells, "daytype") == {"weekday": 93, "weekend": 31}


def test_a_kind_of_day_without_a_cell_is_nought_where_all_days_count() -> None:
    cells = (Cell(("weekday", "09-12"), (31,)),)
    assert figure("listening", "minutes").of_month(OCTOBER, cells) == 22


def test_a_kind_of_day_without_a_cell_is_unknown_where_seen_days_count() -> None:
    """Three days of meter readings do not make the other days of the week free."""
    cells = (Cell(("monday",), (12.5,)), Cell(("sunday",), (14.5,)))
    assert figure("home_energy_daily", "kwh").of_month(OCTOBER, cells) == Fraction("13.5")
    hours = (Cell(("weekday", "07"), (0.3,)), Cell(("weekday", "08"), (0.1,)))
    assert figure("home_power", "kwh").of_month(OCTOBER, hours) == Fraction("0.4")


def test_hours_add_up_to_a_day() -> None:
    cells = tuple(
        Cell((day, f"{hour:02d}"), (number,))
        for day, number in (("weekday", 0.31), ("weekend", 0.62))
        for hour in range(24)
    )
    power = figure("home_power", "kwh")
    assert power.of_month(OCTOBER, cells) == 24 * Fraction(22 * 31 + 9 * 62, 31 * 100)
    assert power.by_value(OCTOBER, cells, "daytype")["weekend"] == 24 * Fraction("0.62")


def test_a_share_is_weighed_by_how_often_it_was_answered() -> None:
    cells = (Cell(("market", "no"), (1, 40, 100)), Cell(("online", "no"), (3, 90, 0)))
    bag = figure("diary_shopping", "own_bag")
    assert bag.of_month(OCTOBER, cells) == 25
    assert bag.by_value(OCTOBER, cells, "shop") == {"market": 100, "online": 0}


@given(
    st.dictionaries(
        st.sampled_from([v.key for v in every_template()["spending"].dimensions[0].values]),
        st.integers(0, 200),
    )
)
def test_categories_add_up_to_the_month(amounts: dict[str, int]) -> None:
    cells = tuple(Cell((value,), (10 * tens, 1)) for value, tens in amounts.items())
    spent = figure("spending", "amount")
    parts = spent.by_value(OCTOBER, cells, "category")
    assert sum(parts.values()) == spent.of_month(OCTOBER, cells) == 10 * sum(amounts.values())


@given(
    st.sampled_from(["2026-02", "2026-10", "2024-02"]),
    st.dictionaries(
        st.sampled_from(every_template()["mobility"].cells()),
        st.integers(0, 2000).map(lambda tenths: tenths / 10),
    ),
)
def test_means_of_transport_add_up_to_the_day(month: str, km: dict[tuple[str, ...], float]) -> None:
    cells = tuple(Cell(values, (0, number)) for values, number in km.items())
    distance = figure("mobility", "km")
    parts = distance.by_value(month, cells, "mode")
    assert sum(parts.values()) == distance.of_month(month, cells)


def test_a_month_stands_beside_the_mean_of_all_before() -> None:
    spent = figure("spending", "amount")
    months = {
        "2026-08": (Cell(("housing",), (300, 1)),),
        "2026-09": (Cell(("housing",), (500, 1)),),
        "2026-10": (Cell(("housing",), (300, 1)),),
    }
    told = levels(spent, months)
    later = {**told, "2026-11": Fraction(9)}
    assert change(later, "2026-10") == change(told, "2026-10")
    assert (change(told, "2026-10").before, change(told, "2026-10").percent) == (400, -25)
    assert change(told, "2026-08").percent is None


def test_a_month_after_nothing_is_not_a_percentage() -> None:
    assert change({"2026-09": Fraction(0), "2026-10": Fraction(5)}, "2026-10").percent is None


def test_what_is_left_out_is_in_no_total() -> None:
    template = every_template()["spending"]
    months = {OCTOBER: (Cell(("income",), (2000, 1)), Cell(("housing",), (370, 1)))}
    kept = without(template, months, "category", ["income"])
    assert Figure(template, "amount").of_month(OCTOBER, kept[OCTOBER]) == 370
