"""The privacy facts of a table: how its people are protected, and what its noise is."""

import json
from collections.abc import Mapping
from math import ceil

from app.catalog.products import Product
from app.downloads.content import ADJUSTED
from app.releases.queries import ReleaseView

QUANTILES = (
    "the distribution inverted: every value at which it is not told apart from the level; "
    "a quantile is right to within one gap between knots"
)
COVARIANCE = (
    "the covariance of two weighted sums of the table's entries is the sum over parts of variance "
    "times the product along all columns of: (a - mean a)'(b - mean b) where the part has the "
    "column, mean a mean b where it has not; along a column with contrasts (a'g)(b'g), g being "
    "column 1 + contrast of the inverse of the matrix whose rows are ones and the contrasts, and "
    "column 0 where the part has no contrast"
)


def table_facts(view: ReleaseView, product: Product) -> dict[str, object]:
    """Return the privacy facts of the release and the accuracy of this table."""
    words = view.release.plan.noise.words
    return {
        **release_facts(view),
        "tier": product.tier.name,
        "variance_factor_of_tier": product.tier.variance_factor,
        "noise_sd_of_a_count": round(product.sd, 6),
        "interval": "noise interval (95 %) of what was kept; nothing is said of people outside",
        "intervals_are_made_so": {
            "contributions, sum": words.linear,
            "mean, share": words.ratio,
            "quantile": QUANTILES,
        },
        "noise_of_the_table": noise_facts(view, product),
        "adjusted_value": ADJUSTED,
    }


def noise_facts(view: ReleaseView, product: Product) -> dict[str, object]:
    """Return the variances that every covariance of the table's entries follows from."""
    plan = view.release.plan
    variances = plan.variances_of(product.marginal, product.tier)
    return {
        "entries": {axis: list(plan.schema.labels(axis)) for axis in product.marginal},
        "parts": [
            {
                "columns": list(part.subset),
                **({} if part.measure is None else {"contrast": part.contrast}),
                "variance": float(format(variance, ".12g")),
            }
            for part, variance in variances.items()
        ],
        "contrasts": {
            one.measure: [list(row) for row in one.rows]
            for one in plan.noise.contrasts
            if one.measure in product.marginal
        },
        "covariance": COVARIANCE,
        "half_width_of_95": plan.noise.words.linear,
    }


def release_facts(view: ReleaseView) -> dict[str, object]:
    """Return how the people behind a release are protected."""
    plan, counted = view.release.plan, view.edition.counted
    counting = 0 if counted is None else view.rules.count.rho.micro
    return {
        "unit_of_privacy": view.rules.person,
        "one_contribution": view.rules.record,
        "contribution_bound_cells": plan.schema.bound,
        "neighbours": "all contributions of one unit added or removed",
        "epsilon": view.rules.epsilon,
        "delta": plan.delta,
        "rho": (plan.rho.micro + counting) / 1_000_000,
        "rho_of_counting_people_first": counting / 1_000_000,
        "people_counted_first_with_noise": counted,
        "contributions_left_out_by_the_bound": _left_out(view),
        "at_most_right_guesses_of_100": ceil(view.rules.guesses * 10) / 10,
        "scope": "the whole release: all tables and tiers together, however often sold",
        "mechanism": plan.mechanism.value,
        "noise": plan.noise.words.noise,
        "release_sha256": view.digest,
    }


def _left_out(view: ReleaseView) -> dict[str, object] | None:
    """Say how many contributions the bound left out; None where that was not counted."""
    found, plan = view.release.left_out(), view.release.plan
    if found is None:
        return None
    return {
        "about": round(found.value),
        "noise_interval_95": [round(found.low), round(found.high)],
        "told_apart_from_none": found.distinct,
        "of_each_person_at_most_counted": plan.most_brought,
    }


def as_json(facts: Mapping[str, object]) -> bytes:
    """Write facts as UTF-8 JSON, for people to read."""
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()
