from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.errors import InvalidPriceBook
from pricing.price_book import DEFAULT_BOOK, PriceBook
from pricing.price_list import PriceList
from pricing.quote import quote
from pricing.rarity import Rarity
from tests.pricing.strategies import books, make_item


@given(book=books())
def test_book_survives_json(book: PriceBook) -> None:
    assert PriceBook.from_dict(json.loads(json.dumps(book.to_dict()))) == book


@given(
    book=books(),
    a=st.integers(0, 10**9),
    b=st.integers(0, 10**9),
)
def test_curve_is_monotone_and_subadditive(book: PriceBook, a: int, b: int) -> None:
    assert book.worth(0) == 0
    assert book.worth(a) <= book.worth(a + b) <= book.worth(a) + book.worth(b)


def test_curve_meets_its_breakpoints() -> None:
    for points, micros in DEFAULT_BOOK.curve:
        assert DEFAULT_BOOK.worth(points * 1_000_000) == micros


@pytest.mark.parametrize(
    "change",
    [
        {"version": ""},
        {"currency": "JPY"},
        {"base": 0.0},
        {"base": float("nan")},
        {"detail": ()},
        {"detail": (1.0, -1.0)},
        {"rarity_lambda": -0.1},
        {"rarity_cap": float("inf")},
        {"fixed_micros": -1},
        {"floor_micros": 0.5},
        {"minimum_people": 0},
        {"platform_basis_points": 10_000},
        {"curve": ((0, 0),)},
        {"curve": ((0, 1), (1, 2))},
        {"curve": ((0, 0), (1, 5), (1, 6))},
        {"curve": ((0, 0), (1, 5), (2, 11))},
        {"curve": ((0, 0), (1, 5), (2, 4))},
        {"curve": ((0, 0), (1.0, 5))},
    ],
)
def test_refuses_a_book_that_could_be_cheated(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidPriceBook):
        replace(DEFAULT_BOOK, **change)


@pytest.mark.parametrize("plain", [{}, {**DEFAULT_BOOK.to_dict(), "coupon": 1}])
def test_refuses_what_is_no_book(plain: dict[str, Any]) -> None:
    with pytest.raises(InvalidPriceBook):
        PriceBook.from_dict(plain)


def test_default_prices_are_some_euros_a_table_and_tens_a_study() -> None:
    editions = [f"e{number}" for number in range(6)]
    marginals = [("age",), ("day",), ("product",), ("age", "day"), ("day", "product")]
    study = [make_item(e, m, variance=60.0) for e in editions for m in marginals]
    rarity = Rarity.of_catalogue(study)
    table = make_item("e0", ("age", "day"), variance=60.0)
    assert 2_00 <= quote(PriceList(DEFAULT_BOOK, rarity), [table]).total.cents_up() <= 9_00
    assert 10_00 <= quote(PriceList(DEFAULT_BOOK, rarity), study).total.cents_up() <= 99_00
