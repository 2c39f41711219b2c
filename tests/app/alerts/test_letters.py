"""The e-mails: in the reader's language, each of one alert, which one request ends."""

from email.message import EmailMessage

from flask import Flask

from app.alerts import letters, queries
from app.alerts.kinds import Rhythm
from app.core.permissions import Actor
from app.letters.letter import Letter, message
from app.market import market_of
from app.search.lists import Search
from app.users import service as users
from tests.app.alerts.conftest import Readers
from tests.app.search.conftest import said
from tests.support import factories
from tests.support.browser import Browser

SITE = "https://moisson.example"


def composed(app: Flask, alert: str, *numbers: int, more: int = 0) -> Letter | None:
    payload = {"alert": alert, "numbers": list(numbers), "more": more}
    with app.app_context(), market_of(app).db.unit_of_work(write=False):
        return letters.compose(payload, SITE)


def written(app: Flask, letter: Letter | None) -> EmailMessage:
    assert letter is not None
    with app.app_context(), market_of(app).db.unit_of_work(write=False):
        return message(letter, market_of(app).settings)


def text_of(made: EmailMessage) -> str:
    part = made.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def kept(readers: Readers, who: Actor) -> list[str]:
    with readers.shop.db.unit_of_work(write=False):
        return [one.id for one in queries.of_account(who.user_id)]


def test_an_e_mail_names_what_is_new_and_leads_there(readers: Readers) -> None:
    first = readers.shop.edition(readers.shop.collection(), wording=said("Bread & <milk>"))
    second = readers.shop.edition(readers.shop.collection(), period="2026-02")
    _, alert = readers.follow(Search("b&d <x>", "energy", "research", 500))
    made = written(readers.app, composed(readers.app, alert, first.id, second.id, more=3))
    text = text_of(made)
    assert (
        made["Subject"]
        == "5 new editions: “b&d <x>” · Energy · at least 500 people · sold for: Research"
    )
    assert f"Bread & <milk>, edition {first.number}: {SITE}/catalogue/{first.edition_id}" in text
    assert f"Trips, February 2026: {SITE}/catalogue/{second.edition_id}" in text
    assert "And 3 more." in text
    assert f"{SITE}/catalogue?q=b%26d+%3Cx%3E&topic=energy&purpose=research&people=500" in text
    page = made.get_body(("html",))
    assert page is not None
    assert "<milk>" not in page.get_content()
    one = written(readers.app, composed(readers.app, alert, first.id))
    assert one["Subject"] == f"New: Bread & <milk>, edition {first.number}"


def test_an_e_mail_is_in_the_language_of_its_reader(readers: Readers) -> None:
    edition = readers.shop.edition(readers.shop.collection(), period="2026-02")
    reader, alert = readers.follow(Search(topic="energy"))
    Browser(readers.app, reader).post("/language/fr")
    made = written(readers.app, composed(readers.app, alert, edition.id))
    assert made["Content-Language"] == "fr"
    assert "février 2026" in made["Subject"]
    assert "Énergie" in text_of(made)


def test_one_request_of_an_e_mail_program_ends_one_alert(readers: Readers) -> None:
    """RFC 8058: no cookie, no token of a form, no page in between; and looking changes nothing."""
    edition = readers.shop.edition(readers.shop.collection())
    reader, alert = readers.follow(Search(topic="energy"))
    _, other = readers.follow(Search(topic="health"), who=reader)
    made = written(readers.app, composed(readers.app, alert, edition.id))
    assert made["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = made["List-Unsubscribe"].strip("<>").removeprefix(SITE)
    assert f"{SITE}{address}" in text_of(made)
    client = readers.app.test_client(use_cookies=False)
    page = client.get(address).text
    assert "Stop this alert?" in page
    assert "<button" in page
    assert kept(readers, reader) == [alert, other]
    for _ in range(2):
        answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "This alert is stopped" in answer.text
        assert kept(readers, reader) == [other]
    assert composed(readers.app, alert, edition.id) is None
    assert composed(readers.app, other, edition.id) is not None


def test_a_changed_link_ends_nothing(readers: Readers) -> None:
    edition = readers.shop.edition(readers.shop.collection())
    reader, alert = readers.follow(Search())
    letter = composed(readers.app, alert, edition.id)
    assert letter is not None
    address = letter.unsubscribe.removeprefix(SITE)
    client = readers.app.test_client()
    for wrong in (address[:-2], address.replace("/alerts/end/", "/unsubscribe/"), "/alerts/end/x"):
        assert client.post(wrong).status_code == 404
    assert kept(readers, reader) == [alert]


def test_whoever_may_not_sign_in_any_more_is_sent_nothing(readers: Readers) -> None:
    edition = readers.shop.edition(readers.shop.collection())
    reader, alert = readers.follow(Search(), Rhythm.WEEKLY)
    operator = factories.account(readers.app)
    with readers.shop.db.unit_of_work():
        users.close(reader)
    assert composed(readers.app, alert, edition.id) is None
    assert kept(readers, operator) == []
