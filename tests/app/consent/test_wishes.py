import pytest
from flask import Flask

from app.collections.rules import Purpose
from app.consent import queries, service
from app.core.permissions import Role
from app.market import market_of
from tests.support import factories


def test_the_wishes_of_many_are_those_of_each(
    lite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked some at a time: the same answers, whoever stands beside whom."""
    monkeypatch.setattr(queries, "AT_ONCE", 2)
    people = [factories.account(lite_app, Role.PRODUCER) for _ in range(5)]
    wanted = [{Purpose.RESEARCH}, set(Purpose), set(), {Purpose.PUBLIC}, set()]
    with market_of(lite_app).db.unit_of_work():
        for person, purposes in zip(people, wanted, strict=True):
            service.decide(person, frozenset(Purpose))
            service.decide(person, frozenset(purposes))
        service.pause(people[1], True)
        service.pause(people[2], True)
        service.pause(people[2], False)
        found = queries.wishes({person.user_id for person in people})
        for person, purposes in zip(people, wanted, strict=True):
            mine = found[person.user_id]
            assert mine.granted == queries.granted(person.user_id) == frozenset(purposes)
            assert mine.paused == queries.choices(person.user_id).paused
    assert [found[p.user_id].paused for p in people] == [False, True, False, False, False]
