"""Published price books: written once, one after the other, by operators alone."""

import dataclasses
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.core import audit
from app.core.db import Database, session
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import SYSTEM, Role
from app.prices import queries, service
from app.prices.errors import BookRefused, Superseded, VersionTaken
from pricing.price_book import DEFAULT_BOOK, SECOND_BOOK
from tests.support import factories

pytestmark = pytest.mark.both_databases

SECOND = dataclasses.replace(DEFAULT_BOOK, version="2026-4", floor_micros=700_000)
THIRD = dataclasses.replace(DEFAULT_BOOK, version="2026-5", fixed_micros=900_000)


def test_a_new_market_starts_with_the_default_book(db: Database) -> None:
    with db.unit_of_work(write=False):
        assert queries.in_force() == queries.book("2026-3") == DEFAULT_BOOK
        newest, second, first = queries.versions()
    assert (newest.number, newest.published_by) == (3, None)
    assert "measured by their cells" in newest.note
    # Offers made under the books before are still worked out by them.
    assert (second.number, second.book) == (2, SECOND_BOOK)
    assert "contributors earn more" in second.note
    # The book that prices were quoted from before books were kept here.
    assert (first.number, first.book.version, first.note) == (1, "2026-1", "")


def test_a_published_book_is_in_force_and_the_old_one_stays(app: Flask, db: Database) -> None:
    operator = factories.account(app, Role.OPERATOR)
    with db.unit_of_work():
        service.publish(operator, SECOND, " more for contributors ", based_on="2026-3")
        assert queries.in_force() == SECOND
    with db.unit_of_work(write=False):
        assert queries.in_force() == SECOND
        assert queries.book("2026-3") == DEFAULT_BOOK
        newest, before, *_ = queries.versions()
        line = audit.lines_about(operator.user_id)[0]
        assert audit.broken_at() is None
    assert (newest.number, newest.note) == (4, "more for contributors")
    assert newest.published_by == operator.user_id
    assert newest.published_at > before.published_at
    assert (line.action, line.object_id) == ("publish-price-book", "2026-4")


def test_what_is_written_reads_back_to_the_last_digit(app: Flask, db: Database) -> None:
    odd = dataclasses.replace(SECOND, base=0.1 + 0.2, rarity_lambda=1 / 3, detail=(0.7, 1e-3))
    with db.unit_of_work():
        service.publish(SYSTEM, odd, "", based_on="2026-3")
    with db.unit_of_work(write=False):
        assert queries.book("2026-4") == odd


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE price_book SET content = '{}'",
        "UPDATE price_book SET number = number + 1",
        "DELETE FROM price_book",
    ],
)
def test_the_database_refuses_to_change_what_was_published(db: Database, statement: str) -> None:
    with pytest.raises(DatabaseError), db.unit_of_work():
        session().execute(text(statement))
    with db.unit_of_work(write=False):
        assert queries.in_force() == DEFAULT_BOOK


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRODUCER])
def test_others_publish_nothing(app: Flask, db: Database, role: Role) -> None:
    somebody = factories.account(app, role)
    with db.unit_of_work(), pytest.raises(Forbidden):
        service.publish(somebody, SECOND, "", based_on="2026-3")


def test_a_name_is_given_once(db: Database) -> None:
    with db.unit_of_work():
        service.publish(SYSTEM, SECOND, "", based_on="2026-3")
        with pytest.raises(VersionTaken, match="another name"):
            service.publish(SYSTEM, SECOND, "", based_on="2026-4")
        with pytest.raises(VersionTaken):
            service.publish(SYSTEM, DEFAULT_BOOK, "", based_on="2026-4")


def test_a_book_drawn_up_from_an_older_one_is_refused(db: Database) -> None:
    with db.unit_of_work():
        service.publish(SYSTEM, SECOND, "", based_on="2026-3")
        with pytest.raises(Superseded) as caught:
            service.publish(SYSTEM, THIRD, "", based_on="2026-3")
        assert "2026-4 came into force" in caught.value.user_message
        assert isinstance(caught.value, Conflict)
        assert queries.in_force() == SECOND


def test_of_two_operators_at_once_one_publishes(app: Flask, db: Database) -> None:
    """SQLite lets one write at a time; PostgreSQL lets both look, and refuses the second."""
    operators = [factories.account(app, Role.OPERATOR) for _ in range(2)]
    together = Barrier(2)
    outcomes: list[str] = []

    def publish(number: int) -> None:
        book = (SECOND, THIRD)[number]
        together.wait()
        try:
            with app.app_context(), db.unit_of_work():
                service.publish(operators[number], book, "", based_on="2026-3")
            outcomes.append("published")
        except Superseded as error:
            outcomes.append(type(error).__name__)

    threads = [Thread(target=publish, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Superseded", "published"]
    with db.unit_of_work(write=False):
        assert [view.number for view in queries.versions()] == [4, 3, 2, 1]
        assert audit.broken_at() is None


def test_the_race_is_decided_by_the_database(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who looked before the other published, and writes after."""
    with db.unit_of_work(write=False):
        looked = queries.newest()
    with db.unit_of_work():
        service.publish(SYSTEM, SECOND, "", based_on="2026-3")
    with db.unit_of_work(), monkeypatch.context() as stale:
        stale.setattr(queries, "newest", lambda: looked)
        stale.setattr(queries, "versions", lambda: (looked,))
        stale.setattr(queries, "in_force", lambda: SECOND)
        with pytest.raises(Superseded) as caught:
            service.publish(SYSTEM, THIRD, "", based_on="2026-3")
        assert "2026-4 came into force" in caught.value.user_message
    with db.unit_of_work(write=False):
        assert len(queries.versions()) == 4


def test_the_currency_stays(db: Database) -> None:
    dollars = dataclasses.replace(SECOND, currency="USD")
    with db.unit_of_work(), pytest.raises(Invalid) as caught:
        service.publish(SYSTEM, dollars, "", based_on="2026-3")
    assert "trades in EUR" in caught.value.user_message


@pytest.mark.parametrize("name", ["x" * 21, "a/b", "-1", "two words", "é"])
def test_a_name_fits_into_an_address(db: Database, name: str) -> None:
    odd = dataclasses.replace(SECOND, version=name)
    with db.unit_of_work(), pytest.raises(BookRefused, match="such as 2026-2"):
        service.publish(SYSTEM, odd, "", based_on="2026-3")


def test_a_book_that_breaks_the_rules_is_refused_in_words() -> None:
    steep = {**DEFAULT_BOOK.to_dict(), "curve": [[0, 0], [10, 10], [20, 40]]}
    with pytest.raises(BookRefused) as caught:
        service.draw_up(steep)
    assert "never steepens" in caught.value.user_message
    assert service.draw_up(DEFAULT_BOOK.to_dict()) == DEFAULT_BOOK


def test_an_unknown_book_is_not_found(db: Database) -> None:
    with db.unit_of_work(write=False), pytest.raises(NotFound):
        queries.book("1999-1")
