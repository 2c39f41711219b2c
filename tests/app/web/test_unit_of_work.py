"""Every request's unit of work: which requests may write."""

from flask import Blueprint, Flask
from flask_login import login_required

from app.core.db import session
from app.core.permissions import Role
from app.web.limits import limited
from app.web.unit_of_work import writes
from tests.support import factories
from tests.support.browser import Browser


def test_a_view_that_is_marked_writes_whatever_its_blueprint_is_called(lite_app: Flask) -> None:
    """Of a blueprint that is named otherwise than its folder, with decorators around the mark."""
    blueprint = Blueprint("elsewhere", __name__)

    def told() -> str:
        options = session().connection().get_execution_options()
        return "writes" if options.get("immediate") else "reads"

    @blueprint.get("/marked")
    @login_required
    @limited("60/hour")
    @writes
    def marked() -> str:
        return told()

    @blueprint.get("/plain")
    @login_required
    def plain() -> str:
        return told()

    lite_app.register_blueprint(blueprint)
    browser = Browser(lite_app, factories.account(lite_app, Role.BUYER))
    assert (browser.get("/marked").text, browser.get("/plain").text) == ("writes", "reads")
