"""Whole-number residuals, and the lemma that lets noise live on a coarse grid."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from privacy.plan.parts import Contrasts, Part, parts_of
from privacy.plan.residual import as_floats, rebuild, residual, without_means
from privacy.plan.workload import Workload
from tests.privacy.cubes import measure_of, schema_of


def array_of(numbers, shape):
    array = np.empty(len(numbers), dtype=object)
    array[:] = numbers
    return array.reshape(shape)


@given(st.lists(st.integers(-(10**30), 10**30), min_size=6, max_size=6))
def test_a_residual_has_no_mean_along_any_axis(numbers):
    result = without_means(array_of(numbers, (2, 3)))
    assert not result.sum(axis=0).any()
    assert not result.sum(axis=1).any()


@given(st.lists(st.integers(0, 10**12), min_size=12, max_size=12))
def test_without_noise_tables_are_rebuilt_exactly(numbers):
    """Masses count in tenths along the measure, in whole contributions elsewhere."""
    schema = schema_of((2, 3), (measure_of(),))
    masses = array_of([Fraction(n) for n in numbers], (2, 3, 2))
    quiet = {}
    for subset in Workload((schema.axes,), (1.0,)).closure():
        gone = tuple(i for i, axis in enumerate(schema.axes) if axis not in subset)
        part = np.asarray(masses.sum(axis=gone), dtype=object)
        part = part if "m" in subset else np.asarray(part / 10, dtype=object)
        quiet[Part(subset)] = residual(part, np.zeros(part.shape, dtype=object))
    counted_in = {part: (10 if "m" in part.axes else 1) * quiet[part].size ** 2 for part in quiet}
    numerators, denominator = rebuild(schema, schema.axes, quiet, counted_in)
    assert (numerators == masses * Fraction(denominator, 10)).all()


@given(
    st.lists(st.integers(0, 10**12), min_size=6, max_size=6),
    st.lists(st.tuples(*(st.integers(-30, 30),) * 3), min_size=2, max_size=2).filter(
        lambda rows: round(np.linalg.det([(1, 1, 1), *rows])) != 0
    ),
)
def test_without_noise_tables_are_rebuilt_exactly_from_contrasts(numbers, rows):
    schema = schema_of((2,), (measure_of(knots=("0", "5", "10")),))
    masses = array_of(numbers, (2, 3))
    contrasts = (Contrasts("m", tuple(rows)),)
    quiet, counted_in = {}, {}
    for part in parts_of(Workload((schema.axes,), (1.0,)).closure(), contrasts):
        gone = tuple(i for i, axis in enumerate(schema.axes) if axis not in part.subset)
        table = np.asarray(masses.sum(axis=gone), dtype=object)
        if part.measure:
            table = contrasts[0].of(table, part.contrast)
        quiet[part] = residual(table, np.zeros(table.shape, dtype=object))
        counted_in[part] = table.size**2
    numerators, denominator = rebuild(schema, schema.axes, quiet, counted_in, contrasts)
    assert (numerators == masses * denominator).all()


@given(st.lists(st.integers(-5, 5), min_size=6, max_size=6))
def test_the_removed_part_of_a_person_lies_on_the_grid_of_the_noise(person):
    """The lemma: u - H u is in the kernel of H and on the grid 1/D, so it costs nothing."""
    shape, cells = (2, 3), 6
    u = array_of(person, shape)
    kept = np.array([Fraction(int(n), cells) for n in without_means(u).ravel()], dtype=object)
    lost = u.ravel() - kept
    assert all((n * cells).denominator == 1 for n in lost), "on the grid of the noise"
    on_grid = array_of([int(n * cells) for n in lost], shape)
    assert not without_means(on_grid).any(), "in the kernel"
    x, z = array_of([7, 1, 0, 2, 3, 9], shape), array_of([1, -2, 3, 0, 5, -8], shape)
    assert (residual(x, z + on_grid) == residual(x, z)).all(), "the output does not see it"


def test_divides_exactly_before_rounding():
    assert as_floats(array_of([10**40 + 1], (1,)), 10**40).tolist() == [1.0]
