from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.market import market_of
from app.openness import site
from app.openness.description import Description, describe
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from tests.support import factories
from tests.support.standing import trade
from tests.support.trading import Trade

__all__ = ["trade"]


@pytest.fixture(scope="module")
def shop(trade: Trade) -> Flask:
    return trade.app


@pytest.fixture(scope="module")
def made(shop: Flask) -> factories.Published:
    return factories.published(shop)


@pytest.fixture(scope="module")
def view(shop: Flask, made: factories.Published) -> ReleaseView:
    with market_of(shop).db.unit_of_work(write=False):
        return releases.release(made.edition_id)


@pytest.fixture
def about(shop: Flask, view: ReleaseView) -> Iterator[Description]:
    """The edition as everything describes it; inside a unit of work."""
    with shop.app_context(), market_of(shop).db.unit_of_work(write=False):
        yield describe(view, site.present())


@pytest.fixture
def monthly(shop: Flask, view: ReleaseView) -> Iterator[Description]:
    """The same release as if it were one of a template: with words in both languages, a month."""
    edition = replace(view.edition, period="2026-02")
    rules = replace(view.rules, template="listening", topic="leisure")
    with shop.app_context(), market_of(shop).db.unit_of_work(write=False):
        yield describe(replace(view, edition=edition, rules=rules), site.present())
