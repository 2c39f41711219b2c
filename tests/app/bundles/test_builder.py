from collections.abc import Callable

import pytest
from flask import Flask

from app.bundles import builder, bundle, suggestions
from app.bundles.suggestions import Why
from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.catalog.products import ProductKey
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.market import market_of
from app.orders import holdings
from app.releases import service as releases
from pricing.tariff import charge
from tests.support import factories
from tests.support.trading import Browser

Compose = Callable[[list[ProductKey]], bundle.Bundle]


@pytest.fixture
def buyer(lite_app: Flask) -> Actor:
    return factories.account(lite_app, Role.BUYER)


@pytest.fixture
def made(lite_app: Flask) -> factories.Published:
    return factories.published(lite_app)


@pytest.fixture
def composed(lite_app: Flask, buyer: Actor) -> Compose:
    def compose(keys: list[ProductKey]) -> bundle.Bundle:
        bundle.replace(buyer, [str(key) for key in keys])
        return holdings.bundle_of(buyer.user_id)

    return compose


def test_each_table_has_a_slider_from_left_out_to_the_finest_tier(
    lite_app: Flask, made: factories.Published, composed: Compose
) -> None:
    with market_of(lite_app).db.unit_of_work():
        present = composed(made.keys("silver")[:1])
        (section,) = builder.built(present).sections
        levels = {row.marginal: row.level for row in section.rows}
        assert sorted(levels.values()) == [0] * (len(levels) - 1) + [2]
        (row,) = [row for row in section.rows if row.level]
        assert [c.product.tier.name for c in row.choices] == ["bronze", "silver", "gold"]
        assert row.choice is row.choices[1]
        widths = [c.half_width for c in row.choices]
        assert widths == sorted(widths, reverse=True)
        assert [c.price for c in row.choices] == sorted(c.price for c in row.choices)
        assert section.left_out == len(section.rows) - 1


def test_what_a_table_adds_is_what_leaving_it_out_saves(
    lite_app: Flask, made: factories.Published, composed: Compose
) -> None:
    with market_of(lite_app).db.unit_of_work():
        keys = made.keys("gold")
        whole = composed(keys[:3])
        rows = [r for s in builder.built(whole).sections for r in s.rows if r.level]
        assert whole.quote is not None
        for row in rows:
            assert row.choice is not None
            rest = [key for key in keys[:3] if key != row.choice.product.key]
            less = composed(rest).quote
            assert less is not None
            assert row.adds == whole.quote.total - less.total
            assert row.adds <= row.choice.price


def test_sliders_of_a_form_become_products(
    lite_app: Flask, made: factories.Published, composed: Compose
) -> None:
    with market_of(lite_app).db.unit_of_work():
        present = composed(made.keys("gold"))
        rows = builder.built(present).sections[0].rows
        form = {row.field: "0" for row in rows}
        assert builder.chosen_keys(form) == []
        form[rows[0].field], form[rows[1].field] = "1", "99"
        assert builder.chosen_keys(form) == [
            str(rows[0].choices[0].product.key),
            str(rows[1].choices[2].product.key),
        ]
        silver = builder.chosen_keys({**form, "all_at": "silver"})
        assert [key.rsplit("~", 1)[1] for key in silver] == ["silver", "silver"]
        assert builder.chosen_keys({**form, "without": made.edition_id}) == []
        assert builder.chosen_keys({**form, rows[0].field: "-1", "other": "x"}) == [
            str(rows[1].choices[2].product.key)
        ]
        with pytest.raises(NotFound):
            builder.chosen_keys({"level~nothing~0": "1"})


def test_the_curve_prices_the_same_tables_at_each_tier(
    lite_app: Flask, made: factories.Published, composed: Compose
) -> None:
    with market_of(lite_app).db.unit_of_work():
        parts = builder.built(composed(made.keys("silver")[:2]))
        assert [v.name for v in parts.tiers] == ["bronze", "silver", "gold"]
        assert [v.present for v in parts.tiers] == [False, True, False]
        for variant in parts.tiers:
            items = catalog.items(made.keys(variant.name)[:2])
            assert variant.total == charge(price_list(), items)
        (line,) = parts.curve().lines
        tops = [point.top for point in line.points]
        assert tops == sorted(tops, reverse=True)
        assert [point.text for point in line.points] == ["", "here", ""]


def test_the_shares_add_up_and_other_ways_cost_no_less(
    lite_app: Flask, made: factories.Published, composed: Compose
) -> None:
    other = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work():
        present = composed([*made.keys()[:2], *other.keys()[:2]])
        parts = builder.built(present)
        assert present.quote is not None
        assert parts.shares is not None
        total = present.quote.total
        assert parts.shares.platform + parts.shares.contributors == total
        assert sum(m.micros for m in parts.shares.editions.values()) == (
            parts.shares.contributors.micros
        )
        assert {v.name for v in parts.without} == {made.edition_id, other.edition_id}
        best = parts.cheapest_route
        assert best is not None
        assert best.total >= total
        assert len(parts.routes) >= 5


def test_suggestions_complete_the_bundle_from_the_catalogue(
    lite_app: Flask, composed: Compose
) -> None:
    owner = factories.account(lite_app, Role.PRODUCER)
    first = factories.published(lite_app, owner)
    factories.published(lite_app)
    factories.listed(lite_app, owner, first.collection_id)
    with market_of(lite_app).db.unit_of_work():
        releases.close(owner, first.collection_id)
    factories.run_jobs(lite_app)
    with market_of(lite_app).db.unit_of_work():
        by_name = {p.axes: p for p in first.keys()}
        present = composed([by_name[(0,)], by_name[(1,)]])
        found = suggestions.suggested(present)
        assert {s.why for s in found} == set(Why)
        assert len(found) <= suggestions.MOST
        assert present.quote is not None
        for one in found:
            keys = [p.key for p in one.products]
            assert not set(keys) & set(present.keys)
            more = composed([*present.keys, *keys]).quote
            assert more is not None
            assert one.extra == more.total - present.quote.total
        (together,) = [s for s in found if s.why is Why.TOGETHER]
        assert together.products[0].key.axes == (0, 1)


def test_the_page_follows_a_slider_with_scripts_and_without(
    lite_app: Flask, made: factories.Published, buyer: Actor
) -> None:
    browser = Browser(lite_app, buyer)
    with market_of(lite_app).db.unit_of_work(write=False):
        key = made.keys("silver")[0]
    browser.post("/bundle/add", product=str(key))
    field = f"level~{key.edition}~{'-'.join(map(str, key.axes))}"
    token = {"csrf_token": browser.token(), field: "3"}
    moved = browser.client.post("/bundle", data=token, headers={"HX-Request": "true"}).text
    assert moved.lstrip().startswith('<section class="card" id="price"')
    assert 'hx-swap-oob="true"' in moved
    assert "<b>gold</b>" in moved
    assert "<html" not in moved
    plain = browser.post("/bundle", **{field: "2"})
    assert plain.status_code == 302
    assert "<b>silver</b>" in browser.get("/bundle").text
    assert browser.post("/bundle", **{field: "2", "all_at": "bronze"}).status_code == 302
    assert "<b>bronze</b>" in browser.get("/bundle").text
