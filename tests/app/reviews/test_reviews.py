"""Buyers say how useful a collection is: once, unnamed, and read before it is shown."""

import pytest

from app.collections import queries as collections
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import Actor, Role
from app.reviews import queries, service
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, published

SAID = "Clear tables, and the noise is told."


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return published(trade.app)


@pytest.fixture
def buyer(trade: Trade, made: factories.Published) -> Actor:
    return buys(trade, made)


def buys(trade: Trade, made: factories.Published) -> Actor:
    somebody = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        key = made.keys()[0]
    trade.bought(somebody, [key])
    return somebody


def written(trade: Trade, buyer: Actor, made: factories.Published, useful: int = 4) -> str:
    with trade.db.unit_of_work():
        service.write(buyer, made.edition_id, useful, SAID)
        (own,) = queries.written_by(buyer.user_id)
        return own.id


def seen(trade: Trade, made: factories.Published, actor: Actor) -> queries.Reviews:
    with trade.db.unit_of_work(write=False):
        return queries.of_collection(collections.rules(made.collection_id), actor)


def test_only_who_bought_writes_and_only_once(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    stranger = factories.account(trade.app, Role.BUYER)
    with pytest.raises(Forbidden), trade.db.unit_of_work():
        service.write(stranger, made.edition_id, 5, SAID)
    for useful, text in ((0, SAID), (6, SAID), (3, "short"), (3, "x" * 1_001)):
        with pytest.raises(Invalid), trade.db.unit_of_work():
            service.write(buyer, made.edition_id, useful, text)
    assert seen(trade, made, buyer).may_write
    assert not seen(trade, made, stranger).may_write
    written(trade, buyer, made)
    assert not seen(trade, made, buyer).may_write
    with pytest.raises(Conflict), trade.db.unit_of_work():
        service.write(buyer, made.edition_id, 1, SAID)


def test_nobody_sees_it_before_an_operator_read_it_and_nobody_its_writers_name(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    review_id = written(trade, buyer, made)
    operator = factories.account(trade.app, Role.OPERATOR)
    assert seen(trade, made, made.producer).count == 0
    for other in (buyer, made.producer):
        with pytest.raises((Forbidden, NotFound)), trade.db.unit_of_work():
            service.decide(other, review_id, show=True)
    with pytest.raises(NotFound), trade.db.unit_of_work():
        service.answer(made.producer, review_id, "Thank you very much.")
    with trade.db.unit_of_work():
        service.decide(operator, review_id, show=True)
    with pytest.raises(Forbidden), trade.db.unit_of_work():
        service.answer(operator, review_id, "In the founder's name.")
    with trade.db.unit_of_work():
        service.answer(made.producer, review_id, "Thank you very much.")
    with pytest.raises(Conflict), trade.db.unit_of_work():
        service.answer(made.producer, review_id, "And once more.")
    text = Browser(trade.app).get(f"/catalogue/{made.edition_id}").text
    assert SAID in text
    assert "Thank you very much." in text
    assert buyer.user_id not in text
    with trade.db.unit_of_work():
        service.decide(operator, review_id, show=False)
    assert seen(trade, made, made.producer).count == 0


def test_a_mean_is_told_of_three_at_least(trade: Trade, made: factories.Published) -> None:
    operator = factories.account(trade.app, Role.OPERATOR)
    for count, useful in enumerate((5, 4, 3), 1):
        review_id = written(trade, buys(trade, made), made, useful)
        with trade.db.unit_of_work():
            service.decide(operator, review_id, show=True)
        found = seen(trade, made, operator)
        assert (found.count, found.mean) == (count, 4.0 if count == 3 else None)


def test_it_goes_with_the_account(trade: Trade, made: factories.Published, buyer: Actor) -> None:
    written(trade, buyer, made)
    with trade.db.unit_of_work():
        service.forget(buyer.user_id)
        assert queries.written_by(buyer.user_id) == ()


def test_it_is_written_decided_and_answered_on_pages(
    trade: Trade, made: factories.Published, buyer: Actor
) -> None:
    page = f"/catalogue/{made.edition_id}"
    browser = Browser(trade.app, buyer)
    assert "Write a review" in browser.get(page).text
    browser.post(f"{page}/review", {"useful": "4", "text": SAID})
    with trade.db.unit_of_work(write=False):
        (own,) = queries.written_by(buyer.user_id)
    browser = Browser(trade.app, buyer)
    assert "waits until an operator has read it" in browser.get(page).text
