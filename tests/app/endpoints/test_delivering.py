"""Programs are told once of what happened, signed, until they take it; and the outcome is seen."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from standardwebhooks import Webhook, WebhookVerificationError

from app.core.clock import fixed_at, now
from app.core.db import new_id
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor, Role
from app.endpoints import delivering, events, queries, service
from app.endpoints.delivering import NotDelivered
from app.endpoints.kinds import Kind
from app.endpoints.sending import PORTS
from app.market import market_of
from app.releases import service as releases
from app.users import access_tokens
from app.users import service as users
from app.users.access_tokens import Scope
from tests.app.endpoints.conftest import Program
from tests.support import factories
from tests.support.browser import Browser

EVERYTHING = [Kind.PUBLISHED, Kind.WITHDRAWN, Kind.REFUNDED, Kind.EXPIRING]


def made(app: Flask, program: Program, kinds: list[Kind] = EVERYTHING) -> tuple[Actor, str]:
    buyer = factories.account(app, Role.BUYER)
    with market_of(app).db.unit_of_work():
        return buyer, service.make(buyer, program.url, kinds, (program.port,))


def waiting(app: Flask, buyer: Actor, endpoint_id: str) -> list[str]:
    with market_of(app).db.unit_of_work(write=False):
        return [
            one.id for one in queries.deliveries(buyer, endpoint_id) if one.delivered_at is None
        ]


def told(app: Flask, buyer: Actor, endpoint_id: str, program: Program) -> list[dict[str, object]]:
    """Send what waits, and return it as the program verified it."""
    db = market_of(app).db
    program.got.clear()
    for delivery in reversed(waiting(app, buyer, endpoint_id)):
        delivering.deliver(db, program.sender(), delivery)
    with db.unit_of_work(write=False):
        secret = queries.endpoint(buyer, endpoint_id).secret
    return [Webhook(secret).verify(body, headers) for _, headers, body in program.got]


def test_a_release_is_told_once_when_it_is_published_and_when_it_is_taken_down(
    lite_app: Flask, program: Program
) -> None:
    db = market_of(lite_app).db
    factories.published(lite_app)  # before anybody asked
    buyer, endpoint_id = made(lite_app, program)
    edition = factories.published(lite_app)
    for _ in range(2):
        delivering.look(db)
    (message,) = told(lite_app, buyer, endpoint_id, program)
    assert message["type"] == "edition.published"
    assert message["data"]["edition"] == edition.edition_id
    assert "people" not in json.dumps(message)
    with db.unit_of_work():
        releases.take_down(factories.account(lite_app, Role.OPERATOR), edition.edition_id, "why")
    for _ in range(2):
        delivering.look(db)
    (message,) = told(lite_app, buyer, endpoint_id, program)
    assert message["type"] == "edition.withdrawn"
    with db.unit_of_work(write=False):
        log = queries.deliveries(buyer, endpoint_id)
    assert [(one.status, one.attempts) for one in log] == [(204, 1)] * 2


def test_nothing_is_missed_where_many_releases_are_taken_down_at_the_same_time(
    lite_app: Flask, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = market_of(lite_app).db
    editions = {factories.published(lite_app).edition_id for _ in range(5)}
    buyer, endpoint_id = made(lite_app, program, [Kind.WITHDRAWN])
    monkeypatch.setattr(events, "MOST", 2)
    with fixed_at(now()), db.unit_of_work():
        operator = factories.account(lite_app, Role.OPERATOR)
        for edition in sorted(editions):
            releases.take_down(operator, edition, "why")
    delivering.look(db)
    gone = [message["data"] for message in told(lite_app, buyer, endpoint_id, program)]
    assert {one["edition"] for one in gone} == editions  # type: ignore[index]
    assert len(gone) == len(editions)


def test_a_token_is_told_of_once_a_week_before_it_ends_unless_it_was_ended(
    lite_app: Flask, program: Program
) -> None:
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program, [Kind.EXPIRING])
    with db.unit_of_work():
        kept = access_tokens.make(buyer, "notebook", frozenset({Scope.TABLES}), days=30)
        access_tokens.make(buyer, "ended", frozenset({Scope.TABLES}), days=30)
        gone = next(one for one in access_tokens.of_account(buyer) if one.name == "ended")
        access_tokens.end(buyer, gone.id)
    for days in (22, 23.1, 23.2):
        with fixed_at(now() + timedelta(days=days)):
            delivering.look(db)
            messages = told(lite_app, buyer, endpoint_id, program)
        assert len(messages) == (days == 23.1), days
        if messages:
            assert messages[0]["type"] == "token.expiring"
            data = messages[0]["data"]
            assert isinstance(data, dict)
            assert kept.startswith(data["token"])
            assert kept not in json.dumps(messages)


def test_only_what_was_asked_for_is_told(lite_app: Flask, program: Program) -> None:
    buyer, endpoint_id = made(lite_app, program, [Kind.REFUNDED])
    factories.published(lite_app)
    delivering.look(market_of(lite_app).db)
    assert waiting(lite_app, buyer, endpoint_id) == []


def asked(app: Flask, buyer: Actor, endpoint_id: str) -> str:
    """Have something told that is no test."""
    with market_of(app).db.unit_of_work():
        row = queries.own(buyer, endpoint_id)
        service.tell(row, Kind.REFUNDED, f"refund {new_id()}", {"order": "one"})
    return waiting(app, buyer, endpoint_id)[0]


def test_a_message_is_sent_again_until_it_is_taken_with_the_same_name(
    lite_app: Flask, program: Program
) -> None:
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program)
    delivery = asked(lite_app, buyer, endpoint_id)
    program.status, begun = 500, now()
    for hours in (0, 2):
        with fixed_at(begun + timedelta(hours=hours)), pytest.raises(NotDelivered):
            delivering.deliver(db, program.sender(), delivery)
    with db.unit_of_work(write=False):
        (seen,) = queries.deliveries(buyer, endpoint_id)
    assert (seen.status, seen.attempts, seen.delivered_at) == (500, 2, None)
    program.status = 200
    with fixed_at(begun + timedelta(hours=4)):
        for _ in range(2):
            delivering.deliver(db, program.sender(), delivery)
    names = [headers["webhook-id"] for _, headers, _ in program.got]
    assert names == [f"msg_{delivery}"] * 3, "once it is taken it is not sent again"


def test_what_fails_is_left_alone_longer_each_time_by_all_its_messages(
    lite_app: Flask, program: Program
) -> None:
    """Else a slow program and a few messages would keep a worker from all other work."""
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program)
    deliveries = [asked(lite_app, buyer, endpoint_id) for _ in range(5)]
    program.status, begun = 503, now()
    for second in range(0, 3_600, 10):
        with fixed_at(begun + timedelta(seconds=second)):
            with pytest.raises(NotDelivered):
                delivering.deliver(db, program.sender(), deliveries[second // 10 % 5])
    assert len(program.got) == 7, "at 0, 30, 90, 210, 450, 930 and 1890 seconds"
    program.status = 200
    with fixed_at(begun + timedelta(hours=2)):
        for delivery in deliveries:
            delivering.deliver(db, program.sender(), delivery)
    assert len(program.got) == 12


def test_a_test_is_tried_at_once_and_once_only(lite_app: Flask, program: Program) -> None:
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program)
    program.status = 500
    with pytest.raises(NotDelivered):
        delivering.deliver(db, program.sender(), asked(lite_app, buyer, endpoint_id))
    with db.unit_of_work():
        service.test(buyer, endpoint_id)
    delivering.deliver(db, program.sender(), waiting(lite_app, buyer, endpoint_id)[0])
    assert len(program.got) == 2


def test_what_answers_410_and_what_fails_for_days_is_stopped(
    lite_app: Flask, program: Program
) -> None:
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program)
    first, second = (asked(lite_app, buyer, endpoint_id) for _ in range(2))
    program.status = 410
    delivering.deliver(db, program.sender(), first)
    delivering.deliver(db, program.sender(), second)
    assert len(program.got) == 1
    with db.unit_of_work():
        assert queries.endpoint(buyer, endpoint_id).stopped == "gone"
        service.resume(buyer, endpoint_id)
    program.status, begun = 503, now()
    for hours, stopped in ((0, ""), (24, ""), (47, ""), (49, "silent")):
        with fixed_at(begun + timedelta(hours=hours)):
            try:
                delivering.deliver(db, program.sender(), second)
            except NotDelivered:
                assert not stopped
            with db.unit_of_work(write=False):
                assert queries.endpoint(buyer, endpoint_id).stopped == stopped
    program.got.clear()
    factories.published(lite_app)
    delivering.look(db)
    assert {*waiting(lite_app, buyer, endpoint_id)} == {first, second}, "nothing new is told"


def test_a_suspended_account_is_told_nothing(lite_app: Flask, program: Program) -> None:
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program)
    delivery = asked(lite_app, buyer, endpoint_id)
    with db.unit_of_work():
        users.suspend(factories.account(lite_app, Role.OPERATOR), buyer.user_id, "for a test")
    delivering.deliver(db, program.sender(), delivery)
    assert program.got == []


def test_a_new_secret_signs_at_once_and_the_old_one_for_a_day_more(
    lite_app: Flask, program: Program
) -> None:
    db = market_of(lite_app).db
    buyer, endpoint_id = made(lite_app, program)
    with db.unit_of_work():
        old = queries.endpoint(buyer, endpoint_id).secret
        service.replace_secret(buyer, endpoint_id)
        new = queries.endpoint(buyer, endpoint_id).secret
        service.test(buyer, endpoint_id)
    assert old != new
    told(lite_app, buyer, endpoint_id, program)
    ((_, headers, body),) = program.got
    for secret in (old, new):
        Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)
    with db.unit_of_work():
        service.test(buyer, endpoint_id)
    with fixed_at(now() + timedelta(days=1, minutes=1)):
        told(lite_app, buyer, endpoint_id, program)
    ((_, headers, body),) = program.got
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


def test_nobody_reaches_anothers_endpoint_and_all_are_forgotten_with_the_account(
    lite_app: Flask, program: Program
) -> None:
    db = market_of(lite_app).db
    _, endpoint_id = made(lite_app, program)
    stranger, mine = made(lite_app, program)
    with db.unit_of_work():
        for act in (service.test, service.remove, service.replace_secret, service.resume):
            with pytest.raises(NotFound):
                act(stranger, endpoint_id)
        service.test(stranger, mine)
        service.forget(stranger.user_id)
        assert queries.of_account(stranger) == ()


def test_an_account_has_a_few_and_each_is_told_something(lite_app: Flask) -> None:
    buyer = factories.account(lite_app, Role.BUYER)
    with market_of(lite_app).db.unit_of_work():
        with pytest.raises(Invalid):
            service.make(buyer, "https://example.org/", [], PORTS)
        with pytest.raises(Invalid):
            service.make(buyer, "https://localhost/", [Kind.TEST], PORTS)
        for n in range(service.MOST):
            service.make(buyer, f"https://example.org/{n}", EVERYTHING, PORTS)
        with pytest.raises(Conflict):
            service.make(buyer, "https://example.org/more", EVERYTHING, PORTS)


def test_the_page_shows_what_became_of_each_message(lite_app: Flask, program: Program) -> None:
    buyer = factories.account(lite_app, Role.BUYER)
    browser = Browser(lite_app, buyer)
    wrong = browser.post("/account/webhooks", {"url": "http://example.org", "kinds": ["test"]})
    assert wrong.status_code == 422
    told = browser.post(
        "/account/webhooks", {"url": "https://example.org/told", "kinds": ["edition.published"]}
    )
    page = told.headers["Location"]
    assert "whsec_" in browser.get(page).text
    for act in ("test", "secret"):
        assert browser.post(page, {"do": act}).status_code == 302
    text = browser.get(page).text
    assert "on its way" in text
    assert "The secret before signs, too" in text
    assert browser.post(page, {"do": "nothing"}).status_code == 404
    assert browser.post(page, {"do": "remove"}).headers["Location"] == "/account/webhooks"
    assert browser.get(page).status_code == 404
