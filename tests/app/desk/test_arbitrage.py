"""No side door: what is not owned is had by no address, nor more exactly or cheaply than bought.

One buyer owns one table of an edition, at one level. Every way that leads to figures is tried: the
interface, the pages, files, roll-ups, comparisons, changes; and all that everybody may read.
"""

import re
from itertools import combinations

import pytest

from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.catalog.products import Product, ProductKey, products, sold_tiers, table
from app.core.permissions import Actor, Role
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.users import access_tokens
from app.users.access_tokens import Scope
from pricing.tariff import exact_price
from privacy.plan.tiers import Mixed, Tier
from privacy.tables.rollup import Along, roll_up
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade

#: Ways to the figures of a table, by its key and by that of another.
BY_TOKEN = (
    "/api/v1/tables/{key}.csv",
    "/api/v1/tables/{key}.parquet",
    "/api/v1/tables/{key}.json",
    "/api/v1/tables/{key}/noise",
    "/api/v1/tables/{key}/rollup",
    "/api/v1/tables/{key}/compare?beside=0",
    "/api/v1/tables/{key}/changes?since={owned}",
    "/api/v1/tables/{owned}/changes?since={key}",
)
BY_COOKIE = (
    "/tables/{key}",
    "/tables/{key}/view.csv",
    "/tables/{owned}?since={key}",
    "/downloads/{key}/table.csv",
    "/downloads/{key}/table.xlsx",
    "/downloads/{key}/table.zip",
)
PUBLIC = (
    "/",
    "/catalogue",
    "/catalogue/{edition}",
    "/collections/{collection}",
    "/collections/{collection}/estimate",
    "/rarity",
    "/what-data-costs",
    "/catalogue.jsonld",
    "/catalogue.ttl",
    "/catalogue/{edition}.jsonld",
    "/catalogue/{edition}.ttl",
    "/catalogue/{edition}/dp-deployment.json",
    "/catalogue/{edition}/citation.csl.json",
    "/catalogue/{edition}/citation.bib",
    "/catalogue/{edition}/{key}/croissant.json",
    "/feeds/editions.atom",
    "/sitemap.xml",
    "/api/v1/editions",
    "/api/v1/editions/{edition}",
    "/api/v1/editions/{edition}/privacy",
    "/api/v1/collections/{collection}",
    "/api/v1/price-book",
    "/api/v1/rarity",
    "/api/v1/openapi.json",
)
CLOSE = 1e-9


@pytest.fixture(scope="module")
def made(trade: Trade) -> factories.Published:
    return factories.published(trade.app)


@pytest.fixture(scope="module")
def view(trade: Trade, made: factories.Published) -> ReleaseView:
    with trade.db.unit_of_work(write=False):
        return releases.release(made.edition_id)


def every(view: ReleaseView) -> list[Product]:
    return [one for tier in sold_tiers(view.release.plan) for one in products(view, tier)]


@pytest.fixture(scope="module")
def owned(trade: Trade, view: ReleaseView) -> Product:
    """The table of both columns, at the middle level: others are finer, coarser, smaller."""
    with trade.db.unit_of_work(write=False):
        return next(
            one for one in every(view) if len(one.dimensions) == 2 and one.tier.name == "silver"
        )


@pytest.fixture(scope="module")
def buyer(trade: Trade, owned: Product) -> Actor:
    somebody = factories.account(trade.app, Role.BUYER)
    trade.bought(somebody, [owned.key])
    return somebody


def figures(view: ReleaseView, one: Product) -> set[str]:
    """What stands in a table and hardly anywhere by chance: its figures that are no round ones."""
    values = table(view, one).contributions().ravel().tolist()
    return {text for value in values if len(text := f"{value:.3f}") > 5 and text[-2:] != "00"}


def test_no_address_gives_a_table_that_is_not_owned(
    trade: Trade, view: ReleaseView, owned: Product, buyer: Actor
) -> None:
    with trade.db.unit_of_work():
        token = access_tokens.make(buyer, "all", frozenset(Scope))
        others = [one.key for one in every(view) if one.key != owned.key]
    others += [ProductKey(owned.key.edition, owned.key.axes, "preview")]
    program, browser = Browser(trade.app), Browser(trade.app, buyer)
    headers = {"Authorization": f"Bearer {token}"}
    assert len(others) > 5
    for way in BY_TOKEN:
        for key in others:
            path = way.format(key=key, owned=owned.key)
            answer = program.open(path, headers=headers)
            assert answer.status_code in (404, 422), path
        if "since" not in way:
            assert program.open(way.format(key=owned.key), headers=headers).status_code == 200, way
    for way in BY_COOKIE:
        for key in others:
            path = way.format(key=key, owned=owned.key)
            answer = browser.get(path)
            assert answer.status_code == 404 or "since" in way, path
            if answer.status_code == 200:
                own = browser.get(f"/tables/{owned.key}")
                assert numbers(answer.text) <= numbers(own.text), path


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+[.,]\d+", text))


def test_nothing_that_everybody_reads_holds_a_figure_that_is_sold(
    trade: Trade, view: ReleaseView, owned: Product
) -> None:
    named = {
        "edition": view.edition.id,
        "collection": view.rules.id,
        "key": str(owned.key),
    }
    visitor = Browser(trade.app)
    with trade.db.unit_of_work(write=False):
        sold = {text for one in every(view) for text in figures(view, one)}
    assert len(sold) > 20
    for path in PUBLIC:
        answer = visitor.get(path.format(**named))
        assert answer.status_code == 200, path
        read = {
            f"{float(number):.3f}"
            for number in re.findall(r"(?<![\w.])-?\d+\.\d{3,}(?![\w.])", answer.text)
        }
        assert not read & sold, (path, read & sold)


def test_a_roll_up_is_as_noisy_as_the_smaller_table_that_costs_no_more(
    trade: Trade, view: ReleaseView
) -> None:
    plan = view.release.plan
    with trade.db.unit_of_work(write=False):
        prices, tried = price_list(), 0
        for one in every(view):
            released = table(view, one)
            for size in range(len(one.dimensions)):
                for kept in combinations(one.dimensions, size):
                    chosen = [
                        Along(
                            axis,
                            tuple((value, (value,)) for value in plan.schema.labels(axis)),
                            over=axis not in kept,
                        )
                        for axis in one.dimensions
                    ]
                    sd = plan.cell_sd(kept, one.tier)
                    for figure in roll_up(released, tuple(chosen), ("contributions",)):
                        assert figure.sd >= sd * (1 - CLOSE)
                        tried += 1
                    if kept:
                        smaller = catalog.found(
                            ProductKey(
                                one.key.edition,
                                tuple(plan.schema.axes.index(axis) for axis in kept),
                                one.tier.name,
                            )
                        )[1]
                        costs = exact_price(prices, [smaller.item])
                        assert costs <= exact_price(prices, [one.item])
    assert tried > 20


def test_tables_bought_together_are_never_as_exact_as_a_dearer_one(
    trade: Trade, view: ReleaseView
) -> None:
    """What is owned of a table at several levels is put together from the finest parts."""
    plan = view.release.plan
    with trade.db.unit_of_work(write=False):
        prices, sold = price_list(), every(view)
        alone = {one.key: exact_price(prices, [one.item]) for one in sold}
        as_exact = 0
        for bundle in (b for size in (1, 2, 3) for b in combinations(sold, size)):
            total = exact_price(prices, [one.item for one in bundle])
            for wanted in sold:
                had = _together(bundle, wanted.marginal)
                if wanted in bundle or had is None:
                    continue
                variance = plan.cell_variance(wanted.marginal, wanted.tier)
                if plan.cell_variance(wanted.marginal, had) <= variance * (1 + CLOSE):
                    assert total >= alone[wanted.key], (bundle, wanted)
                    as_exact += 1
    assert as_exact > 100


def _together(bundle: tuple[Product, ...], axes: tuple[str, ...]) -> Tier | None:
    """Return the level at which somebody with these tables has another; None if not at all."""
    finest: dict[tuple[str, ...], Tier] = {}
    for part in (p for size in range(len(axes) + 1) for p in combinations(axes, size)):
        tiers = [one.tier for one in bundle if set(part) <= set(one.marginal)]
        if not tiers:
            return None
        finest[part] = min(tiers, key=lambda tier: tier.variance_factor)
    whole = finest[axes]
    finer = tuple((part, tier) for part, tier in finest.items() if tier != whole)
    return Mixed(whole.name, whole.variance_factor, finer) if finer else whole
