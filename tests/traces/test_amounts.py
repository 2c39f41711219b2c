from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces.amounts import minor_units, parse_amount

CENTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-29,99", "-29.99"),
        ("3 116.50 €", "3116.50"),
        ("-3\u00a0116,50", "-3116.50"),
        ("-3\u202f116,50 €", "-3116.50"),
        ("'-0.68'", "-0.68"),
        ('"-0.68"', "-0.68"),
        ("-£53.00", "-53.00"),
        ("£-53.00", "-53.00"),
        ("\u221253,00", "-53.00"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1'234.56", "1234.56"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("(12.00)", "-12.00"),
        ("12.00-", "-12.00"),
        ("+12", "12"),
        ("12.50 EUR", "12.50"),
        ("US$12.50", "12.50"),
        ("0,412", "0.412"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0", "0"),
    ],
)
def test_reads_what_exports_write(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "€",
        ",",
        "abc",
        "12abc",
        "1,2,3",
        "1.2.3,4,5",
        "--5",
        "(-5)",
        "-5-",
        "nan",
        "inf",
    ]
    + ["1e5", "NaN", "Infinity", "٣", "12:30", "1,23,456", "9" * 41, "12/03"],
)
def test_refuses_what_is_no_amount(text: str) -> None:
    assert parse_amount(text) is None


def test_the_formats_decimal_sign_decides_what_one_sign_is() -> None:
    assert parse_amount("1,234", ".") == 1234
    assert parse_amount("1,234", ",") == parse_amount("1,234") == Decimal("1.234")
    assert parse_amount("1.234", ",") == 1234
    assert parse_amount("1,50", ".") is None


def _french(cents: int, space: str) -> str:
    text = f"{abs(cents) // 100:,}".replace(",", space) + f",{abs(cents) % 100:02d}"
    return f"-{text}" if cents < 0 else text


@given(CENTS, st.sampled_from(["", " ", "\u00a0", "\u202f", "."]))
def test_what_is_written_in_french_is_read_back(cents: int, space: str) -> None:
    amount = parse_amount(_french(cents, space), ",")
    assert amount is not None
    assert minor_units(amount) == cents


@given(CENTS, st.sampled_from(["£{}", "{} $", "'{}'", "{}", " {} "]))
def test_what_is_written_in_english_is_read_back(cents: int, around: str) -> None:
    amount = parse_amount(around.format(f"{cents / 100:,.2f}"), ".")
    assert amount is not None
    assert minor_units(amount) == cents


@given(st.text(max_size=60), st.sampled_from([None, ",", "."]))
def test_any_text_gives_a_finite_amount_or_none(text: str, decimal: str | None) -> None:
    amount = parse_amount(text, decimal)
    assert amount is None or amount.is_finite()
    assert amount is None or isinstance(minor_units(amount), int)


def test_half_a_cent_goes_away_from_zero() -> None:
    assert [minor_units(Decimal(text)) for text in ("0.005", "-0.005", "0.0049")] == [1, -1, 0]
