"""Count the people of an edition, with noise, before anything else of it is measured.

Loads the noise samplers, so that only a worker imports this. The charge must be committed before.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from privacy.cube.engine import Engine
from privacy.noise import samplers
from privacy.plan.counting import CountPlan

if TYPE_CHECKING:
    import ibis.expr.types as ir


def count_people(
    engine: Engine,
    tables: Iterable["ir.Table"],
    plan: CountPlan,
    before_noise: Callable[[], None] = lambda: None,
) -> int:
    """Return a noisy number of people.

    Parameters
    ----------
    engine : Engine
    tables : iterable of ibis Table
        With columns `source` and `person`, a person being a pair of both. Each is read once, before
        the next is asked for; all rows of a source stand in one of them.
    plan : CountPlan
    before_noise : callable
        Called once when all are counted and no noise is drawn yet; what it raises ends the count
        without any.

    Returns
    -------
    int
        May be below zero.
    """
    people = sum(_people(engine, table) for table in tables)
    before_noise()
    return people + int(samplers.rounded_gaussian(plan.variance, 1)[0])


def _people(engine: Engine, table: "ir.Table") -> int:
    persons = table.select("source", "person").distinct()
    counted = engine.run(persons.agg(people=persons.count()))
    return int(counted.column("people")[0].as_py())
