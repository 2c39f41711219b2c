import pytest
from flask import Flask
from flask_babel import force_locale

from app.web.filters import earned, exact_money, moment, money, number
from pricing.money import Money


@pytest.mark.parametrize(
    ("micros", "english", "french"),
    [
        (1_234_500_000, "€1,234.50", "1\u202f234,50\xa0€"),
        (0, "€0.00", "0,00\xa0€"),
        (-2_000_000, "−€2.00", "−2,00\xa0€"),
        (6_014, "€0.006014", "0,006014\xa0€"),
        (13_729_962, "€13.729962", "13,729962\xa0€"),
        (1_500, "€0.0015", "0,0015\xa0€"),
    ],
)
def test_exact_money_reads_to_the_millionth_in_the_readers_language(
    lite_app: Flask, micros: int, english: str, french: str
) -> None:
    with lite_app.test_request_context():
        for locale, wanted in (("en", english), ("fr", french)):
            with force_locale(locale):
                assert exact_money(Money(micros, "EUR")) == wanted


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (1234567, "1,234,567", "1\u202f234\u202f567"),
        (1234.56, "1,235", "1\u202f235"),
        (12.34, "12.3", "12,3"),
        (-0.129, "−0.13", "−0,13"),
        (3.0, "3", "3"),
        (float("nan"), "–", "–"),
        (float("inf"), "–", "–"),
    ],
)
def test_numbers_read_as_in_the_readers_language(
    lite_app: Flask, value: float, english: str, french: str
) -> None:
    with lite_app.test_request_context():
        for locale, wanted in (("en", english), ("fr", french)):
            with force_locale(locale):
                assert number(value) == wanted


def test_no_time_is_a_dash() -> None:
    assert moment(None) == "–"


@pytest.mark.parametrize(
    ("micros", "price", "owned"),
    [
        (0, "€0.00", "€0.00"),
        (1, "less than 1 cent", "less than 1 cent"),
        (9_999, "less than 1 cent", "less than 1 cent"),
        (-1, "minus less than 1 cent", "−€0.01"),
        (14_999, "€0.01", "€0.01"),
        (15_000, "€0.02", "€0.01"),
        (-15_000, "−€0.02", "−€0.02"),
        (1_234_565_000, "€1,234.57", "€1,234.56"),
    ],
)
def test_pages_write_whole_cents_and_never_more_than_was_earned(
    lite_app: Flask, micros: int, price: str, owned: str
) -> None:
    with lite_app.test_request_context():
        assert money(Money(micros, "EUR")) == price
        assert earned(Money(micros, "EUR")) == owned
