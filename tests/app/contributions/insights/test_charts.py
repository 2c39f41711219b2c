"""Where columns stand."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.contributions.insights.charts import (
    BOTTOM,
    LEFT,
    MOST_NAMES,
    MOST_TICKS,
    RIGHT,
    TOP,
    columns,
    tick_step,
)

NUMBERS = st.lists(st.integers(0, 10_000_000).map(lambda n: Fraction(n, 100)), max_size=36)


@given(NUMBERS)
def test_columns_are_as_high_as_their_numbers_and_stay_in_the_picture(
    numbers: list[Fraction],
) -> None:
    drawn = columns({str(place): number for place, number in enumerate(numbers)})
    top = drawn.ticks[-1][1]
    for column in drawn.columns:
        assert abs(column.height - float(column.number) / top * (BOTTOM - TOP)) < 1e-6
        assert LEFT <= column.left < column.left + column.width <= RIGHT
        assert TOP - 1e-6 <= column.top <= BOTTOM
    assert len(drawn.ticks) - 1 <= MOST_TICKS
    assert sum(column.named for column in drawn.columns) <= MOST_NAMES


@given(st.integers(1, 10_000_000).map(lambda n: Fraction(n, 1000)))
def test_ticks_are_round_and_reach_the_largest(most: Fraction) -> None:
    step = tick_step(most)
    assert step * MOST_TICKS >= most
    assert str(float(step)).strip("0.").replace("e-05", "")[:1] in "125"
    assert step * MOST_TICKS <= 10 * most


def test_the_newest_month_has_its_name() -> None:
    numbers = {f"month {n}": Fraction(n) for n in range(14)}
    drawn = columns(numbers, newest_named=True)
    assert drawn.columns[-1].named
    assert columns(numbers).columns[0].named
