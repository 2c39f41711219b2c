from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.datasets.ingest import messages
from app.datasets.ingest.conforming import MOST_ERRORS, conform
from app.datasets.ingest.errors import UploadErrors
from app.datasets.ingest.mapping import ColumnMapping, DimensionFeed
from app.datasets.ingest.transforms.bins import Bins
from app.datasets.ingest.transforms.month import Month
from app.datasets.ingest.transforms.table import TRANSFORMS
from app.datasets.ingest.transforms.transform import Written
from app.datasets.ingest.transforms.weekday import Weekday
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule

SCHEMA = CubeSchema(
    (Dimension("size", ("small", "large")), Dimension("town", ("Lyon", "Brest"), "other")),
    (Measure("paid", "EUR", Decimal(0), Decimal(100), Decimal("0.01"), MeasureRule.SUM),),
    2,
)
MAPPING = ColumnMapping(
    "who",
    {"size": DimensionFeed("taille", aliases={"S": "small"}), "town": DimensionFeed("ville")},
    {"paid": "prix"},
)


def batch(*rows):
    names = ["who", "taille", "ville", "prix"]
    return pa.record_batch([pa.array(column) for column in zip(*rows, strict=True)], names=names)


def conformed(*batches, mapping=MAPPING, schema=SCHEMA):
    return pa.Table.from_batches(conform(batches, schema, mapping)).to_pydict()


def refusals(*batches, mapping=MAPPING, schema=SCHEMA):
    with pytest.raises(UploadErrors) as caught:
        list(conform(batches, schema, mapping))
    return caught.value.errors


def test_makes_rows_of_the_cube():
    assert conformed(
        batch(["ann", "S", "Lyon", "1,5"], ["bob", "large", "Rome", "-3"]),
        batch(["ann", "small", " Brest ", "1 000.005"]),
    ) == {
        "person": ["ann", "bob", "ann"],
        "ordinal": [0, 1, 2],
        "size": ["small", "large", "small"],
        "town": ["Lyon", "other", "Brest"],
        "paid": [150, -300, 100_000],
    }


def test_all_rows_are_one_person_where_no_column_tells():
    mapping = ColumnMapping(None, MAPPING.dimensions, MAPPING.measures)
    assert conformed(batch(["", "S", "Lyon", "1"]), mapping=mapping)["person"] == ["me"]


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (["", "S", "Lyon", "1"], "who", messages.BLANK),
        (["=A1", "S", "Lyon", "1"], "who", messages.FORMULA),
        (["@me", "S", "Lyon", "1"], "who", messages.FORMULA),
        (["x" * 201, "S", "Lyon", "1"], "who", messages.TOO_LONG),
        (["ann", "huge", "Lyon", "1"], "taille", messages.OUTSIDE),
        (["ann", "", "Lyon", "1"], "taille", messages.BLANK),
        (["ann", "-cmd", "Lyon", "1"], "taille", messages.FORMULA),
        (["ann", "S", "+cmd", "1"], "ville", messages.FORMULA),
        (["ann", "S", "\tx", "1"], "ville", messages.FORMULA),
        (["ann", "S", "Lyon", ""], "prix", messages.BLANK),
        (["ann", "S", "Lyon", "NaN"], "prix", messages.NOT_FINITE),
        (["ann", "S", "Lyon", "-Infinity"], "prix", messages.NOT_FINITE),
        (["ann", "S", "Lyon", "12 apples"], "prix", messages.NOT_A_NUMBER),
        (["ann", "S", "Lyon", "1,23,4.5"], "prix", messages.NOT_A_NUMBER),
        (["ann", "S", "Lyon", "٣"], "prix", messages.NOT_A_NUMBER),
        (["ann", "S", "Lyon", "=1+1"], "prix", messages.FORMULA),
        (["ann", "S", "Lyon", "1e99"], "prix", messages.NUMBER_TOO_LARGE),
    ],
)
def test_names_row_column_and_reason(row, column, message):
    (error,) = refusals(batch(["bob", "S", "Lyon", "1"]), batch(row))
    assert (error.row, error.column) == (3, column)
    assert error.message is message
    assert error.template % error.params
    assert error.remedy_template


def test_never_repeats_a_cell():
    (error,) = refusals(batch(["ann", "a secret disease", "Lyon", "1"]))
    assert "secret" not in str(error)
    assert "secret" not in str(error.params)
    assert error.params == {"allowed": "small, large"}


def test_a_space_of_any_kind_after_a_person_makes_nobody_else():
    rows = batch(*([f"ann{end}", "S", "Lyon", "1"] for end in ("", " ", "\xa0", "\t")))
    assert conformed(rows)["person"] == ["ann"] * 4


def test_a_person_may_be_a_negative_number_but_no_formula():
    assert conformed(batch(["-3", "S", "Lyon", "1"]))["person"] == ["-3"]


def test_a_blank_goes_to_other_where_there_is_one():
    assert conformed(batch(["ann", "S", "", "1"]))["town"] == ["other"]


def test_collects_twenty_errors_in_order_and_yields_no_row_after_the_first():
    good = batch(["ann", "S", "Lyon", "1"])
    bad = batch(*[["", "S", "Lyon", "x"]] * 15)
    seen = []
    parts = (part.num_rows for part in conform([good, bad, good], SCHEMA, MAPPING))
    with pytest.raises(UploadErrors) as caught:
        seen.extend(parts)
    assert seen == [1]
    errors = caught.value.errors
    assert len(errors) == MOST_ERRORS
    assert [error.row for error in errors] == sorted(error.row for error in errors)
    assert {error.column for error in errors} == {"who", "prix"}


def test_errors_of_later_batches_are_found_too():
    bad = batch(["ann", "S", "Lyon", "x"])
    assert [error.row for error in refusals(bad, batch(["ann", "S", "Lyon", "1"]), bad)] == [2, 4]


def test_names_missing_columns():
    (error,) = refusals(pa.record_batch({"who": ["a"], "taille": ["S"], "prix": ["1"]}))
    assert error.message is messages.COLUMN_MISSING
    assert error.column == "ville"


def dimension_mapping(dimension, feed):
    return CubeSchema((dimension,), (), 1), ColumnMapping(None, {dimension.name: feed}, {})


@pytest.mark.parametrize(
    ("way", "form", "text", "value"),
    [
        (Weekday, "ymd", "2026-11-22", "Sunday"),
        (Weekday, "ymd", "2026-11-23T08:15:00", "Monday"),
        (Month, "dmy", "03/11/2026", "11"),
        (Month, "mdy", "03/11/2026", "03"),
    ],
)
def test_keeps_a_part_of_a_date(way, form, text, value):
    dimension = Dimension("when", (value, "never"))
    schema, mapping = dimension_mapping(dimension, DimensionFeed("d", way(form)))
    rows = pa.record_batch({"d": [text]})
    assert conformed(rows, schema=schema, mapping=mapping)["when"] == [value]


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "yesterday", "01/02/2026"])
def test_refuses_other_dates(text):
    dimension = Dimension("when", ("Monday", "never"))
    schema, mapping = dimension_mapping(dimension, DimensionFeed("d", Weekday()))
    (error,) = refusals(pa.record_batch({"d": [text]}), schema=schema, mapping=mapping)
    assert error.message is messages.NOT_A_DATE


@given(st.decimals(-50, 50, places=2))
def test_puts_numbers_into_bins(value):
    bins = Bins((Decimal(0), Decimal(10), Decimal("20.5")))
    dimension = Dimension("bin", bins.labels)
    schema, mapping = dimension_mapping(dimension, DimensionFeed("n", bins))
    (label,) = conformed(pa.record_batch({"n": [str(value)]}), schema=schema, mapping=mapping)[
        "bin"
    ]
    below = value < 0, value < 10, value < Decimal("20.5")
    names = ("under 0", "0 to under 10", "10 to under 20.5", "20.5 and over")
    assert label == names[3 - sum(below)]


@pytest.mark.parametrize(("edges", "labels"), [((), ()), (("2", "1"), ()), (("1",), ("a",))])
def test_refuses_bins_without_sense(edges, labels):
    with pytest.raises(ValueError, match="Bins need"):
        Bins(tuple(Decimal(edge) for edge in edges), labels)


def test_leaves_nothing_for_an_empty_file():
    assert list(conform([], SCHEMA, MAPPING)) == []


def test_every_way_to_read_a_column_has_a_key_words_and_a_domain():
    """Its key is stored, so no two are alike; what it reads lies in the domain it promises."""
    assert len({way.KEY for way in TRANSFORMS}) == len(TRANSFORMS)
    for way in TRANSFORMS:
        edges = (Decimal(10),) if way.HAS_EDGES else ()
        domain = way.values(("2026-03-02 14:32", "2026"), edges)
        assert way.WORDS
        text = {"bins": "12", "yes-no": "oui"}.get(way.KEY, "2026-03-02 14:32")
        assert way.configured(edges, Written("ymd")).label(text) in domain
