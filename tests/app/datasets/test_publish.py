import pytest
from flask import Flask

from app.collections import queries as collections
from app.consent import queries as consent
from app.core.permissions import Actor, Role
from app.datasets import queries
from app.datasets.states import DatasetState
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser

RULES = {
    "title": "Lunches",
    "description": "Lunches in two places.",
    "topic": "leisure",
    "person": "person",
    "record": "visit",
    "ways": "2",
    "epsilon_milli": "1000",
    "purposes": ["research", "public"],
    "edition_days": "30",
}
AGREED = {"purposes": ["research"], "understood": "y"}


def founded(app: Flask, browser: Browser, producer: Actor) -> str:
    dataset_id = factories.checked(app, producer)
    assert browser.post(f"/datasets/{dataset_id}/collection", RULES).status_code == 302
    return dataset_id


def view_of(app: Flask, producer: Actor, dataset_id: str) -> queries.DatasetView:
    with market_of(app).db.unit_of_work():
        return queries.dataset(producer, dataset_id)


def test_rules_that_lack_something_are_told_and_kept(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.checked(lite_app, producer)
    answer = browser.post(f"/datasets/{dataset_id}/collection", RULES | {"description": ""})
    assert answer.status_code == 422
    assert "Describe the collection" in answer.text
    assert 'value="Lunches"' in answer.text
    none = {name: value for name, value in RULES.items() if name != "purposes"}
    refused = browser.post(f"/datasets/{dataset_id}/collection", none)
    assert refused.status_code == 422
    assert "at least one purpose" in refused.text


@pytest.mark.parametrize("floor", ["sNaN", "NaN", "Infinity", "-1", "1e999999"])
def test_a_price_that_is_no_number_is_refused(
    lite_app: Flask, browser: Browser, producer: Actor, floor: str
) -> None:
    dataset_id = factories.checked(lite_app, producer)
    answer = browser.post(f"/datasets/{dataset_id}/collection", RULES | {"floor": floor})
    assert answer.status_code == 422


def test_what_will_be_published_is_said_in_plain_words(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = founded(lite_app, browser, producer)
    page = browser.get(f"/datasets/{dataset_id}/publish").text
    assert "at most 55 are right" in page
    assert "day × place" in page
    assert "±" in page


def test_nothing_is_listed_without_consent(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = founded(lite_app, browser, producer)
    for fields, said in (
        ({"understood": "y"}, "Agree at least to the first purpose"),
        ({"purposes": ["research"]}, "Please confirm this"),
        ({"purposes": ["commercial"], "understood": "y"}, ""),
    ):
        answer = browser.post(f"/datasets/{dataset_id}/publish", fields)
        assert answer.status_code == 422
        assert said in answer.text
        assert view_of(lite_app, producer, dataset_id).state is DatasetState.CHECKED
    with market_of(lite_app).db.unit_of_work():
        assert consent.receipts(producer.user_id) == ()


def test_listing_writes_receipts_and_drops_the_upload(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = founded(lite_app, browser, producer)
    assert browser.post(f"/datasets/{dataset_id}/publish", AGREED).status_code == 302
    view = view_of(lite_app, producer, dataset_id)
    assert (view.state, set(view.purposes)) == (DatasetState.LISTED, {"research"})
    assert view.profile_object is None
    vault = market_of(lite_app).settings.instance / "vault"
    assert len([path for path in vault.iterdir() if path.is_dir()]) == 1
    with market_of(lite_app).db.unit_of_work():
        receipts = {r.purpose: (r.granted, r.version) for r in consent.receipts(producer.user_id)}
    assert receipts["research"] == (True, 1)
    assert receipts["commercial"] == (False, 1)


def test_listing_needs_a_verified_address(lite_app: Flask) -> None:
    newcomer = factories.account(lite_app, Role.PRODUCER, verified=False)
    dataset_id = factories.checked(lite_app, newcomer)
    browser = Browser(lite_app, newcomer)
    browser.post(f"/datasets/{dataset_id}/collection", RULES)
    assert browser.get(f"/datasets/{dataset_id}/publish").status_code == 403
    assert browser.post(f"/datasets/{dataset_id}/publish", AGREED).status_code == 403
    assert view_of(lite_app, newcomer, dataset_id).state is DatasetState.CHECKED


def test_a_listed_dataset_can_be_taken_back(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id, collection_id = factories.listed(lite_app, producer)
    assert browser.post(f"/datasets/{dataset_id}/unlist").status_code == 302
    assert view_of(lite_app, producer, dataset_id).state is DatasetState.CHECKED
    answer = browser.post(f"/collections/{collection_id}/close-edition")
    assert answer.status_code == 302
    factories.run_jobs(lite_app)
    page = browser.get(answer.headers["Location"]).text
    assert "No table was made" in page


def test_erasing_removes_rows_and_keys_from_the_vault(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    for made in (factories.uploaded, factories.checked, lambda a, p: factories.listed(a, p)[0]):
        dataset_id = made(lite_app, producer)
        assert browser.get(f"/datasets/{dataset_id}/erase").status_code == 200
        assert browser.post(f"/datasets/{dataset_id}/erase").status_code == 302
        view = view_of(lite_app, producer, dataset_id)
        assert (view.state, view.answers, view.row_count) == (DatasetState.ERASED, {}, 0)
    vault = market_of(lite_app).settings.instance / "vault"
    assert list(vault.iterdir()) == []


def test_a_measured_dataset_is_erased_and_its_release_stays(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    browser = Browser(lite_app, made.producer)
    assert browser.post(f"/datasets/{made.dataset_id}/erase").status_code == 302
    assert browser.get(f"/catalogue/{made.edition_id}").status_code == 200
    assert list((market_of(lite_app).settings.instance / "vault").iterdir()) == []


def test_the_rules_that_were_published_are_those_that_were_typed(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    founded(lite_app, browser, producer)
    with market_of(lite_app).db.unit_of_work():
        (rules,) = collections.owned_by(producer.user_id)
    assert (rules.title, rules.epsilon, rules.ways, rules.schema.bound) == ("Lunches", 1.0, 2, 2)
    assert rules.schema == factories.SCHEMA
