"""A reader's own number beside a released figure: the noise of both is told."""

import math

import numpy as np
import pytest

from app.core.errors import Invalid
from app.desk.own_number import beside
from privacy.tables.rollup import Figure


def figure(value: float, low: float, high: float) -> Figure:
    sd = (high - low) / 2 / 1.96
    return Figure((("day", "Mon"),), "contributions", None, "visit", value, sd, low, high, True, 1)


def test_an_exact_number_differs_just_where_it_lies_outside_the_interval() -> None:
    released: Figure = figure(value=100.0, low=90.0, high=112.0)
    for own in np.linspace(80, 120, 81).tolist():
        found = beside([released], "0", str(own))
        assert found is not None
        assert found.differs == (own < 90.0 or own > 112.0), own
        assert found.difference == pytest.approx(own - 100.0)


def test_the_readers_own_error_widens_the_interval_as_a_square() -> None:
    released = figure(value=100.0, low=90.0, high=110.0)
    found = beside([released], "0", "115", "12")
    assert found is not None
    assert found.high - found.difference == pytest.approx(math.hypot(10, 12))
    assert not found.differs
    plain = beside([released], "0", "115")
    assert plain is not None
    assert plain.differs


@pytest.mark.parametrize("text", ["1234.5", "1234,5", "1 234,5", "1\u202f234,5", " 1234.50 "])
def test_numbers_are_read_as_people_write_them(text: str) -> None:
    found = beside([figure(value=0.0, low=-1.0, high=1.0)], "0", text)
    assert found is not None
    assert found.own == 1234.5


@pytest.mark.parametrize(
    ("place", "own", "margin"),
    [("1", "3", ""), ("-1", "3", ""), ("x", "3", ""), ("0", "three", ""), ("0", "nan", "")]
    + [("0", "inf", ""), ("0", "1" * 400, ""), ("0", "1,2,3", ""), ("0", "3", "wide")]
    # Read as a number, and then too large to be written: the page broke.
    + [("0", "1e308", ""), ("0", "-1e30", ""), ("0", "3", "1.7e308")],
)
def test_what_is_no_number_is_answered(place: str, own: str, margin: str) -> None:
    with pytest.raises(Invalid):
        beside([figure(value=0.0, low=-1.0, high=1.0)], place, own, margin)


def test_nothing_typed_is_nothing_asked() -> None:
    assert beside([], "", "  ") is None
