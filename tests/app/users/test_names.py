import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from app.market import market_of
from app.users import service
from app.users.names import BadName
from tests.support import factories
from tests.support.browser import Browser


def rename(app: Flask, who: Actor, name: str) -> None:
    with market_of(app).db.unit_of_work():
        service.change_profile(who, name, "en", {Role.PRODUCER})


@pytest.mark.parametrize("name", ["Anna\u202enitraM", "Anna\u200b", "Anna\x07", "\ue000"])
def test_a_name_hides_nothing(lite_app: Flask, name: str) -> None:
    who = factories.account(lite_app, Role.PRODUCER)
    with pytest.raises(BadName, match="hidden"):
        rename(lite_app, who, name)
    fields = {"display_name": name, "email": "new@example.org", "producer": "y"}
    page = Browser(lite_app).post("/signup", {**fields, "password": factories.PASSWORD})
    assert page.status_code in (200, 422)
    assert "Look into your mailbox" not in page.text


def test_nobody_takes_the_name_of_whoever_runs_the_market(lite_app: Flask) -> None:
    operator = factories.account(lite_app, Role.OPERATOR, name="Market Office")
    who = factories.account(lite_app, Role.PRODUCER)
    for name in ("Market Office", "market-office", "Ｍarket  Office"):
        with pytest.raises(BadName, match="runs the market"):
            rename(lite_app, who, name)
    rename(lite_app, who, "Market Officer")
    with market_of(lite_app).db.unit_of_work():
        service.change_profile(operator, "Market Office", "en", set())
