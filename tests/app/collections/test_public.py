"""What others see of a collection: nothing before consent, nothing of its founder afterwards."""

import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.market import market_of
from app.rights import service as rights
from tests.support import factories
from tests.support.browser import Browser


def founded(app: Flask) -> tuple[Actor, str, str]:
    """A founder, their file, and the collection it begins, which nobody agreed to yet."""
    founder = factories.account(app, Role.PRODUCER, name="founder")
    dataset_id = factories.checked(app, founder)
    return founder, dataset_id, factories.stage(app).found(founder, dataset_id, PROPOSAL)


SECRET = "ab" * 32
PROPOSAL = factories.proposal("Lunches of the Dupont family")


def addresses(collection_id: str) -> tuple[str, ...]:
    page = f"/collections/{collection_id}"
    return (page, f"{page}/estimate", f"/datasets/new?collection={collection_id}")


def test_nothing_is_public_before_the_first_consent(lite_app: Flask) -> None:
    """A bank file's labels stood on an anonymous page before any consent was ticked."""
    founder, dataset_id, collection_id = founded(lite_app)
    other = Browser(lite_app, factories.account(lite_app, Role.PRODUCER))
    for browser in (Browser(lite_app), other):
        assert [browser.get(each).status_code for each in addresses(collection_id)[:2]] == [404] * 2
        assert "Dupont" not in browser.get("/catalogue").text
    assert other.get(addresses(collection_id)[2]).status_code == 404
    assert Browser(lite_app, founder).get(addresses(collection_id)[0]).status_code == 200
    factories.stage(lite_app).publish(founder, dataset_id, factories.EVERY_PURPOSE)
    assert [other.get(each).status_code for each in addresses(collection_id)] == [200] * 3
    assert "Dupont" in Browser(lite_app).get("/catalogue").text


@pytest.mark.parametrize("leaves", ["file", "account"])
def test_what_was_never_in_an_edition_disappears_with_its_founder(
    lite_app: Flask, leaves: str
) -> None:
    founder, dataset_id, collection_id = founded(lite_app)
    stage = factories.stage(lite_app)
    stage.publish(founder, dataset_id, factories.EVERY_PURPOSE)
    joiner = factories.account(lite_app, Role.PRODUCER)
    joined, _ = factories.listed(lite_app, joiner, collection_id)
    if leaves == "file":
        Browser(lite_app, founder).post(f"/datasets/{dataset_id}/erase")
    else:
        with market_of(lite_app).db.unit_of_work():
            rights.erase_account(founder, stage.doors, SECRET, waive=False)
    for browser in (Browser(lite_app), Browser(lite_app, joiner)):
        assert [browser.get(each).status_code for each in addresses(collection_id)[:2]] == [404] * 2
        assert "Dupont" not in browser.get("/catalogue").text
    with market_of(lite_app).db.unit_of_work(write=False):
        assert datasets.dataset(joiner, joined).state == "checked", "not listed any more"
    page = Browser(lite_app, joiner).get(f"/datasets/{joined}")
    assert page.status_code == 200
    assert "Dupont" not in page.text


def test_what_has_an_edition_stays_as_rules_without_its_founders_words(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    stage = factories.stage(lite_app)
    with market_of(lite_app).db.unit_of_work():
        rights.erase_account(made.producer, stage.doors, SECRET, waive=False)
    for address in (
        f"/collections/{made.collection_id}",
        f"/catalogue/{made.edition_id}?table=1",
    ):
        page = Browser(lite_app).get(address)
        assert page.status_code == 200
        for word in (
            "Lunches",
            "two places over three days",
            "the restaurants",
            "producer",
            "visit",
        ):
            assert word not in page.text.split("<main")[1].split("</main>")[0], (address, word)
        assert "north" in page.text, "the rules stay"
    assert "takes no more" in _join(lite_app, made.collection_id)


def _join(app: Flask, collection_id: str) -> str:
    newcomer = factories.account(app, Role.PRODUCER)
    with pytest.raises(Exception, match="takes no more") as refused:
        factories.uploaded(app, newcomer, collection_id=collection_id)
    return str(refused.value)
