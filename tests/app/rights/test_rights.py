import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.collections.rules import Purpose
from app.consent import queries as consent
from app.consent import service as consent_service
from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.market import market_of
from app.releases import queries as releases
from app.releases import service as releases_service
from app.releases.models import SpentBefore
from app.rights import queries, service
from app.users import queries as users
from app.users import service as users_service
from privacy.loss import rho_for
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, trading


@pytest.fixture
def trade(new_database, tmp_path: Path) -> Iterator[Trade]:
    with trading(new_database("sqlite"), tmp_path) as running:
        yield running


def sold(trade: Trade) -> tuple[factories.Published, str]:
    made = factories.published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    return made, trade.bought(buyer, keys)


def receipts_of(trade: Trade, user: Actor) -> list[tuple[str, bool, int]]:
    with trade.db.unit_of_work(write=False):
        return [(r.purpose, r.granted, r.version) for r in consent.receipts(user.user_id)]


def exported(app: Flask, browser: Browser) -> dict[str, bytes]:
    assert browser.post("/rights/export", {}).headers["Location"] == "/rights/export"
    factories.run_jobs(app)
    answer = browser.get("/rights/export.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_export_needs_a_fresh_password(trade: Trade) -> None:
    user = factories.account(trade.app, Role.PRODUCER)
    browser = Browser(trade.app, user, fresh=False)
    for path in ("/rights/export", "/rights/export.zip", "/rights/erase"):
        answer = browser.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login/again")
    wrong = browser.post("/login/again", {"password": "not the password"})
    assert wrong.status_code == 422
    assert browser.get("/rights/export.zip").status_code == 302
    again = browser.post("/login/again?next=/rights/export", {"password": factories.PASSWORD})
    assert again.headers["Location"] == "/rights/export"
    assert browser.get("/rights/export").status_code == 200


def test_an_export_holds_all_of_ones_own_and_nothing_of_others(trade: Trade) -> None:
    made, order_id = sold(trade)
    other = factories.account(trade.app, Role.PRODUCER)
    alone = b"who,day,place,spend\nsomebody-else,Mon,north,1\n"
    factories.listed(trade.app, other, made.collection_id, content=alone)
    content = exported(trade.app, Browser(trade.app, made.producer))
    file = content[f"datasets/{made.dataset_id}/rows.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    assert len(rows) == 800
    assert {row["person"] for row in rows} == {f"p{n}" for n in range(400)}
    schema = json.loads(content[f"datasets/{made.dataset_id}/schema.json"])
    assert [d["name"] for d in schema["dimensions"]] == ["day", "place"]
    account = json.loads(content["account.json"])
    (dataset,) = account["datasets"]
    assert [use["order"] for use in dataset["uses"]] == [order_id]
    assert dataset["uses"][0]["earned_micros"] > 0
    assert {r["purpose"] for r in account["consent"]} == {p.value for p in Purpose}
    assert account["privacy_charges_micro_rho"][0]["micro_rho"] > 0
    assert other.user_id not in content["account.json"].decode()
    assert {name.split("/")[1] for name in content if "/" in name} == {made.dataset_id}


def test_each_choice_has_a_receipt_with_its_version(trade: Trade) -> None:
    user = factories.account(trade.app, Role.PRODUCER)
    browser = Browser(trade.app, user)
    browser.post("/rights/consent", {"purposes": ["research", "public"]})
    first = {("research", True, 1), ("public", True, 1), ("commercial", False, 1)}
    assert set(receipts_of(trade, user)) == first
    browser.post("/rights/consent", {"purposes": ["research", "public"]})
    assert len(receipts_of(trade, user)) == 3
    browser.post("/rights/consent", {})
    taken_back = {("public", False, 1), ("research", False, 1)}
    assert set(receipts_of(trade, user)[:2]) == taken_back
    with trade.db.unit_of_work(write=False):
        assert consent.granted(user.user_id) == frozenset()
    assert "version 1" in browser.get("/rights/").text


def test_the_trace_shows_each_use_to_the_cent(trade: Trade) -> None:
    made, order_id = sold(trade)
    with trade.db.unit_of_work(write=False):
        (trace,) = queries.traces(made.producer)
    (use,) = trace.uses
    assert trace.edition is not None
    assert (trace.edition.id, use.sale.order_id) == (made.edition_id, order_id)
    assert use.earned.micros == use.sale.per_share_micros * trace.shares
    page = Browser(trade.app, made.producer).get("/rights/").text
    assert f"€{use.earned.cents_down() / 100:.2f}" in page
    trade.refund(order_id)
    assert "refunded" in Browser(trade.app, made.producer).get("/rights/").text


def test_a_pause_is_a_button_and_keeps_datasets_out(trade: Trade) -> None:
    user = factories.account(trade.app, Role.PRODUCER)
    _, collection_id = factories.listed(trade.app, user)
    browser = Browser(trade.app, user)
    browser.post("/rights/pause")
    assert "Resume" in browser.get("/rights/").text
    with trade.db.unit_of_work():
        (edition_id,) = releases_service.close(user, collection_id)
    factories.run_jobs(trade.app)
    with trade.db.unit_of_work(write=False):
        assert releases.edition(edition_id).state == "carried"
    browser.post("/rights/pause")
    with trade.db.unit_of_work(write=False):
        assert not consent.choices(user.user_id).paused


def test_a_ceiling_is_chosen_from_the_list_and_holds(trade: Trade) -> None:
    user = factories.account(trade.app, Role.PRODUCER)
    browser = Browser(trade.app, user)
    wanted = str(rho_for(1, 1e-6).micro)
    browser.post("/rights/ceiling", {"ceiling": wanted})
    browser.post("/rights/ceiling", {"ceiling": "999999999"})
    with trade.db.unit_of_work(write=False):
        assert consent.choices(user.user_id).ceiling_micro_rho == int(wanted)
    for left_out in ("", "ceiling"):
        dataset_id, collection_id = factories.listed(trade.app, user)
        with trade.db.unit_of_work():
            releases_service.close(user, collection_id)
        factories.run_jobs(trade.app)
        with trade.db.unit_of_work(write=False):
            part = releases.participation(dataset_id)
            assert part is not None
            assert part.left_out == left_out
            assert releases.spent(user.user_id) <= int(wanted)
    browser.post("/rights/ceiling", {"ceiling": ""})
    with trade.db.unit_of_work(write=False):
        assert consent.choices(user.user_id).ceiling_micro_rho is None


def test_erasure_needs_to_be_meant(trade: Trade) -> None:
    user = factories.account(trade.app, Role.PRODUCER)
    answer = Browser(trade.app, user).post("/rights/erase", {})
    assert answer.status_code == 422
    assert "Please confirm this" in answer.text
    with trade.db.unit_of_work(write=False):
        assert users.user(user.user_id) is not None


def test_erasure_destroys_rows_and_keys_and_closes_the_account(trade: Trade) -> None:
    made = factories.published(trade.app)
    factories.listed(trade.app, made.producer, made.collection_id)
    factories.uploaded(trade.app, made.producer)
    browser, elsewhere = (Browser(trade.app, made.producer) for _ in range(2))
    with trade.db.unit_of_work(write=False):
        view = users.user(made.producer.user_id)
        assert view is not None
    assert browser.post("/rights/erase", {"sure": "y"}).status_code == 302
    assert list((market_of(trade.app).settings.instance / "vault").iterdir()) == []
    with trade.db.unit_of_work(write=False):
        assert users.user(made.producer.user_id) is None
        assert users.by_email(view.email) is None
        assert users.display_name(made.producer.user_id) == ""
        assert {d.state for d in datasets.of_producer(made.producer.user_id)} == {"erased"}
        assert releases.release(made.edition_id).digest
    for signed_out in (browser, elsewhere):
        assert signed_out.get("/rights/").status_code == 302
    credentials = {"email": view.email, "password": factories.PASSWORD}
    assert Browser(trade.app).post("/login", credentials).status_code == 422


def test_after_an_erasure_no_word_of_the_person_is_left_in_any_file_of_the_market(
    trade: Trade,
) -> None:
    """Names, titles and browsers were still read in tables, in the log and in kept e-mails."""
    market = market_of(trade.app)
    words = ("marker.address@people.example", "Marker Name", "Marker Title", "Markerfox")
    who = factories.stage(trade.app).account(words[0], words[1], Role.PRODUCER)
    with trade.db.unit_of_work():
        datasets_service.upload(
            who, datasets_service.checking(market), io.BytesIO(factories.csv_rows()), words[2]
        )
        users_service.sign_in(words[0], factories.PASSWORD, words[3])
        users_service.send_verification(who)
    factories.run_jobs(trade.app)
    assert set(words) <= found(trade, words)
    assert Browser(trade.app, who).post("/rights/erase", {"sure": "y"}).status_code == 302
    factories.run_jobs(trade.app)
    assert found(trade, words) == set()


def found(trade: Trade, words: tuple[str, ...]) -> set[str]:
    """Which words are readable in the files of a market: its database, its vault, its e-mails."""
    market = market_of(trade.app)
    main = Path(market.db.engine.url.database or "")
    files = [*main.parent.glob(f"{main.name}*"), *market.settings.instance.rglob("*")]
    content = b"".join(path.read_bytes() for path in files if path.is_file())
    return {word for word in words if word.encode() in content}


def test_an_address_that_comes_back_goes_on_from_what_was_spent(trade: Trade) -> None:
    """Closing an account and opening it again forgot what had been spent."""
    made = factories.published(trade.app)
    with trade.db.unit_of_work(write=False):
        view = users.user(made.producer.user_id)
        spent = releases.spent(made.producer.user_id)
    assert view is not None
    assert spent > 0
    Browser(trade.app, made.producer).post("/rights/erase", {"sure": "y"})
    again = factories.stage(trade.app).account(view.email, "Somebody", Role.PRODUCER)
    other = factories.account(trade.app, Role.PRODUCER)
    for who, before in ((again, spent), (other, 0)):
        _, collection_id = factories.listed(trade.app, who)
        factories.stage(trade.app).close(who, collection_id)
        with trade.db.unit_of_work(write=False):
            charges = releases.charges(who.user_id)
            assert releases.spent(who.user_id) == before + spent
            assert sum(charge.micro_rho for charge in charges) == before + spent
    page = Browser(trade.app, again).get("/rights/privacy").text
    assert page.count("spent by your earlier account with this address") == 1
    with trade.db.unit_of_work(write=False) as s:
        (kept,) = s.scalars(select(SpentBefore))
        assert view.email not in repr(vars(kept))


def test_money_that_is_owed_is_paid_or_given_up_in_words(trade: Trade) -> None:
    made, _ = sold(trade)
    browser = Browser(trade.app, made.producer)
    with trade.db.unit_of_work(write=False):
        assert service.owed(made.producer) == trade.standing(made.producer).owed
        assert service.owed(made.producer).micros > 0
    refused = browser.post("/rights/erase", {"sure": "y"})
    assert refused.status_code == 422
    assert "Money is still owed to you" in refused.text
    assert browser.post("/rights/erase", {"sure": "y", "waive": "y"}).status_code == 302
    with trade.db.unit_of_work(write=False):
        assert service.owed(made.producer).micros == 0
    trade.check_agreement()


def test_a_consent_given_later_does_not_reach_back(trade: Trade) -> None:
    owner = factories.account(trade.app, Role.PRODUCER)
    only = frozenset({Purpose.RESEARCH})
    rules = factories.proposal(steps=True)
    _, collection_id = factories.listed(trade.app, owner, purposes=only, rules=rules)
    with trade.db.unit_of_work():
        consent_service.decide(owner, frozenset(Purpose))
        releases_service.close(owner, collection_id)
        assert came(owner) == only


def came(owner: Actor) -> frozenset[Purpose]:
    """At which level the only dataset of a producer came to an edition."""
    (part,) = releases.participations(owner.user_id)
    return releases.edition(part.edition_id).purposes


def test_a_consent_taken_back_holds_for_an_edition_that_is_open(trade: Trade) -> None:
    owner = factories.account(trade.app, Role.PRODUCER)
    rules = factories.proposal(steps=True)
    dataset_id, collection_id = factories.listed(trade.app, owner, rules=rules)
    browser = Browser(trade.app, owner)
    for wanted in ([], ["public", "commercial"]):
        browser.post("/rights/consent", {"purposes": wanted})
        with trade.db.unit_of_work():
            releases_service.close(owner, collection_id)
            assert releases.participations(owner.user_id) == (), "no level is agreed to wholly"
    browser.post("/rights/consent", {"purposes": ["public", "research"]})
    with trade.db.unit_of_work():
        releases_service.close(owner, collection_id)
        assert came(owner) == {Purpose.RESEARCH, Purpose.PUBLIC}
        assert datasets.dataset(owner, dataset_id).state == "measured"


def test_listing_one_dataset_for_less_takes_nothing_back_for_another(trade: Trade) -> None:
    owner = factories.account(trade.app, Role.PRODUCER)
    _, collection_id = factories.listed(trade.app, owner)
    only, rules = frozenset({Purpose.RESEARCH}), factories.proposal(steps=True)
    factories.listed(trade.app, owner, purposes=only, rules=rules)
    with trade.db.unit_of_work():
        (edition_id,) = releases_service.close(owner, collection_id)
        assert releases.edition(edition_id).purposes == frozenset(Purpose)
