"""From the choice to "it is in": four screens, without scripts."""

import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select

from app.contributions import cells, queries, reading, service, views, waiting
from app.contributions.reading import Reader
from app.core.db import session
from app.core.permissions import Actor, Role
from app.datasets.models import Dataset
from app.datasets.service import checking
from app.market import market_of
from app.releases.periods import open_period
from app.users import queries as users
from app.users import service as users_service
from app.web.filters import month
from pricing.money import Money
from tests.support import factories
from tests.support.browser import Browser
from tests.support.inbox import read_mail

MARKER = "ZZCANARYZZ"


def plays(month: str, count: int = 40) -> bytes:
    """A Spotify export of one month: half an hour a day, at nine in the morning."""
    first = datetime.fromisoformat(f"{month}-01T08:00:00+00:00")
    rows = [
        {
            "endTime": f"{first + timedelta(days=n % 28, minutes=30):%Y-%m-%d %H:%M}",
            "artistName": MARKER,
            "trackName": f"{MARKER} {n}",
            "msPlayed": 1_800_000,
        }
        for n in range(min(count, 28))
    ]
    return json.dumps(rows).encode()


def files(*contents: bytes) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(each), f"{MARKER}{n}.json") for n, each in enumerate(contents)]


def sent(browser: Browser, *contents: bytes, **answers: str) -> Any:
    data = {"file": files(*contents), **answers}
    return browser.post("/give/spotify", data, content_type="multipart/form-data")


def places(page: str) -> list[str]:
    return re.findall(r'name="place" value="([^"]+)"', page)


def test_a_visitor_gives_a_month_in_four_screens_and_signs_up_at_the_end(open_app: Flask) -> None:
    browser = Browser(open_app)
    assert "/give/spotify" in browser.get("/give").text
    first = browser.get("/give/spotify")
    assert first.status_code == 200
    answer = sent(browser, plays(open_period()))
    assert answer.headers["Location"] == "/giving/look"
    second = browser.get("/giving/look").text
    assert "This is what would be kept" in second
    assert MARKER not in second
    every = places(second)
    assert every
    assert "Choose one of the two" in browser.post("/giving/look", {"place": every}).text
    agreed = {"place": every, "keep": every, "level": "everything"}
    assert browser.post("/giving/look", agreed).headers["Location"] == "/giving/account"
    assert "Last step" in browser.get("/giving/account").text
    who = {"email": "new.person@people.example", "password": factories.PASSWORD}
    assert browser.post("/giving/account", who).headers["Location"] == "/giving/done"
    assert "One click left" in browser.get("/giving/done").text
    with market_of(open_app).db.unit_of_work():
        view = users.by_email(who["email"])
        assert view is not None
        # Not before the address is confirmed.
        assert waiting_of(view.actor) == []
        users_service.mark_verified(SYSTEM_OPERATOR, view.id)
    service.offer_due(checking(market_of(open_app)))
    with market_of(open_app).db.unit_of_work(write=False):
        assert waiting_of(view.actor) == [("listed", open_period())] * 2


def test_what_was_given_before_the_address_was_confirmed_is_in_with_the_click(
    open_app: Flask,
) -> None:
    browser = Browser(open_app)
    sent(browser, plays(open_period()))
    every = places(browser.get("/giving/look").text)
    browser.post("/giving/look", {"place": every, "keep": every, "level": "everything"})
    who = {"email": "new.person@people.example", "password": factories.PASSWORD}
    browser.post("/giving/account", who)
    factories.run_jobs(open_app)
    ((said, _),) = read_mail(market_of(open_app).settings.instance / "mail")
    link = re.search(r"/verify/\S+", said)
    assert link is not None
    assert browser.post("/login", who).status_code == 302
    assert "waits for your e-mail confirmation" in browser.get("/my-traces").text
    browser.get(link[0])
    page = browser.get("/my-traces").text
    assert "waits for your e-mail confirmation" not in page
    assert page.count(f"{month(open_period())} is in") == 2
    # The link again changes nothing.
    browser.get(link[0])
    with market_of(open_app).db.unit_of_work(write=False):
        view = users.by_email(who["email"])
        assert view is not None
        assert waiting_of(view.actor).count(("listed", open_period())) == 2


SYSTEM_OPERATOR = Actor("system", frozenset({Role.OPERATOR}))


def waiting_of(who: Actor) -> list[tuple[str, str]]:
    rows = session().scalars(select(Dataset).where(Dataset.producer_id == who.user_id))
    return [(row.state, row.period) for row in rows]


@pytest.fixture
def person(open_app: Flask) -> Actor:
    return factories.account(open_app, Role.PRODUCER)


def give(app: Flask, who: Actor, *contents: bytes, drop: tuple[str, ...] = ()) -> Browser:
    browser = Browser(app, who)
    assert sent(browser, *contents).status_code == 302
    every = places(browser.get("/giving/look").text)
    kept = [each for each in every if each not in drop]
    fields = {"place": every, "keep": kept, "level": "everything"}
    assert browser.post("/giving/look", fields).headers["Location"] == "/giving/done"
    assert "It is in" in browser.get("/giving/done").text
    return browser


def test_somebody_with_an_account_signs_in_at_the_end_and_is_told_to_press_once_more(
    open_app: Flask, person: Actor
) -> None:
    browser = Browser(open_app)
    sent(browser, plays(open_period()))
    every = places(browser.get("/giving/look").text)
    browser.post("/giving/look", {"place": every, "keep": every, "level": "research"})
    assert "press once more to finish" in browser.get("/giving/account").text
    with market_of(open_app).db.unit_of_work(write=False):
        view = users.user(person.user_id)
    assert view is not None
    answer = browser.post(
        "/login?next=/giving/account", {"email": view.email, "password": factories.PASSWORD}
    )
    assert answer.headers["Location"] == "/giving/account"
    page = browser.get("/giving/account").text
    assert f"You are signed in as {view.email}. Press once more" in page
    # Nothing is given to an account before that: somebody else may have signed in meanwhile.
    with market_of(open_app).db.unit_of_work(write=False):
        assert not queries.gives(person, "listening")
    assert browser.post("/giving/account").headers["Location"] == "/giving/done"
    with market_of(open_app).db.unit_of_work(write=False):
        assert queries.gives(person, "listening")


def test_somebody_who_is_signed_in_gives_in_three(open_app: Flask, person: Actor) -> None:
    browser = give(open_app, person, plays(open_period()))
    page = browser.get("/my-traces").text
    assert f"{month(open_period())} is in" in page
    own = browser.get("/my-traces/listening").text
    assert "Your own numbers" in own
    assert MARKER not in own


def test_a_line_that_was_taken_out_is_nowhere(open_app: Flask, person: Actor) -> None:
    gone = "listening/weekday/09-12"
    give(open_app, person, plays(open_period()), drop=(gone,))
    with market_of(open_app).db.unit_of_work(write=False):
        months = service.trace(person, checking(market_of(open_app)), "listening")
    values = {cell.values for each in months.values() for cell in each}
    assert ("weekday", "09-12") not in values
    assert values


def test_a_second_import_of_a_month_replaces_the_first(open_app: Flask, person: Actor) -> None:
    give(open_app, person, plays(open_period(), 28))
    give(open_app, person, plays(open_period(), 4))
    with market_of(open_app).db.unit_of_work(write=False):
        states = sorted(waiting_of(person))
    assert [each for each in states if each[0] == "listed"] == [("listed", open_period())] * 2
    assert len(states) == 4


def test_a_month_is_skipped_given_after_all_stopped_and_erased(
    open_app: Flask, person: Actor
) -> None:
    browser = give(open_app, person, plays(open_period()))

    def listed() -> int:
        with market_of(open_app).db.unit_of_work(write=False):
            return sum(state == "listed" for state, _ in waiting_of(person))

    assert listed() == 2
    for verb, left in (("skip", 1), ("give", 2), ("stop", 1), ("give", 2), ("erase", 1)):
        assert browser.post(f"/my-traces/listening/{verb}", {}).status_code == 302
        assert listed() == left
    assert browser.get("/my-traces/listening").status_code == 404
    assert browser.get("/my-traces/listening/erase/ask").status_code == 404
    assert browser.post("/my-traces/listening/skip", {}).status_code == 404


def test_nothing_is_erased_before_it_was_asked_and_each_change_says_what_it_did(
    open_app: Flask, person: Actor
) -> None:
    browser = give(open_app, person, plays(open_period()))
    page = browser.get("/my-traces").text
    assert 'href="/my-traces/listening/erase/ask"' in page
    assert 'action="/my-traces/listening/erase"' not in page
    asked = browser.get("/my-traces/listening/erase/ask").text
    assert "cannot be undone" in asked
    assert 'action="/my-traces/listening/erase"' in asked
    assert browser.get("/my-traces/listening").status_code == 200
    for verb, says in (
        ("skip", f"{month(open_period())} of “Listening by time of day” is skipped"),
        ("give", "You give “Listening by time of day” again."),
        ("stop", "Stopped: nothing more of “Listening by time of day” is counted."),
        ("erase", "Erased: “Listening by time of day” is no longer here"),
    ):
        browser.post(f"/my-traces/listening/{verb}", {})
        assert says in browser.get("/my-traces").text


def test_whoever_has_paused_reads_so_on_each_tile(open_app: Flask, person: Actor) -> None:
    browser = give(open_app, person, plays(open_period()))
    assert "paused: not counted" not in browser.get("/my-traces").text
    browser.post("/rights/pause")
    page = browser.get("/my-traces").text
    assert page.count("paused: not counted") == 2
    assert f"{month(open_period())} is in" not in page
    browser.post("/rights/pause")
    assert f"{month(open_period())} is in" in browser.get("/my-traces").text


def test_earlier_months_are_for_ones_own_eyes(open_app: Flask, person: Actor) -> None:
    browser = give(open_app, person, plays("2025-01"))
    page = browser.get("/my-traces").text
    assert "needs a newer file" in page
    mine, could = page.split("What I could give")
    assert mine.count('href="/give/spotify"') == 2
    assert 'href="/give/spotify"' not in could
    assert 'href="/give/netflix"' in could
    browser.post("/my-traces/listening/stop")
    browser.post("/my-traces/listening_kind/stop")
    assert 'href="/give/spotify"' in browser.get("/my-traces").text.split("What I could give")[1]
    with market_of(open_app).db.unit_of_work(write=False):
        assert waiting_of(person) == []


def test_nothing_of_a_file_but_its_cells_is_on_any_disk(open_app: Flask, person: Actor) -> None:
    give(open_app, person, plays(open_period()))
    market = market_of(open_app)
    main = market.db.engine.url.database or ""
    found = [*Path(main).parent.glob(f"{Path(main).name}*"), *market.settings.instance.rglob("*")]
    assert not any(MARKER.encode() in path.read_bytes() for path in found if path.is_file())


def test_what_waits_belongs_to_one_browser_and_expires(open_app: Flask) -> None:
    browser = Browser(open_app)
    sent(browser, plays(open_period()))
    assert browser.get("/giving/look").status_code == 200
    assert Browser(open_app).get("/giving/look").headers["Location"] == "/give"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "do not know this kind of file"),
        (b"hello", "do not know this kind of file"),
        (b"[]", "do not know"),
    ],
)
def test_what_cannot_be_read_says_why(open_app: Flask, content: bytes, says: str) -> None:
    answer = sent(Browser(open_app), content)
    assert answer.status_code == 422
    assert says in answer.text
    assert "Choose your file first" in sent(Browser(open_app)).text


def test_every_month_of_a_file_can_be_looked_at_before_one_agrees(open_app: Flask) -> None:
    browser = Browser(open_app)
    sent(browser, plays("2025-01"), plays("2025-02"), plays(open_period()))
    page = browser.get("/giving/look").text
    assert f"3 months, shown: {month(open_period())}" in page
    assert "Earlier months are kept for your own eyes and go into no statistics." in page
    assert "later month" not in page
    for each in ("2025-01", "2025-02"):
        assert page.count(f"<summary>{month(each)}</summary>") == 2
    # A line is taken out of every month at once, above.
    assert len(places(page)) == len(set(places(page)))


STATEMENT = (
    "dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;"
    "accountLabel;accountbalance\n"
    '2026-11-03;2026-11-03;"CARTE";"Alimentation";"Vie quotidienne";"x";"-12,30";;'
    '"00012345678";"BoursoBank";"100,00"\n'
)


def test_a_file_of_another_kind_is_sent_to_the_page_that_takes_it(open_app: Flask) -> None:
    data = {"file": [(io.BytesIO(STATEMENT.encode()), "export.csv")]}
    browser = Browser(open_app)
    answer = browser.post("/give/electricity", data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "This looks like a file for “Spending”." in answer.text
    assert '<a href="/give/bank">Go to “Spending”</a>' in answer.text
    # Nothing of it is asked, and nothing waits.
    assert 'name="account"' not in answer.text
    assert browser.get("/giving/look").headers["Location"] == "/give"
    page = browser.get("/give/electricity").text
    assert "/give/bank" in page


def test_archives_that_hold_too_much_together_are_refused_unread(open_app: Flask) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("endsong_0.json", b" " * 5000)
    with (
        patch.object(reading, "MOST_UNPACKED", 9_000),
        patch.object(reading, "read", side_effect=AssertionError("it read them")),
    ):
        answer = sent(Browser(open_app), packed.getvalue(), packed.getvalue())
    assert answer.status_code == 422
    assert "too large" in answer.text.lower()


def test_the_list_of_an_archive_is_measured_before_it_is_read(open_app: Flask) -> None:
    """Half a million members took five seconds and 300 MB, of whoever came by."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("endsong_0.json", b"[]")
    content = bytearray(packed.getvalue())
    end = content.rfind(b"PK\x05\x06")
    content[end + 10 : end + 12] = b"\xff\xff"
    with patch("zipfile.ZipFile", side_effect=AssertionError("it read the list")):
        answer = sent(Browser(open_app), bytes(content))
    assert answer.status_code == 422
    assert "too many files" in answer.text.lower()


def test_traces_are_in_the_export_of_ones_own_data(open_app: Flask, person: Actor) -> None:
    browser = Browser(open_app, person)
    sent(browser, plays(open_period()))
    every = places(browser.get("/giving/look").text)
    browser.post("/giving/look", {"place": every, "keep": every, "level": "research"})
    browser.post("/rights/export", {})
    factories.run_jobs(open_app)
    with zipfile.ZipFile(io.BytesIO(browser.get("/rights/export.zip").data)) as packed:
        kept = json.loads(packed.read("my-traces/listening.json"))
    assert open_period() in {line["month"] for line in kept["lines"]}


def test_cells_that_no_template_has_are_refused() -> None:
    template = cells.template_of("listening")
    assert template is not None
    for wrong in (
        cells.Cell(("weekday", "noon"), (1,)),
        cells.Cell(("weekday",), (1,)),
        cells.Cell(("weekday", "09-12"), (181,)),
        cells.Cell(("weekday", "09-12"), (float("nan"),)),
    ):
        with pytest.raises(ValueError, match=r"template|bounds"):
            cells.checked(template, [wrong])


def test_nothing_is_locked_while_a_strangers_files_are_read(open_app: Flask) -> None:
    db, reading = market_of(open_app).db, views.the_reader().read
    written = []

    def meanwhile(*arguments: Any) -> Any:
        read = reading(*arguments)
        with db.unit_of_work() as others:
            others.connection().exec_driver_sql("UPDATE audit_head SET sequence = sequence")
            written.append(1)
        return read

    with patch.object(Reader, "read", lambda _self, *arguments: meanwhile(*arguments)):
        assert sent(Browser(open_app), plays(open_period())).status_code == 302
    assert written == [1]


def agreed(browser: Browser) -> None:
    sent(browser, plays(open_period()))
    every = places(browser.get("/giving/look").text)
    fields = {"place": every, "keep": every, "level": "everything"}
    assert browser.post("/giving/look", fields).status_code == 302


def test_an_address_that_is_known_gets_the_same_pages(open_app: Flask, person: Actor) -> None:
    with market_of(open_app).db.unit_of_work(write=False):
        view = users.user(person.user_id)
    assert view is not None
    for email in (view.email, "unknown@people.example"):
        browser = Browser(open_app)
        agreed(browser)
        who = {"email": email, "password": factories.PASSWORD}
        assert browser.post("/giving/account", who).headers["Location"] == "/giving/done"
        assert browser.get("/giving/look").headers["Location"] == "/give"


def test_what_was_agreed_to_for_one_file_is_not_agreed_for_the_next(open_app: Flask) -> None:
    browser = Browser(open_app)
    agreed(browser)
    sent(browser, plays(open_period(), 3))
    who = {"email": "somebody.new@people.example", "password": factories.PASSWORD}
    assert browser.post("/giving/account", who).headers["Location"] == "/giving/look"


def test_whoever_signs_in_at_the_last_step_gives_by_a_button(open_app: Flask) -> None:
    """Opening the page wrote, and kept others waiting; somebody who only buys may give, too."""
    buyer = factories.account(open_app, Role.BUYER)
    browser = Browser(open_app)
    agreed(browser)
    with market_of(open_app).db.unit_of_work(write=False):
        view = users.user(buyer.user_id)
    assert view is not None
    browser.post("/login", {"email": view.email, "password": factories.PASSWORD})
    assert browser.get("/giving/account").status_code == 200
    with market_of(open_app).db.unit_of_work(write=False):
        assert waiting_of(buyer) == []
    assert browser.post("/giving/account", {}).headers["Location"] == "/giving/done"
    with market_of(open_app).db.unit_of_work(write=False):
        assert len(waiting_of(buyer)) == 2
    assert browser.get("/income").status_code == 200


def test_what_could_be_given_says_what_one_person_earned_with_it(
    open_app: Flask, person: Actor
) -> None:
    browser = Browser(open_app, person)
    assert "Nothing was sold yet." in browser.get("/my-traces").text
    told = {"listening": Money(4_000, "EUR"), "spending": Money(1_239_999, "EUR")}
    with patch.object(queries, "earned_so_far", lambda _: told):
        page = browser.get("/my-traces").text
    assert "One person has earned less than 1 cent so far." in page
    assert "One person has earned €1.23 so far." in page


def test_a_line_that_was_taken_out_stays_out_after_a_mistake(open_app: Flask) -> None:
    browser = Browser(open_app)
    sent(browser, plays(open_period()))
    every = places(browser.get("/giving/look").text)
    answer = browser.post("/giving/look", {"place": every, "keep": every[1:]})
    assert answer.status_code == 422
    ticked = re.findall(r'name="keep" value="([^"]+)" checked', answer.text)
    assert ticked == every[1:]


def test_what_is_too_much_is_refused_and_what_waited_before_still_does(open_app: Flask) -> None:
    browser = Browser(open_app)
    sent(browser, plays(open_period()))
    before = places(browser.get("/giving/look").text)
    answers = {"day": f"{open_period()}-15", "shop": "online", "spent": "from_10", "own_bag": "yes"}
    with patch.object(waiting, "MOST_BYTES", 10):
        for refused in (
            sent(browser, plays(open_period())),
            browser.post("/diary/diary_shopping", answers),
        ):
            assert refused.status_code == 422
            assert "more than one person can give" in refused.text
    assert places(browser.get("/giving/look").text) == before


def test_what_was_added_in_another_tab_is_looked_at_before_it_is_agreed_to(
    open_app: Flask, person: Actor
) -> None:
    browser = Browser(open_app, person)
    sent(browser, plays(open_period()))
    every = places(browser.get("/giving/look").text)
    answers = {"day": f"{open_period()}-15", "shop": "online", "spent": "from_10", "own_bag": "yes"}
    assert browser.post("/diary/diary_shopping", answers).status_code == 302
    old = {"place": every, "keep": every[1:], "level": "everything"}
    again = browser.post("/giving/look", old)
    assert again.status_code == 422
    assert "Lines were added after you opened this page" in again.text
    with market_of(open_app).db.unit_of_work(write=False):
        assert queries.templates_of(person) == ()
    # What was ticked before is, and what was taken out is not.
    now = places(again.text)
    assert set(now) > set(every)
    ticked = re.findall(r'name="keep" value="([^"]+)" checked', again.text)
    assert set(now) - set(ticked) == {every[0]}
    fields = {"place": now, "keep": ticked, "level": "everything"}
    assert browser.post("/giving/look", fields).headers["Location"] == "/giving/done"


def test_several_things_can_be_chosen_before_signing_up_and_all_of_them_are_given(
    open_app: Flask, person: Actor
) -> None:
    browser = Browser(open_app, person)
    sent(browser, plays(open_period()))
    today = f"{open_period()}-15"
    for place in ("market", "online"):
        answers = {"day": today, "shop": place, "spent": "from_10", "own_bag": "yes"}
        assert browser.post("/diary/diary_shopping", answers).status_code == 302
    page = browser.get("/giving/look").text
    assert "Listening by time of day" in page
    every = places(page)
    gone = next(each for each in every if "online" in each)
    kept = [each for each in every if each != gone]
    browser.post("/giving/look", {"place": every, "keep": kept, "level": "research"})
    doors = checking(market_of(open_app))
    with market_of(open_app).db.unit_of_work(write=False):
        assert queries.gives(person, "listening")
        (shopping,) = service.trace(person, doors, "diary_shopping").values()
    assert [cell.values[0] for cell in shopping] == ["market"]
