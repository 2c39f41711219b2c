"""The chart of a table: round ticks, whole labels, and nothing outside the drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.drawing import Bars, Tiles, drawn, ticks
from privacy.tables.rollup import Figure


def figure(value, *cell):
    return Figure(cell, "contributions", None, "", value, 5.0, value - 10, value + 10, True, 1)


def plain(value, _axis):
    return value


def says(one):
    return str(one.value)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_even_and_cover_the_range(low, width):
    found = ticks(low, low + width)
    assert 2 <= len(found) <= 8
    steps = [b - a for a, b in zip(found, found[1:], strict=False)]
    near = 1e-8 * max(steps)
    assert found[0] <= low + near
    assert found[-1] >= low + width - near
    assert max(steps) == pytest.approx(min(steps), rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=40))
def test_bars_and_whiskers_stay_inside(values):
    bars = drawn([figure(v, ("day", f"d{n}")) for n, v in enumerate(values)], plain, says)
    assert isinstance(bars, Bars)
    for bar in bars.bars:
        assert 0 <= bar.bar[0] <= bar.bar[1] <= bars.width + 1e-6
        assert 0 <= bar.whisker[0] <= bar.whisker[1] <= bars.width + 1e-6
        assert bar.top + bar.height <= bars.height


def test_long_labels_are_whole_on_several_lines():
    words = "a very long name of a category that does not fit"
    bars = drawn([figure(1.0, ("day", words))], plain, says)
    assert isinstance(bars, Bars)
    assert " ".join(bars.bars[0].label) == words
    assert len(bars.bars[0].label) > 1


def test_two_columns_are_a_map_and_too_many_lines_are_read_in_the_table():
    two = [figure(n * 1.0, ("a", f"a{n % 4}"), ("b", f"b{n // 4}")) for n in range(20)]
    tiles = drawn(two, plain, says)
    assert isinstance(tiles, Tiles)
    assert len(tiles.tiles) == 20
    assert max(tile.strength for tile in tiles.tiles) == 1.0
    assert drawn([figure(1.0, ("a", str(n))) for n in range(41)], plain, says) is None
    assert drawn([], plain, says) is None
