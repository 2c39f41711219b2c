"""What may be learnt about a group of people, and at what privacy loss.

Never stores anything, never runs an engine itself, never imports the product,
the price, a web framework or a payment provider.

Usable alone, on any table that Ibis reads::

    import ibis
    from privacy import (
        CubeSchema, Dimension, IbisEngine, default_workload, measure_release, plan_release,
        rows_of,
    )

    backend = ibis.duckdb.connect()
    schema = CubeSchema((Dimension("day", ("Sat", "Sun")),), (), contribution_bound=2)
    plan = plan_release(schema, default_workload(schema), epsilon=1.0, delta=1e-6)
    rows = rows_of(backend.read_parquet("visits.parquet"), schema, person="guest")
    release = measure_release(IbisEngine(backend), [rows], plan, secret, ("one",))
    release.table(("day",), plan.tiers[0]).estimates()

Names are imported when they are first asked for: what only reads releases loads no noise.
"""

from importlib import import_module

_HOMES = {
    "Account": "accountant",
    "Aim": "plan.objective",
    "CubeSchema": "schema",
    "Dimension": "schema",
    "Estimate": "tables.table",
    "IbisEngine": "cube.backend",
    "Measure": "schema",
    "MeasureRule": "schema",
    "Mechanism": "plan.mechanisms",
    "NoisePlan": "plan.noise_plan",
    "Objective": "plan.objective",
    "Release": "release",
    "Rho": "loss",
    "Table": "tables.table",
    "Tier": "plan.tiers",
    "Workload": "plan.workload",
    "between_editions": "tables.derived",
    "default_workload": "plan.workload",
    "difference": "tables.derived",
    "epsilon_of": "loss",
    "epsilon_spent": "plan.planning",
    "find_categories": "discovery",
    "group": "tables.derived",
    "measure_release": "measure:measure",
    "plan_discovery": "discovery",
    "plan_release": "plan.planning",
    "predicted_error": "plan.planning",
    "quantiles": "tables.derived",
    "rho_for": "loss",
    "right_guesses": "loss",
    "rows_of": "cube.columns",
    "shares": "tables.derived",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, renamed = _HOMES[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), renamed or name)
