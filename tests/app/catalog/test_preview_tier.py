"""The tier of the free preview: never sold, and taken off what is."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.catalog import products
from app.catalog import queries as catalog
from app.catalog.products import PREVIEW, ProductKey, answers_to, preview_tier, sold_tiers
from app.collections import queries as collections
from app.core.errors import NotFound
from app.market import market_of
from app.releases import queries as releases
from pricing.item import BY_DETAIL, Item
from privacy.plan.planning import plan_release
from privacy.plan.tiers import BRONZE, GOLD, SILVER, Tier
from tests.support import factories

OWN = Tier(PREVIEW, 256)


def test_a_tier_of_its_own_is_shown_and_not_sold(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False):
        rules = collections.rules(made.collection_id)
        whole = catalog.items(made.keys("bronze")[:1])[0]
        view = releases.release(made.edition_id)
        plans = {
            tiers[-1]: plan_release(rules.schema, rules.workload, rules.epsilon, rules.delta, tiers)
            for tiers in ((GOLD, SILVER, BRONZE), (GOLD, SILVER, BRONZE, OWN))
        }
        assert products.each(view) >= 1.0
        best = {}
        for shown, plan in plans.items():
            assert sold_tiers(plan) == (GOLD, SILVER, BRONZE)
            assert preview_tier(plan) == shown
            answers = answers_to(rules, plan, whole.marginal, BRONZE, 400.0)
            item: Item = replace(whole, answers=answers)
            best[shown] = item.best(BY_DETAIL)
        # Where bronze is what everybody sees, it is not sold; below a tier of its own it is.
        assert best[BRONZE] == 0 < best[OWN]


def test_nobody_buys_the_preview(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False):
        view = releases.release(made.edition_id)
        four = replace(view.release.plan, tiers=(*view.release.plan.tiers, OWN))
        planned: Any = SimpleNamespace(plan=four)
        shown = replace(view, release=planned)
        with pytest.raises(NotFound):
            products.product(shown, ProductKey(made.edition_id, (0,), PREVIEW))
