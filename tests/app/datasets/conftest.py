import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from tests.support import factories
from tests.support.browser import Browser


@pytest.fixture
def producer(lite_app: Flask) -> Actor:
    return factories.account(lite_app, Role.PRODUCER)


@pytest.fixture
def browser(lite_app: Flask, producer: Actor) -> Browser:
    """The producer's browser."""
    return Browser(lite_app, producer)
