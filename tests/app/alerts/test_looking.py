"""Who is told of which edition: once, by whatever alert, whenever a worker is killed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app import worker
from app.alerts import looking, service
from app.alerts.kinds import Rhythm
from app.core.clock import fixed_at
from app.core.permissions import Actor, Role
from app.market import market_of
from app.search.lists import Search
from tests.app.alerts.conftest import Readers
from tests.app.search.conftest import Shop, said
from tests.support import factories

WEDNESDAY = datetime(2026, 3, 4, 10, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


class Killed(BaseException):
    """The worker ends, as by a signal: nothing catches it."""


@pytest.mark.both_databases
def test_what_fits_is_told_once_and_nothing_from_before(readers: Readers) -> None:
    shop = readers.shop
    old = shop.edition(shop.collection(), wording=said("Bread and milk"))
    _, words = readers.follow(Search("breads"))
    _, topic = readers.follow(Search(topic="energy"))
    _, collection = readers.follow(Search(collection=old.collection_id))
    _, nothing = readers.follow(Search("cheese", people=5_000))
    bread = shop.edition(shop.collection(), wording=said("Bread"))
    energy = shop.edition(shop.collection(), topic="energy")
    again = shop.edition(old.collection_id, wording=said("Cheese"))
    for _ in range(3):
        readers.look()
    assert readers.told() == {words: [bread.id], topic: [energy.id], collection: [again.id]}
    assert nothing not in readers.told()
    assert len(readers.mail()) == 3
    more = shop.edition(shop.collection(), wording=said("Bread"), topic="energy")
    readers.look()
    assert readers.told()[words] == [bread.id, more.id]
    assert readers.told()[topic] == [energy.id, more.id]


def test_an_edition_that_fits_two_alerts_of_a_person_is_told_once(readers: Readers) -> None:
    shop = readers.shop
    with fixed_at(WEDNESDAY):
        who, weekly = readers.follow(Search(topic="energy"), Rhythm.WEEKLY)
        _, first = readers.follow(Search("bread"), who=who)
        with fixed_at(WEDNESDAY + timedelta(seconds=1)):
            readers.follow(Search("milk"), who=who)
        made = readers.published(
            WEDNESDAY,
            shop.edition(shop.collection(), topic="energy", wording=said("Bread and milk")),
        )
        other = readers.published(WEDNESDAY, shop.edition(shop.collection(), topic="energy"))
        readers.look()
    with fixed_at(MONDAY + timedelta(hours=9)):
        readers.look()
    assert readers.told() == {first: [made.id], weekly: [other.id]}


@pytest.mark.both_databases
def test_a_weekly_alert_is_one_e_mail_on_monday_morning(readers: Readers) -> None:
    shop = readers.shop
    with fixed_at(WEDNESDAY):
        _, weekly = readers.follow(Search(topic="energy"), Rhythm.WEEKLY)
    made = []
    for day in range(4):
        at = WEDNESDAY + timedelta(days=day)
        edition = shop.edition(shop.collection(), topic="energy")
        made.append(readers.published(at, edition).id)
        with fixed_at(at):
            readers.look()
    with fixed_at(MONDAY + timedelta(hours=6, minutes=55)):
        late = readers.published(MONDAY, shop.edition(shop.collection(), topic="energy"))
        readers.look()
        assert readers.told() == {}
    for hours in (7, 7.1, 30, 100):
        with fixed_at(MONDAY + timedelta(hours=hours)):
            readers.look()
            assert readers.told() == {weekly: made[::-1]}, "Monday's own are for the next"
            assert len(readers.mail()) == 1
    with fixed_at(MONDAY + timedelta(days=8)):
        readers.look()
        assert readers.told() == {weekly: [*made[::-1], late.id]}
        assert len(readers.mail()) == 2


def test_another_rhythm_misses_nothing_and_repeats_nothing(readers: Readers) -> None:
    shop = readers.shop

    def edition() -> int:
        made = shop.edition(shop.collection(), topic="energy")
        return readers.published(WEDNESDAY, made).id

    with fixed_at(WEDNESDAY):
        who, alert = readers.follow(Search(topic="energy"), Rhythm.WEEKLY)
        first = edition()
        readers.look()
        with shop.db.unit_of_work():
            service.change(who, alert, Rhythm.AT_ONCE)
        readers.look()
        assert readers.told() == {alert: [first]}
        with shop.db.unit_of_work():
            service.change(who, alert, Rhythm.WEEKLY)
        second = edition()
        readers.look()
    with fixed_at(MONDAY + timedelta(hours=8)):
        readers.look()
    assert readers.told() == {alert: [first, second]}


@pytest.mark.both_databases
def test_a_worker_killed_at_any_commit_tells_nobody_twice_and_forgets_nobody(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "TOGETHER", 2)
    shop = readers.shop
    followed = [readers.follow(Search("bread"))[1] for _ in range(5)]
    others = [readers.follow(Search("cheese"))[1] for _ in range(3)]
    made: list[int] = []
    for survived in range(8):
        made.append(shop.edition(shop.collection(), wording=said("Bread")).id)
        commits = Counter[str]()

        def kill(_unit: Any, *_: Any, after: int = survived, seen: Counter[str] = commits) -> None:
            seen["all"] += 1
            if seen["all"] > after:
                raise Killed

        engine = shop.db.engine
        event.listen(engine, "commit", kill)
        try:
            readers.look()
        except Killed:
            pass
        finally:
            event.remove(engine, "commit", kill)
        if survived % 2:
            readers.look()
    readers.look()
    told = readers.told()
    assert set(told) == set(followed)
    assert all(sorted(numbers) == made for numbers in told.values())
    assert not set(others) & set(told)


@pytest.mark.both_databases
def test_two_workers_that_look_at_the_same_time_tell_once(readers: Readers) -> None:
    shop = readers.shop
    followed = [readers.follow(Search("bread"))[1] for _ in range(4)]
    for _ in range(3):
        made = shop.edition(shop.collection(), wording=said("Bread"))
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(looking.look, shop.db) for _ in range(4)]:
                done.result()
        assert [numbers[-1] for numbers in readers.told().values()] == [made.id] * 4
    counted = Counter(n for numbers in readers.told().values() for n in numbers)
    assert set(counted.values()) == {len(followed)}


def test_many_new_editions_are_told_over_several_looks(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST", 3)
    monkeypatch.setattr(looking, "NAMED", 2)
    _, alert = readers.follow(Search())
    made = [readers.shop.edition(readers.shop.collection()).id for _ in range(7)]
    for _ in range(4):
        readers.look()
    # Two of three are named, and the third is counted.
    assert readers.told() == {alert: [made[2], made[1], made[5], made[4], made[6]]}
    assert sum("And 1 more." in text for text in readers.mail()) == 2


def test_a_look_compares_in_memory_and_asks_as_often_for_many_alerts_as_for_one(
    readers: Readers,
) -> None:
    """No search for an alert: more alerts that nothing fits cost no more queries."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def look() -> int:
        readers.shop.edition(readers.shop.collection(), wording=said("Milk"))
        asked.clear()
        event.listen(readers.shop.db.engine, "before_cursor_execute", note)
        readers.look()
        event.remove(readers.shop.db.engine, "before_cursor_execute", note)
        return sum(one.startswith("SELECT") for one in asked)

    who, _ = readers.follow(Search("cheese"))
    first = look()
    for n in range(service.MOST - 1):
        readers.follow(Search(f"cheese {n}"), who=who)
    assert look() == first
    assert not any("MATCH" in one for one in asked)


def test_what_was_taken_out_of_the_lists_and_what_was_ended_is_not_told(readers: Readers) -> None:
    shop = readers.shop
    reader, alert = readers.follow(Search("bread"))
    gone = shop.edition(shop.collection(), wording=said("Bread"))
    shop.remove(gone)
    readers.look()
    assert readers.told() == {}
    shop.remove(shop.edition(shop.collection(), wording=said("Bread")))
    later = shop.edition(shop.collection(), wording=said("Bread"))
    readers.look()
    shop.remove(later)
    assert readers.mail() == [], "taken down before it was sent"
    shop.edition(shop.collection(), wording=said("Bread"))
    readers.look()
    with shop.db.unit_of_work():
        service.end(reader, alert)
    assert readers.mail() == []


def test_a_release_that_is_measured_is_told_by_the_schedule(lite_app: Flask) -> None:
    """The whole path: published by the worker, found by the schedule's task, sent by a job."""
    first = factories.published(lite_app)
    readers = Readers(lite_app, Shop(market_of(lite_app).db, {}))
    reader: Actor = factories.account(lite_app, Role.BUYER)
    readers.follow(Search("lunches"), who=reader)
    made = factories.published(lite_app)
    (task,) = [
        task
        for task in worker.schedule(market_of(lite_app)).tasks
        if task.name == "tell of new editions"
    ]
    for _ in range(2):
        task.do()
    (letter,) = readers.mail()
    assert f"/catalogue/{made.edition_id}" in letter
    assert first.edition_id not in letter
