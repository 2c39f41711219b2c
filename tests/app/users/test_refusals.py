import pytest
from flask import Flask
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser


def lines(app: Flask) -> list[tuple[str, str, str]]:
    with market_of(app).db.unit_of_work(write=False) as s:
        chosen = select(AuditEntry).where(AuditEntry.object_kind == "page")
        return [(e.actor_id, e.action, e.object_id) for e in s.scalars(chosen)]


@pytest.mark.both_databases
def test_a_refusal_of_somebody_who_is_signed_in_is_in_the_audit_log_once_an_hour(
    app: Flask,
) -> None:
    buyer = factories.account(app, Role.BUYER)
    browser = Browser(app, buyer)
    for _ in range(3):
        assert browser.get("/operator").status_code == 403
    assert lines(app) == [(buyer.user_id, "refused", "operator.overview")]
    assert browser.get("/datasets/").status_code == 403
    assert len(lines(app)) == 2


def test_a_visitor_writes_nothing_by_being_refused(lite_app: Flask) -> None:
    Browser(lite_app).post("/login", {"email": "a@b.example", "password": "wrong"})
    assert Browser(lite_app).get("/operator").status_code in (302, 403)
    assert lines(lite_app) == []
