import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from tests.app.payouts.conftest import trade
from tests.support import factories
from tests.support.browser import Browser

__all__ = ["trade"]


@pytest.fixture
def operator(lite_app: Flask) -> Browser:
    return Browser(lite_app, factories.account(lite_app, Role.OPERATOR))


@pytest.fixture
def market(lite_app: Flask) -> tuple[Flask, factories.Published, Actor]:
    return (
        lite_app,
        factories.published(lite_app),
        factories.account(lite_app, Role.OPERATOR),
    )
