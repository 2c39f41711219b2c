import io
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.datasets.ingest.profiling import (
    DISTINCT_CAP,
    ColumnKind,
    ColumnProfile,
    profile,
    suggest_bounds,
)
from app.datasets.ingest.reading import Limits, read_csv


def of(*values, name="x"):
    (column,) = profile([pa.record_batch({name: pa.array([str(v) for v in values])})])
    return column


def test_looks_at_every_batch():
    content = b"who;paid\n" + b"a;1\n" * 9000 + b"b;7,25\n"
    who, paid = profile(read_csv(io.BytesIO(content), Limits()))
    assert (who.kind, who.values, who.rows) == (ColumnKind.CATEGORY, ("a", "b"), 9001)
    assert (paid.minimum, paid.maximum) == (Decimal("1"), Decimal("7.25"))
    assert paid.decimal_comma
    assert paid.decimals == 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "2"], ColumnKind.NUMBER),
        (["-1.5", "+2", "1e3", ".5", "3.", "1 000"], ColumnKind.NUMBER),
        (["1", "nan"], ColumnKind.CATEGORY),
        (["1,5", "1,234.5"], ColumnKind.CATEGORY),
        (["2026-01-02", "2026-01-03T10:00:00Z"], ColumnKind.DATE),
        (["31/12/2026"], ColumnKind.DATE),
        (["2026-02-30"], ColumnKind.CATEGORY),
        (["", " "], ColumnKind.TEXT),
        ([f"u{i}" for i in range(100)], ColumnKind.IDENTIFIER),
        ([f"a word {i}" for i in range(100)], ColumnKind.TEXT),
    ],
)
def test_guesses_the_kind(values, kind):
    assert of(*values).kind is kind


def test_a_column_called_id_tells_people_apart_though_it_is_numeric():
    assert of(*range(100), name="household_id").kind is ColumnKind.IDENTIFIER
    assert of("1.5", "2", name="id").kind is ColumnKind.NUMBER


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2026-12-31"], "ymd"),
        (["31/12/2026", "01/02/2026"], "dmy"),
        (["12/31/2026"], "mdy"),
        (["01/02/2026"], "dmy"),
    ],
)
def test_finds_the_form_of_dates(values, form):
    assert of(*values).date_form == form


def test_counts_blanks_and_values():
    column = of("a", "", " ", "b", "a")
    assert (column.rows, column.blank, column.distinct) == (5, 2, 2)
    assert column.values == ("a", "b")


def test_orders_numbers_as_numbers():
    assert of("10", "9", "100").values == ("9", "10", "100")


def test_stops_remembering_values():
    column = of(*(f"v{i}" for i in range(DISTINCT_CAP + 5)))
    assert column.capped
    assert column.distinct == DISTINCT_CAP
    assert column.values == ()


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [
        ("3", "87", ("0", "90")),
        ("0", "1234.5", ("0", "2000")),
        ("-12", "5", ("-20", "5")),
        ("0", "0", ("0", "1")),
        ("-3", "-1", ("-3", "-1")),
        ("0.013", "0.24", ("0", "0.3")),
    ],
)
def test_suggests_round_bounds(low, high, bounds):
    assert suggest_bounds(Decimal(low), Decimal(high)) == tuple(Decimal(b) for b in bounds)


@given(st.lists(st.decimals(-(10**6), 10**6, places=3), min_size=1, max_size=20))
def test_suggested_bounds_hold_every_value(values):
    column = of(*values)
    assert column.suggested_lower <= min(values)
    assert max(values) <= column.suggested_upper
    assert column.minimum == min(values)
    assert column.maximum == max(values)


def test_survives_being_written_and_read():
    for column in (of("1", "2,5"), of("a", "b"), of("2026-01-01")):
        assert ColumnProfile.from_dict(column.to_dict()) == column
