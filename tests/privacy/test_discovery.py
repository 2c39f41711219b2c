"""Finding categories: what is named, and how seldom one person's own value is."""

from math import exp, log

import numpy as np
import pyarrow as pa
import pytest
from dp_accounting import pld
from scipy.stats import norm

from app.engine.duckdb import DuckDBEngine
from privacy import discovery
from privacy.discovery import chance_at_least, find_categories, plan_discovery
from privacy.errors import PlanError
from privacy.loss import epsilon_of


def table_of(rows):
    sources, persons, values = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "source": pa.array(sources, pa.string()),
            "person": pa.array(persons, pa.string()),
            "shop": pa.array(values, pa.string()),
        }
    )


def found_in(rows, plan, secret="secret"):
    table = table_of(rows)
    with DuckDBEngine(threads=1) as engine:
        stream = engine.stream(table.schema, table.to_batches())
        return find_categories(engine, stream, "shop", plan, secret)


PLAN = plan_discovery(2.0, 1e-6)
CROWD = [("s", f"p{n}", "baker") for n in range(400)] + [
    ("s", f"q{n}", "grocer") for n in range(400)
]


def test_names_what_many_have_and_not_what_one_has():
    found = found_in([*CROWD, ("s", "ann", "dentist of ann")], PLAN)
    assert list(found.people) == ["baker", "grocer"]
    assert found.dimension().domain == ("baker", "grocer", "other")


def test_of_one_person_no_more_values_count_than_the_bound():
    """One who has all values in many rows moves one count by one."""
    everything = [("s", "ann", f"v{n}") for n in range(2000)] * 3
    plan = plan_discovery(50.0, 1e-6)
    counted = found_in([*everything, *CROWD], plan)
    assert set(counted.people) == {"baker", "grocer"}


def test_the_choice_among_a_persons_values_is_keyed(monkeypatch):
    monkeypatch.setattr(discovery, "rounded_gaussian", lambda _, size: np.zeros(size, dtype=object))
    rows = [("s", f"p{n}", f"v{m}") for n in range(300) for m in range(4)]
    one, two = (found_in(rows, PLAN, secret) for secret in ("one", "two"))
    assert sum(one.people.values()) == sum(two.people.values()) == 300
    assert one.people != two.people


def test_nothing_at_all_gives_a_dimension_all_the_same():
    found = found_in([], PLAN)
    assert found.people == {}
    assert len(found.dimension().domain) == 2


def test_what_cannot_name_a_category_is_left_out():
    rows = [
        ("s", f"p{n}", value) for n, value in enumerate(["x" * 81, " padded", "tab\there"] * 200)
    ]
    assert found_in(rows, PLAN).people == {}


def test_what_is_to_come_before_the_noise_comes_before_it(monkeypatch):
    """A charge is marked as used, once; where that fails, no noise is drawn."""
    happened = []

    def draws(_, size):
        happened.append("noise")
        return np.zeros(size, dtype=object)

    monkeypatch.setattr(discovery, "rounded_gaussian", draws)
    table = table_of(CROWD)

    def refuses():
        raise RuntimeError("taken")

    with DuckDBEngine(threads=1) as engine:
        rows = engine.stream(table.schema, table.to_batches())
        find_categories(engine, rows, "shop", PLAN, "secret", lambda: happened.append("mark"))
        assert happened == ["mark", "noise"]
        rows = engine.stream(table.schema, table.to_batches())
        with pytest.raises(RuntimeError, match="taken"):
            find_categories(engine, rows, "shop", PLAN, "secret", refuses)
    assert happened == ["mark", "noise"]


@pytest.mark.statistics
def test_a_lone_value_is_named_as_seldom_as_promised(monkeypatch):
    """With a threshold for delta = 0.1: 2,000 lone values, 5 standard errors."""
    plan = plan_discovery(1.0, 0.2)
    rows = [("s", f"p{n}", f"v{n}") for n in range(2000)]
    named = len(found_in(rows, plan).people)
    chance = plan.threshold_delta
    assert named / 2000 < chance + 5 * (chance * (1 - chance) / 2000) ** 0.5
    assert named > 0, "and the threshold is not higher than it must be"


@pytest.mark.parametrize("bound", [1, 3])
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 4.0])
def test_the_threshold_is_the_lowest_that_keeps_delta(epsilon, bound):
    plan = plan_discovery(epsilon, 1e-6, bound)
    assert chance_at_least(plan.variance, plan.threshold - 1) * bound <= 5e-7
    assert chance_at_least(plan.variance, plan.threshold - 2) * bound > 5e-7
    assert epsilon_of(plan.rho, 5e-7) <= epsilon


@pytest.mark.parametrize("least", [1, 5, 20])
def test_tails_are_those_of_rounded_noise(least):
    variance = plan_discovery(1.0, 1e-6).variance
    exact = norm.sf((least - 0.5) / float(variance) ** 0.5)
    assert exact <= chance_at_least(variance, least) == pytest.approx(exact, rel=1e-6)


def test_the_charge_agrees_with_an_independent_accountant():
    """Noise of that size costs at most epsilon at the half of delta that is not the threshold's."""
    plan = plan_discovery(1.0, 1e-6, 2)
    sigma = float(plan.variance) ** 0.5 / 2**0.5
    loss = pld.privacy_loss_distribution.from_gaussian_mechanism(sigma)
    assert loss.get_epsilon_for_delta(5e-7) <= 1.0


def test_the_exact_loss_of_a_value_others_have_too():
    """Max-divergence by exact chances of being named, over all counts, at the stated delta."""
    plan = plan_discovery(1.0, 1e-6)
    for count in range(1, 80):
        with_them = chance_at_least(plan.variance, plan.threshold - count - 1)
        without = chance_at_least(plan.variance, plan.threshold - count)
        assert with_them <= exp(1.0) * without + 1e-6 or log(with_them / without) <= 1.0


@pytest.mark.parametrize(
    "arguments", [(0.0, 1e-6, 1), (1.0, 0.0, 1), (1.0, 1.0, 1), (1.0, 1e-6, 0)]
)
def test_refuses_budgets_that_cannot_be_planned(arguments):
    with pytest.raises(PlanError):
        plan_discovery(*arguments)
