import pytest
from flask import Flask

from app.collections.templates import found_templates
from app.market import market_of


@pytest.fixture
def open_app(lite_app: Flask) -> Flask:
    """A market with its templates."""
    with market_of(lite_app).db.unit_of_work():
        found_templates()
    return lite_app
