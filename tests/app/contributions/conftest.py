import pytest
from flask import Flask

from app.collections.templates import found_templates
from app.market import market_of


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """A market with its templates, on the engines that a test needs."""
    with market_of(app).db.unit_of_work():
        found_templates()
    return app
