"""Contrasts of a measure: with the total they tell every knot's mass, in whole numbers."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import PlanError
from privacy.plan import shaping
from privacy.plan.objective import Objective
from privacy.plan.parts import Contrasts, Part, parts_of
from privacy.plan.shaping import contrasts_for
from privacy.plan.workload import Workload, default_workload
from tests.privacy.cubes import measure_of, schema_of


@given(
    st.integers(2, 6).flatmap(
        lambda size: st.lists(
            st.tuples(*(st.integers(-40, 40),) * size), min_size=size - 1, max_size=size - 1
        )
    )
)
def test_the_inverse_is_exact_or_there_is_none(rows):
    size = len(rows) + 1
    whole = np.array([(1,) * size, *rows], dtype=object)
    try:
        numerators, denominator = Contrasts("m", tuple(rows)).spread
    except PlanError:
        assert np.linalg.matrix_rank(whole.astype(float)) < size
        return
    identity = whole @ numerators
    assert denominator > 0
    assert (identity == denominator * np.eye(size, dtype=object)).all()


@pytest.mark.parametrize("rows", [(), ((1, 1, 1),), ((1, 2), (3, 4)), ((1, -1, 0), (2, -2, 0))])
def test_refuses_what_does_not_tell_all_masses(rows):
    with pytest.raises(PlanError):
        Contrasts("m", rows)


def test_each_contrast_is_a_part_of_its_own():
    contrasts = (Contrasts("m", ((-1, 0, 1), (1, -2, 1))),)
    closure = (), ("d0",), ("m",), ("d0", "m")
    assert parts_of(closure, contrasts) == (
        Part(()),
        Part(("d0",)),
        Part((), "m", 0),
        Part((), "m", 1),
        Part(("d0",), "m", 0),
        Part(("d0",), "m", 1),
    )
    assert [part.subset for part in parts_of(closure)] == [*closure]


@pytest.mark.parametrize("knots", [3, 5, 11, 21])
def test_chosen_contrasts_are_small_whole_numbers_and_the_same_each_time(knots):
    names = tuple(str(10 * step) for step in range(knots))
    schema = schema_of((4,), (measure_of(upper=names[-1], knots=names),))
    workload = default_workload(schema)
    (found,) = contrasts_for(schema, workload, Objective())
    assert found.measure == "m"
    assert {len(row) for row in found.rows} == {knots}
    assert max(abs(n) for row in found.rows for n in row) <= 30
    assert contrasts_for(schema, workload, Objective()) == (found,)


def test_two_knots_and_measures_that_share_a_table_have_none():
    many = ("0", "5", "10")
    two = schema_of((3,), (measure_of(),))
    assert contrasts_for(two, default_workload(two), Objective()) == ()
    both = schema_of((3,), (measure_of("a", knots=many), measure_of("b")))
    together = Workload((("d0", "a", "b"),), (1.0,))
    assert contrasts_for(both, together, Objective()) == ()
    (apart,) = contrasts_for(both, default_workload(both), Objective())
    assert apart.measure == "a"


def test_where_rounding_leaves_no_directions_noise_is_the_same_all_along(monkeypatch):
    schema = schema_of((4,), (measure_of(knots=("0", "5", "10")),))
    monkeypatch.setattr(shaping, "LARGEST", 0.4)
    assert contrasts_for(schema, default_workload(schema), Objective()) == ()


def test_masses_are_told_by_the_total_and_contrasts():
    contrasts = Contrasts("m", ((3, -1, -2), (1, 4, -5)))
    masses = np.array([[5, 7, 11], [0, 2, 10**20]], dtype=object)
    numerators, denominator = contrasts.spread
    seen = [masses.sum(axis=-1), contrasts.of(masses, 0), contrasts.of(masses, 1)]
    back = sum(one[..., None] * numerators[:, column] for column, one in enumerate(seen))
    assert (back == masses * denominator).all()
    assert prod(contrasts.of(masses[0], 0).shape) == 1


def test_is_written_and_read():
    contrasts = Contrasts("m", ((3, -1, -2), (1, 4, -5)))
    assert Contrasts.from_dict(contrasts.to_dict()) == contrasts
