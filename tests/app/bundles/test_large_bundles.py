"""A bundle of many tables shows one release with its sliders; nothing of the others is lost."""

import re
from collections import Counter

import pytest
from flask import Flask

from app.bundles import builder, bundle
from app.catalog.products import ProductKey
from app.core.permissions import Actor, Role
from app.market import market_of
from app.orders import holdings
from tests.support import factories
from tests.support.browser import Browser

RELEASES = 4


@pytest.fixture
def buyer(lite_app: Flask) -> Actor:
    """Somebody with every table of some releases in their bundle."""
    owner, buyer = (factories.account(lite_app, role) for role in (Role.PRODUCER, Role.BUYER))
    made = [factories.published(lite_app, owner) for _ in range(RELEASES)]
    with market_of(lite_app).db.unit_of_work():
        bundle.add(buyer, [str(key) for one in made for key in one.keys("silver")])
    return buyer


def kept(app: Flask, buyer: Actor) -> list[ProductKey]:
    with market_of(app).db.unit_of_work(write=False):
        return list(holdings.bundle_of(buyer.user_id).keys)


def fields(page: str) -> dict[str, list[str]]:
    """What the form with the sliders sends if nothing is touched."""
    form = page.split("data-sliders")[1].split("</form>")[0]
    found: dict[str, list[str]] = {"product": []}
    for name, value in re.findall(r'name="(product|level~[^"]+)"[^>]*value="([^"]+)"', form):
        found.setdefault(name, []).append(value)
    return found


def test_one_release_is_open_and_the_form_sends_all_tables(lite_app: Flask, buyer: Actor) -> None:
    before, browser = kept(lite_app, buyer), Browser(lite_app, buyer)
    assert len(before) > builder.OPEN
    page = browser.get("/bundle").text
    sent = fields(page)
    sliders = {name.split("~")[1] for name in sent if name.startswith(builder.PREFIX)}
    assert len(sliders) == 1
    assert len({ProductKey.parse(key).edition for key in sent["product"]}) == RELEASES - 1
    assert browser.post("/bundle", sent).status_code == 302
    assert kept(lite_app, buyer) == before


def test_each_release_can_be_opened(lite_app: Flask, buyer: Actor) -> None:
    browser = Browser(lite_app, buyer)
    for edition in {key.edition for key in kept(lite_app, buyer)}:
        sent = fields(browser.get(f"/bundle?open={edition}").text)
        sliders = {name.split("~")[1] for name in sent if name.startswith(builder.PREFIX)}
        assert sliders == {edition}
        moved = browser.post("/bundle", {**sent, "open": edition})
        assert moved.headers["Location"].endswith(f"/bundle?open={edition}")


def test_another_tier_for_all_reaches_releases_that_are_not_open(
    lite_app: Flask, buyer: Actor
) -> None:
    before, browser = kept(lite_app, buyer), Browser(lite_app, buyer)
    browser.post("/bundle", {**fields(browser.get("/bundle").text), "all_at": "gold"})
    after = kept(lite_app, buyer)
    assert {key.tier for key in after} == {"gold"}
    assert [(k.edition, k.axes) for k in after] == [(k.edition, k.axes) for k in before]
    gone = after[-1].edition
    browser.post("/bundle", {**fields(browser.get("/bundle").text), "without": gone})
    left = Counter(key.edition for key in kept(lite_app, buyer))
    assert gone not in left
    assert len(left) == RELEASES - 1


def test_the_lines_of_the_quote_sum_to_its_total_however_many_are_shown(
    lite_app: Flask, buyer: Actor
) -> None:
    with market_of(lite_app).db.unit_of_work(write=False):
        composed = holdings.bundle_of(buyer.user_id)
        short, whole = builder.built(composed), builder.built(composed, whole=True)
    assert composed.quote is not None
    assert short.more is not None
    assert whole.more is None
    assert short.more.tables == len(composed.chosen) - builder.LINES
    shown = sum(line.amount.micros for line in short.lines) + short.more.amount.micros
    assert shown == sum(line.amount.micros for line in whole.lines)
    assert whole.lines == tuple(composed.quote.lines)
    page = Browser(lite_app, buyer).get("/bundle").text
    assert f"{short.more.tables} more tables" in page
    assert "lines=all" in page
