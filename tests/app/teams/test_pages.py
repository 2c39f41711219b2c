"""Acting for a team in a browser: what opens, what does not, and what the team then owns."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.db import session
from app.core.permissions import Actor, Role
from app.market import market_of
from app.rights import export
from app.teams import reach
from app.users import queries as users
from app.users import teams
from app.users.parts import Part
from tests.app.payouts.conftest import trade
from tests.app.users.test_teams import found, joined, parts
from tests.support import factories
from tests.support.browser import Browser
from tests.support.inbox import read_mail
from tests.support.trading import Trade
from tests.test_routes import WHO, For

__all__ = ["trade"]

BILLING = {
    "kind": "organisation",
    "name": "Bread and roses",
    "address": "1 Long Street",
    "country": "FR",
    "vat_number": "",
}


def acting(app: Flask, who: Actor, team_id: str) -> Browser:
    browser = Browser(app, who)
    answer = browser.post("/acting", {"team": team_id})
    assert answer.headers["Location"] == f"/teams/{team_id}"
    return browser


def ordered(browser: Browser, key: str) -> str:
    """Put a table into the bundle and order it; return the address of the order."""
    browser.post("/bundle/add", {"product": key})
    page = browser.get("/bundle").text
    quote = page.split('name="quote"')[1].split('value="')[1].split('"')[0]
    answer = browser.post("/orders", {"purpose": "research", "quote": quote})
    return str(answer.headers["Location"])


def test_what_one_buys_for_the_team_all_in_it_read_and_nobody_else(trade: Trade) -> None:
    made = factories.published(trade.app)
    key = str(trade.keys(made, "gold")[0])
    owner = factories.account(trade.app, Role.BUYER, name="Olga")
    team_id = found(trade.app, owner)
    buyer = joined(trade.app, owner, team_id, Part.BUYER)
    analyst = joined(trade.app, owner, team_id, Part.ANALYST)
    browser = acting(trade.app, buyer, team_id)
    address = ordered(browser, key)
    asked = browser.post(f"{address}/pay")
    assert asked.headers["Location"] == f"{address}/billing"
    paying = browser.post(f"{address}/billing", BILLING)
    trade.pay(paying.headers["Location"])
    trade.deliver()
    for who in (owner, buyer, analyst):
        reader = acting(trade.app, who, team_id)
        assert reader.get(f"/tables/{key}").status_code == 200
        assert "ordered by Somebody" in reader.get(address).text
        assert "Bread and roses" in reader.get(address).text
        alone = Browser(trade.app, who)
        assert alone.get(f"/tables/{key}").status_code == 404
        led = alone.get(address)
        assert led.headers["Location"] == f"/teams/{team_id}"
        assert address not in alone.get("/orders").text if who is not analyst else True
    stranger = Browser(trade.app, factories.account(trade.app, Role.BUYER))
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/teams/{team_id}").status_code == 404
    folder = market_of(trade.app).settings.instance / "mail"
    (receipt,) = [text for text, _ in read_mail(folder) if "is paid" in text]
    with trade.db.unit_of_work(write=False):
        view = users.user(buyer.user_id)
    assert view is not None
    assert f"To: {view.email}" in receipt


def test_whoever_was_put_out_is_not_written_to_about_what_they_ordered(trade: Trade) -> None:
    made = factories.published(trade.app)
    owner = factories.account(trade.app, Role.BUYER)
    team_id = found(trade.app, owner)
    buyer = joined(trade.app, owner, team_id, Part.BUYER)
    browser = acting(trade.app, buyer, team_id)
    address = ordered(browser, str(trade.keys(made, "gold")[0]))
    page = browser.post(f"{address}/billing", BILLING).headers["Location"]
    with trade.db.unit_of_work():
        teams.remove(owner, team_id, buyer.user_id)
    trade.pay(page)
    trade.deliver()
    folder = market_of(trade.app).settings.instance / "mail"
    (receipt,) = [text for text, _ in read_mail(folder) if "is paid" in text]
    with trade.db.unit_of_work(write=False):
        view = users.user(owner.user_id)
    assert view is not None
    assert f"To: {view.email}" in receipt


def test_an_analyst_chooses_and_reads_but_neither_orders_nor_pays(trade: Trade) -> None:
    made = factories.published(trade.app)
    first, second, *_ = (str(key) for key in trade.keys(made, "gold"))
    owner = factories.account(trade.app, Role.BUYER)
    team_id = found(trade.app, owner)
    analyst = joined(trade.app, owner, team_id, Part.ANALYST)
    browser = acting(trade.app, analyst, team_id)
    assert "Add to the bundle" in browser.get(f"/catalogue/{made.edition_id}").text
    browser.post("/bundle/add", {"product": first})
    page = browser.get("/bundle").text
    assert "a buyer or an owner of the team orders this bundle" in page
    assert 'name="quote"' not in page
    assert "a buyer or an owner" not in acting(trade.app, owner, team_id).get("/bundle").text
    address = ordered(acting(trade.app, owner, team_id), second)
    assert "A buyer or an owner of the team pays." in browser.get(address).text
    for path in ("/orders", f"{address}/pay", f"{address}/cancel", "/account/billing/remove"):
        refused = browser.post(path, {"purpose": "research", "quote": "x"})
        assert refused.status_code == 403, path
        assert "Your part in this team does not allow that" in refused.text
    assert browser.get(f"{address}/billing").status_code == 403
    assert browser.get("/account/webhooks").status_code == 403


def test_nobody_buys_through_a_team_what_anybody_in_it_earns_from(trade: Trade) -> None:
    made = factories.published(trade.app)
    key = str(trade.keys(made, "gold")[0])
    owner = factories.account(trade.app, Role.BUYER)
    team_id = found(trade.app, owner)
    joined(trade.app, owner, team_id, Part.ANALYST, made.producer)
    browser = acting(trade.app, owner, team_id)
    browser.post("/bundle/add", {"product": key})
    assert "Nobody buys what they earn from" in browser.get("/bundle").text
    alone = Browser(trade.app, owner)
    alone.post("/bundle/add", {"product": key})
    assert "Nobody buys what they earn from" not in alone.get("/bundle").text


def test_whoever_acts_for_a_team_opens_nothing_about_a_person(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.BUYER, Role.PRODUCER, Role.OPERATOR)
    team_id = found(lite_app, owner)
    browser = acting(lite_app, owner, team_id)
    for path in (
        "/rights/",
        "/account",
        "/my-traces",
        "/give",
        "/payouts",
        "/datasets/",
        "/operator/",
        "/account/alerts",
        "/questions",
        "/rights/export",
    ):
        answer = browser.get(path)
        assert answer.status_code in (403, 404), path
    refused = browser.get("/rights/")
    assert "this page is about you alone" in refused.text
    assert "Act for yourself" in refused.text
    browser.post("/acting", {"team": ""})
    assert browser.get("/rights/").status_code == 200


def test_every_route_is_for_a_team_or_is_refused_on_purpose() -> None:
    """What is new is refused until somebody says whose it is."""
    listed = reach.READS | reach.ANY | reach.PAGES[Part.OWNER]
    assert listed <= set(WHO)
    personal = {
        name for name in WHO if name not in listed and WHO[name] not in (For.OPERATORS, For.TOKENS)
    }
    assert not any(
        name.startswith(("orders.", "documents.", "downloads.", "desk.", "teams."))
        for name in personal
    )
    assert all(WHO[name] is For.EVERYBODY for name in reach.READS)
    assert not any(WHO[name] is For.OPERATORS for name in listed)
    for kind in ("rights", "contributions", "diaries", "payouts", "datasets", "editions"):
        assert not any(name.startswith(f"{kind}.") for name in listed), kind


def test_an_invitation_is_an_e_mail_that_leads_to_joining(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    team_id = found(lite_app, owner)
    browser = Browser(lite_app, owner)
    browser.post(f"/teams/{team_id}/invitations", {"email": "ada@example.org", "part": "analyst"})
    factories.run_jobs(lite_app)
    folder = market_of(lite_app).settings.instance / "mail"
    ((text, page),) = [each for each in read_mail(folder) if "ada@example.org" in each[0]]
    assert "invited to the team “Bread and roses”" in text
    assert "reads what was bought" in text
    address = "/teams/join/" + text.split("/teams/join/")[1].split()[0]
    assert address in page
    assert Browser(lite_app).get(address).headers["Location"].startswith("/login?next=")
    assert Browser(lite_app, owner).get(address).status_code == 404
    ada = factories.stage(lite_app).account("ada@example.org", "Ada", Role.BUYER)
    guest = Browser(lite_app, ada)
    assert "Bread and roses" in guest.get("/teams").text
    assert "Join “Bread and roses”?" in guest.get(address).text
    assert guest.post(address, {"do": "join"}).headers["Location"] == f"/teams/{team_id}"
    assert "You act for the team “Bread and roses”." in guest.get("/catalogue").text
    assert parts(lite_app, team_id)[ada.user_id] is Part.ANALYST


def test_nobody_joins_with_an_address_that_they_have_not_confirmed(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    team_id = found(lite_app, owner)
    guest = factories.account(lite_app, Role.BUYER, verified=False)
    with market_of(lite_app).db.unit_of_work():
        view = users.user(guest.user_id)
        assert view is not None
        teams.invite(owner, team_id, view.email, Part.OWNER)
        (asked,) = teams.invitations_to(view.email)
    browser = Browser(lite_app, guest)
    assert browser.post(f"/teams/join/{asked.id}", {"do": "join"}).status_code == 403
    assert "Bread and roses" not in browser.get("/teams").text
    assert guest.user_id not in parts(lite_app, team_id)


def test_the_log_says_who_acted_for_the_team(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.BUYER)
    team_id = found(lite_app, owner)
    browser = acting(lite_app, owner, team_id)
    browser.post("/account/tokens", {"name": "n", "scopes": "tables:read", "days": "30"})
    with market_of(lite_app).db.unit_of_work(write=False):
        chosen = select(AuditEntry).where(
            AuditEntry.actor_id == team_id, AuditEntry.action == "make-token"
        )
        (entry,) = session().scalars(chosen)
    assert json.loads(entry.details)["by"] == owner.user_id


def test_a_password_is_confirmed_with_ones_own_and_a_language_is_ones_own(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.BUYER)
    team_id = found(lite_app, owner)
    browser = acting(lite_app, owner, team_id)
    with browser.client.session_transaction() as cookie:
        cookie["_fresh"] = False
    assert browser.get("/account/tokens").headers["Location"].startswith("/login/again")
    assert browser.post("/login/again", {"password": factories.PASSWORD}).status_code == 302
    assert browser.get("/account/tokens").status_code == 200
    browser.post("/language/fr")
    with market_of(lite_app).db.unit_of_work(write=False):
        person, team = users.user(owner.user_id), users.user(team_id)
    assert person is not None
    assert team is not None
    assert (person.locale, team.locale) == ("fr", "en")


def test_with_an_account_its_parts_end_and_a_team_of_nobody_is_closed(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.BUYER)
    alone, shared = found(lite_app, owner), found(lite_app, owner)
    other = joined(lite_app, owner, shared, Part.ANALYST)
    with market_of(lite_app).db.unit_of_work(write=False):
        exported = export._account(owner)
    assert [one["name"] for one in exported["teams"]] == ["Bread and roses"] * 2
    assert Browser(lite_app, owner).post("/rights/erase", {"sure": "y"}).status_code == 302
    with market_of(lite_app).db.unit_of_work(write=False):
        assert users.user(owner.user_id) is None
        assert users.user(alone) is None
        assert users.user(shared) is not None
    assert parts(lite_app, alone) == {}
    assert parts(lite_app, shared) == {other.user_id: Part.OWNER}


def test_a_closed_team_is_read_by_nobody(lite_app: Flask) -> None:
    owner = factories.account(lite_app, Role.BUYER)
    team_id = found(lite_app, owner)
    member = joined(lite_app, owner, team_id, Part.BUYER)
    theirs = acting(lite_app, member, team_id)
    assert theirs.post(f"/teams/{team_id}/close").status_code == 403
    assert Browser(lite_app, owner).post(f"/teams/{team_id}/close").status_code == 302
    assert theirs.get(f"/teams/{team_id}").status_code == 404
    assert "You act for the team" not in theirs.get("/catalogue").text
    with market_of(lite_app).db.unit_of_work(write=False):
        assert users.user(team_id) is None


def test_no_team_is_closed_while_somebody_may_pay_for_it(trade: Trade) -> None:
    """Its money was taken, and nobody was left to read what it had bought."""
    made = factories.published(trade.app)
    first, second, *_ = (str(key) for key in trade.keys(made, "gold"))
    owner = factories.account(trade.app, Role.BUYER)
    team_id = found(trade.app, owner)
    browser, alone = acting(trade.app, owner, team_id), Browser(trade.app, owner)
    offered = ordered(browser, second)
    address = ordered(browser, first)
    assert browser.post(f"{address}/billing", BILLING).status_code == 303
    refused = alone.post(f"/teams/{team_id}/close")
    assert refused.headers["Location"] == f"/teams/{team_id}"
    assert "A payment is under way" in alone.get(f"/teams/{team_id}").text
    erasing = alone.post("/rights/erase", {"sure": "y"})
    assert (erasing.status_code, "A payment is under way" in erasing.text) == (422, True)
    assert parts(trade.app, team_id) == {owner.user_id: Part.OWNER}
    browser.post("/acting", {"team": team_id})
    browser.post(f"{address}/cancel")
    assert alone.post(f"/teams/{team_id}/close").headers["Location"] == "/teams"
    assert trade.state(offered.rsplit("/", 1)[1]) == "expired"


@pytest.mark.parametrize("path", ["/teams", "/teams/{team}"])
def test_its_pages_speak_both_languages(lite_app: Flask, path: str) -> None:
    owner = factories.account(lite_app, Role.BUYER)
    team_id = found(lite_app, owner)
    browser = acting(lite_app, owner, team_id)
    browser.post("/language/fr")
    text = browser.get(path.format(team=team_id)).text
    assert "Vous agissez pour l’équipe «\u202fBread and roses\u202f»." in text
    assert "responsable" in text
