from decimal import Decimal

import pytest

from privacy.errors import SchemaError
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from tests.privacy.cubes import measure_of, schema_of


def test_survives_being_written_and_read():
    schema = CubeSchema(
        (Dimension("day", ("Mon", "Tue"), "other"),),
        (measure_of("spent", upper="60", knots=("0", "20", "60")),),
        3,
    )
    assert CubeSchema.from_dict(schema.to_dict()) == schema


def test_counts_other_as_a_value_once():
    assert Dimension("a", ("x", "y"), "z").domain == ("x", "y", "z")
    assert Dimension("a", ("x", "y"), "y").domain == ("x", "y")


@pytest.mark.parametrize(
    ("name", "values", "other"),
    [
        ("", ("a", "b"), None),
        (" a", ("a", "b"), None),
        ("a", ("a",), None),
        ("a", ("a", "a"), None),
        ("a", ("a", ""), None),
        ("a", ("a\n", "b"), None),
        ("a" * 81, ("a", "b"), None),
    ],
)
def test_refuses_dimension_without_sense(name, values, other):
    with pytest.raises(SchemaError):
        Dimension(name, values, other)


@pytest.mark.parametrize(
    ("lower", "upper", "resolution", "knots"),
    [
        ("0", "0", "1", ()),
        ("2", "1", "1", ()),
        ("0", "1", "0", ()),
        ("0", "1", "-1", ()),
        ("NaN", "1", "1", ()),
        ("0", "Infinity", "1", ()),
        ("0", "10", "3", ()),
        ("0", "10", "1", ("0", "5")),
        ("0", "10", "1", ("1", "10")),
        ("0", "10", "1", ("0", "7", "5", "10")),
        ("0", "10", "1", ("0", "2.5", "10")),
        ("0", "1E+14", "0.000001", ()),
        ("0", "1E+999999", "1", ()),
        ("0", "40007", "1", ("0", "10007", "20016", "40007")),
    ],
)
def test_refuses_measure_without_sense(lower, upper, resolution, knots):
    with pytest.raises(SchemaError):
        Measure(
            "m",
            "EUR",
            Decimal(lower),
            Decimal(upper),
            Decimal(resolution),
            MeasureRule.SUM,
            tuple(Decimal(knot) for knot in knots),
        )


@pytest.mark.parametrize("names", [("a", "A"), ("person", "b"), ("Source", "b")])
def test_refuses_names_that_clash(names):
    with pytest.raises(SchemaError):
        CubeSchema(tuple(Dimension(name, ("x", "y")) for name in names), (), 1)


def test_refuses_a_schema_of_nothing_or_nobody():
    with pytest.raises(SchemaError):
        CubeSchema((), (), 1)
    with pytest.raises(SchemaError):
        schema_of(bound=0)


@pytest.mark.parametrize("data", [{}, {"dimensions": [{}]}, {"dimensions": 3, "measures": []}])
def test_refuses_what_is_not_a_schema(data):
    with pytest.raises(SchemaError):
        CubeSchema.from_dict(data)


def test_bounds_contributions_by_the_number_of_cells():
    assert schema_of((3, 2), bound=50).bound == 6
    assert schema_of((3, 2), bound=4).bound == 4


def test_every_share_between_knots_is_a_multiple_of_the_grid():
    measure = measure_of(upper="12", knots=("0", "4", "10", "12"))
    assert measure.grid == 12
    units = measure.knot_units
    for low, high in zip(units, units[1:], strict=False):
        assert measure.grid % (high - low) == 0


def test_rounds_values_to_the_resolution_half_to_even():
    measure = measure_of()
    assert [measure.to_units(Decimal(v)) for v in ("0.5", "1.5", "-2.6")] == [0, 2, -3]
