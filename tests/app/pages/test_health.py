from flask import Flask
from sqlalchemy import text

from app.market import market_of
from tests.support.browser import Browser


def test_alive_and_ready(lite_app: Flask) -> None:
    browser = Browser(lite_app)
    assert browser.get("/healthz").json == {"status": "alive"}
    ready = browser.get("/readyz")
    assert (ready.status_code, ready.json) == (200, {"database": True, "vault": True})


def test_not_ready_without_the_database(lite_app: Flask) -> None:
    with market_of(lite_app).db.unit_of_work() as s:
        s.execute(text("DROP TABLE alembic_version"))
    ready = Browser(lite_app).get("/readyz")
    assert (ready.status_code, ready.json["database"]) == (503, False)


def test_a_missing_page_is_told_in_both_languages(lite_app: Flask) -> None:
    for language, said in (("en", "There is no such page"), ("fr", "page")):
        answer = Browser(lite_app).get("/nowhere", headers={"Accept-Language": language})
        assert answer.status_code == 404
        assert f'<html lang="{language}"' in answer.text
        assert said in answer.text
