import pytest

from privacy.errors import WorkloadError
from privacy.plan.workload import Workload, default_workload
from tests.privacy.cubes import measure_of, schema_of


def test_closure_holds_every_subset_and_the_total():
    closure = Workload((("a", "b"), ("c",)), (1.0, 1.0)).closure()
    assert closure == ((), ("a",), ("b",), ("c",), ("a", "b"))


def test_default_asks_for_pairs_plain_and_with_each_measure():
    schema = schema_of((2, 2, 2), (measure_of("m"), measure_of("n")))
    workload = default_workload(schema)
    assert len(workload.marginals) == (1 + 3 + 3) * 3
    assert ("d0", "d2", "n") in workload.marginals
    assert all(not {"m", "n"} <= set(marginal) for marginal in workload.marginals)
    workload.check(schema)


def test_survives_being_written_and_read():
    workload = Workload((("a",), ()), (1.0, 0.25))
    assert Workload.from_dict(workload.to_dict()) == workload


@pytest.mark.parametrize(
    ("marginals", "weights"),
    [((), ()), ((("a",),), ()), ((("a",), ("a",)), (1.0, 1.0)), ((("a",),), (0.0,))],
)
def test_refuses_workload_without_sense(marginals, weights):
    with pytest.raises(WorkloadError):
        Workload(marginals, weights)


@pytest.mark.parametrize("marginal", [("x",), ("d1", "d0"), ("d0", "d0")])
def test_refuses_axes_the_schema_lacks_or_orders_otherwise(marginal):
    with pytest.raises(WorkloadError):
        Workload((marginal,), (1.0,)).check(schema_of())


def test_refuses_too_many_cells():
    schema = schema_of((101, 101, 101))
    with pytest.raises(WorkloadError):
        default_workload(schema, ways=3).check(schema)
    with pytest.raises(WorkloadError):
        Workload.from_dict({"marginals": 1, "weights": []})
