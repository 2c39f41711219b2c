from decimal import Decimal

import pyarrow as pa
import pytest

from app.datasets.ingest.cells import day, hour, is_formula, number
from app.datasets.ingest.profiling import ColumnKind, profile
from app.datasets.ingest.refusals import Refused
from app.datasets.ingest.transforms.bins import Bins
from app.datasets.ingest.transforms.hour import Hour
from app.datasets.ingest.transforms.hour_block import HourBlock
from app.datasets.ingest.transforms.kind_of_day import KindOfDay
from app.datasets.ingest.transforms.quarter import Quarter
from app.datasets.ingest.transforms.transform import Transform, Written
from app.datasets.ingest.transforms.year import Year
from app.datasets.ingest.transforms.yes_no import YesNo


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,56", "1234.56"),
        ("1\u202f234,56 €", "1234.56"),
        ("1\u00a0234\u00a0567", "1234567"),
        ("12 €", "12"),
        ("€12.50", "12.50"),
        ("-£1,234.50", "-1234.50"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1'234.5", "1234.5"),
        ("CHF 5", "5"),
        ("12 %", "12"),
        ("1,5", "1.5"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "-", "€", "1,23,4.5", "12 kg", "€" * 9_000 + "5", "1 23"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None


def test_the_column_tells_what_a_sign_means() -> None:
    assert (number("1,234", "."), number("1,234", ","), number("1,234")) == (
        Decimal(1234),
        Decimal("1.234"),
        Decimal("1.234"),
    )
    assert number("1.5", ",") is None


@pytest.mark.parametrize(
    ("values", "sign", "largest"),
    [
        (["1,234", "5.5"], ".", "1234"),
        (["1.234", "5,5 €"], ",", "1234"),
        (["1,234", "2,345"], "", "2.345"),
        (["1 234", "7"], "", "1234"),
    ],
)
def test_the_decimal_sign_is_found_over_the_whole_column(
    values: list[str], sign: str, largest: str
) -> None:
    (column,) = profile([pa.record_batch({"x": [v]}) for v in values])
    assert (column.kind, column.decimal) == (ColumnKind.NUMBER, sign)
    assert column.maximum == Decimal(largest)
    assert Bins((Decimal(2),), sign=sign).label(values[0]) == (
        "2 and over" if Decimal(largest) > 100 else "under 2"
    )


def test_an_amount_with_a_minus_is_no_formula_and_words_are() -> None:
    assert not is_formula("-12 €")
    assert is_formula("-12 apples")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14:32", 14),
        ("14h32", 14),
        ("14 h", 14),
        ("2h05 PM", 14),
        ("2 p.m.", 14),
        ("12:10 am", 0),
        ("2026-03-14T14:32:00+01:00", 14),
        ("2026-03-14 23:59:59.123Z", 23),
        ("14/03/2026 2:05\u202fPM", 14),
        ("29 mai 2025, 15:53", 15),
        ("14", None),
        ("25:00", None),
        ("12:75", None),
        ("13 PM", None),
        ("2026-03-14", None),
        ("noon", None),
    ],
)
def test_hours_are_read_from_times_of_day(text: str, value: int | None) -> None:
    assert hour(text) == value


def test_dates_may_have_times_and_months_in_words() -> None:
    for text, form in (("14/03/2026 2:05 PM", "dmy"), ("14 mars 2026", "ymd")):
        found = day(text, form)
        assert found is not None
        assert (found.month, found.day) == (3, 14)
    assert day("2026-03-1499", "ymd") is None


@pytest.mark.parametrize(
    ("way", "text", "label"),
    [
        (Hour, "2:05 PM", "14"),
        (HourBlock, "14h59", "12-15"),
        (HourBlock, "00:00", "00-03"),
        (KindOfDay, "2026-11-28", "weekend"),
        (KindOfDay, "2026-11-30", "weekday"),
        (Quarter, "2026-10-01", "Q4"),
        (Year, "2026-10-01", "2026"),
        (YesNo, "Vrai", "yes"),
        (YesNo, " OUI ", "yes"),
        (YesNo, "0", "no"),
        (YesNo, "False", "no"),
    ],
)
def test_parts_of_dates_and_times_and_answers(way: type[Transform], text: str, label: str) -> None:
    assert way.configured((), Written("ymd")).label(text) == label


@pytest.mark.parametrize("way", [Hour, HourBlock, KindOfDay, Quarter, Year, YesNo])
@pytest.mark.parametrize("text", ["", "perhaps", "=1+1"])
def test_what_cannot_be_read_so_is_refused(way: type[Transform], text: str) -> None:
    with pytest.raises(Refused):
        way.configured((), Written("ymd")).label(text)
