"""Questions about an edition: who is told, what stays unknown, and that nobody asks without end."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from flask import Flask

from app.core.clock import fixed_at, now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor, Role
from app.core.written import LONGEST
from app.datasets.service import checking
from app.market import market_of
from app.notices import letters
from app.notices import queries as notices
from app.notices.events import notices as told
from app.notices.kinds import Kind
from app.questions import queries, service
from app.rights import export
from app.rights import service as rights
from app.users import queries as users
from tests.support import factories
from tests.support.browser import Browser

TEXT = "Were trips abroad counted, too?"
ANSWER = "No: only those within the country."


class Made:
    """An edition, who may answer, and who asks."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, market_of(app).db
        made = factories.published(app)
        self.edition_id, self.founder = made.edition_id, made.producer
        self.operator = factories.account(app, Role.OPERATOR)
        self.asker = factories.account(app, Role.BUYER, name="curious")
        self.other = factories.account(app, Role.PRODUCER, Role.BUYER)

    def ask(self, who: Actor | None = None, text: str = TEXT) -> str:
        with self.db.unit_of_work():
            return service.ask(who or self.asker, self.edition_id, text)

    def answer(self, who: Actor, question_id: str) -> None:
        with self.db.unit_of_work():
            service.answer(who, question_id, ANSWER)

    def kinds(self, who: Actor) -> list[Kind]:
        with self.db.unit_of_work(write=False):
            since = now() - timedelta(days=1)
            kept = (Kind.ASKED, Kind.ANSWERED)
            return [each.kind for each in told(who, since) if each.kind in kept]

    def letter(self, who: Actor) -> str:
        """Text of the e-mail of today, empty where there is none."""
        payload = {"user": who.user_id, "day": f"{now():%Y-%m-%d}"}
        with self.app.app_context(), self.db.unit_of_work(write=False):
            made = letters.compose(payload, "https://example.org")
        return "" if made is None else json.dumps(made.values)


@pytest.fixture
def made(lite_app: Flask) -> Made:
    return Made(lite_app)


def test_a_question_goes_from_the_page_to_founder_and_operator_and_its_answer_back(
    made: Made,
) -> None:
    asker = Browser(made.app, made.asker)
    page = asker.get(f"/catalogue/{made.edition_id}").text
    assert f'action="/catalogue/{made.edition_id}/question"' in page
    sent = asker.post(f"/catalogue/{made.edition_id}/question", {"text": TEXT})
    assert sent.status_code == 302
    assert "Your question is sent" in asker.get(f"/catalogue/{made.edition_id}").text
    assert "waits for an answer" in asker.get("/questions").text
    for who in (made.founder, made.operator):
        assert TEXT in Browser(made.app, who).get("/questions").text
    with made.db.unit_of_work(write=False):
        (question,) = queries.asked_by(made.asker.user_id)
    founder = Browser(made.app, made.founder)
    assert founder.post(f"/questions/{question.id}/answer", {"text": ANSWER}).status_code == 302
    assert ANSWER in asker.get("/questions").text


def test_everybody_concerned_is_told_in_the_product_and_by_e_mail(made: Made) -> None:
    question_id = made.ask()
    for who in (made.founder, made.operator):
        assert made.kinds(who) == [Kind.ASKED]
        assert "somebody asks about this edition" in made.letter(who)
    for who in (made.asker, made.other):
        assert made.kinds(who) == []
        assert made.letter(who) == ""
    assert "News (1)" in Browser(made.app, made.operator).get("/catalogue").text
    made.answer(made.operator, question_id)
    assert made.kinds(made.asker) == [Kind.ANSWERED]
    assert "was answered" in made.letter(made.asker)
    assert made.kinds(made.founder) == []
    asker = Browser(made.app, made.asker)
    assert "News (1)" in asker.get("/catalogue").text
    asker.get("/notices")
    assert "News (1)" not in asker.get("/catalogue").text


def test_the_day_s_e_mails_go_to_those_concerned_alone(made: Made) -> None:
    question_id = made.ask()
    day = now() - timedelta(hours=1), now() + timedelta(hours=1)
    with made.db.unit_of_work(write=False):
        assert queries.concerned(*day) == {made.founder.user_id, made.operator.user_id}
        assert queries.concerned(day[1], day[1] + timedelta(days=1)) == frozenset()
    made.answer(made.founder, question_id)
    with made.db.unit_of_work(write=False):
        assert made.asker.user_id in queries.concerned(*day)
        assert made.other.user_id not in queries.concerned(*day)
        assert notices.unseen(made.other) == 0


def test_nobody_learns_who_asks_or_who_answers(made: Made) -> None:
    question_id = made.ask()
    with made.db.unit_of_work(write=False):
        names = {
            who: (users.address_of(who.user_id), users.display_name(who.user_id), who.user_id)
            for who in (made.asker, made.founder, made.operator)
        }
    page = Browser(made.app, made.founder).get("/questions").text
    assert TEXT in page
    assert not [name for name in (*names[made.asker], made.asker.user_id[:8]) if name in page]
    assert not [name for name in names[made.asker] if name in made.letter(made.founder)]
    made.answer(made.founder, question_id)
    page = Browser(made.app, made.asker).get("/questions").text
    hidden = (names[made.founder][0], names[made.founder][2], names[made.operator][0])
    assert not [name for name in hidden if name in page]


def test_a_stranger_answers_nothing_and_reads_nothing(made: Made) -> None:
    question_id = made.ask()
    for who in (made.other, made.asker):
        with pytest.raises(NotFound):
            made.answer(who, question_id)
    assert TEXT not in Browser(made.app, made.other).get("/questions").text


def test_a_question_is_answered_once(made: Made) -> None:
    question_id = made.ask()
    made.answer(made.founder, question_id)
    with pytest.raises(Conflict):
        made.answer(made.operator, question_id)


def test_no_number_of_new_questions_hides_one_that_waits(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    start, asked = now(), []
    for minutes in range(4):
        with fixed_at(start + timedelta(minutes=minutes)):
            asked.append(made.ask())
    made.answer(made.founder, asked[0])
    with made.db.unit_of_work(write=False):
        assert [one.id for one in queries.asked_of(made.founder)] == asked[1:3]
        assert [one.id for one in queries.asked_by(made.asker.user_id)] == asked[:1:-1]


@pytest.mark.parametrize("text", ["", "   short ", "x" * (LONGEST + 1)])
def test_a_text_that_is_too_short_or_too_long_is_kept_on_the_page_and_not_sent(
    made: Made, text: str
) -> None:
    asker = Browser(made.app, made.asker)
    answer = asker.post(f"/catalogue/{made.edition_id}/question", {"text": text})
    assert answer.status_code == 422
    assert "Your question was not sent" in answer.text
    assert text.strip() in answer.text
    with made.db.unit_of_work(write=False):
        assert queries.asked_by(made.asker.user_id) == ()


def test_five_questions_a_day_are_enough(made: Made) -> None:
    for _ in range(service.MOST_A_DAY):
        made.ask()
    with pytest.raises(Conflict):
        made.ask()
    made.ask(made.other)
    with fixed_at(now() + timedelta(days=1, minutes=1)):
        made.ask()


def test_an_address_that_was_not_confirmed_asks_nothing(made: Made) -> None:
    with pytest.raises(Invalid):
        made.ask(factories.account(made.app, Role.BUYER, verified=False))


def test_nothing_is_asked_about_what_is_not_released(made: Made) -> None:
    made.edition_id = "0" * 32
    with pytest.raises(NotFound):
        made.ask()


def test_a_visitor_is_asked_to_sign_in(made: Made) -> None:
    page = Browser(made.app).get(f"/catalogue/{made.edition_id}").text
    assert "Sign in to ask" in page
    assert "<textarea" not in page


def test_questions_leave_with_whoever_asked_and_answers_lose_their_writer(made: Made) -> None:
    question_id = made.ask()
    made.answer(made.operator, question_id)
    doors = checking(market_of(made.app))
    sink = io.BytesIO()
    with made.db.unit_of_work(write=False):
        export.archive(made.asker, doors, sink, lambda _: None)
    account = json.loads(zipfile.ZipFile(sink).read("account.json"))
    assert [(q["asked"], q["answer"]) for q in account["questions"]] == [(TEXT, ANSWER)]
    with made.db.unit_of_work():
        service.forget(made.operator.user_id)
        assert queries.asked_by(made.asker.user_id)[0].answer == ANSWER
        rights.erase_account(made.asker, doors, "ab" * 32, waive=True)
        assert queries.asked_by(made.asker.user_id) == ()
