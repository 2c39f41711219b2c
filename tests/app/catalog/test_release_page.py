"""The page of an edition: its previews one at a time, what changed, where the data comes from."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.catalog import previews, products, provenance, reading_aloud, series
from app.collections import queries as collections
from app.collections.lists import BY_KEY
from app.collections.templates import collection_of, found_templates
from app.core.permissions import SYSTEM, Role
from app.market import market_of
from app.releases import queries as releases
from app.releases import service as releases_service
from privacy.schema import CubeSchema, Dimension
from privacy.tables.table import CONTRIBUTIONS, MEAN
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, trading


@pytest.fixture(scope="module")
def trade(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    folder = tmp_path_factory.mktemp("release-page")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder) as running:
        yield running


@pytest.fixture(scope="module")
def editions(trade: Trade) -> list[str]:
    """Three editions of one collection, the second with half the people of the others."""
    made = factories.published(trade.app)
    found = [made.edition_id]
    for people in (200, 400):
        content = factories.csv_rows(people)
        factories.listed(trade.app, made.producer, made.collection_id, content=content)
        found += factories.stage(trade.app).close(made.producer, made.collection_id)
    return found


def read(app: Flask, path: str) -> str:
    answer = Browser(app).get(path)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_one_column_is_previewed_at_a_time_and_links_choose_it(
    trade: Trade, editions: list[str]
) -> None:
    page = f"/catalogue/{editions[2]}"
    first, second = read(trade.app, page), read(trade.app, f"{page}?table=1")
    for text, shown, other in ((first, "day", "place"), (second, "place", "day")):
        assert f"Contributions by {shown}" in text
        assert f"Contributions by {other}" not in text
        assert text.count("<svg") == 1
    assert f'href="{page}?table=1#preview"' in first
    assert 'aria-current="true">place<' in second


@pytest.mark.parametrize("asked", ["9", "-1", "day", "1.5", "²", "99999999"])
def test_what_is_not_there_shows_the_first_column(
    trade: Trade, editions: list[str], asked: str
) -> None:
    assert "Contributions by day" in read(trade.app, f"/catalogue/{editions[0]}?table={asked}")


def test_the_page_shows_the_preview_and_nothing_that_is_sold(
    trade: Trade, editions: list[str]
) -> None:
    with trade.db.unit_of_work(write=False):
        view = releases.release(editions[2])
        free = products.preview_table(view, "day").contributions()
        sold = [
            view.release.table(("day",), tier).contributions()
            for tier in products.sold_tiers(view.release.plan)
        ]
        shown = previews.preview(view, 0)
    assert [figure.value for figure in shown.figures] == pytest.approx(free.tolist())
    text = read(trade.app, f"/catalogue/{editions[2]}")
    assert f"{round(float(free[0])):,}" in text
    differ = [one for one in sold if abs(one - free).max() > 2]
    assert differ, "this release shows nothing: its tiers agree"


def test_a_measure_is_previewed_by_its_mean(trade: Trade, editions: list[str]) -> None:
    with trade.db.unit_of_work(write=False):
        view = releases.release(editions[0])
        shown = previews.preview(view, 2)
        assert shown.figures[0].statistic == MEAN
        assert not shown.counts
        assert [figure.statistic for figure in shown.comparable] == [MEAN]
        # What the noise made of this one is chance: both answers are asked for.
        told = replace(shown.figures[0], value=40.0, low=30.0, high=50.0, distinct=True)
        said = reading_aloud.summary(replace(shown, figures=(told,)), view.rules)
        drowned = replace(told, distinct=False)
        unsaid = reading_aloud.summary(replace(shown, figures=(drowned,)), view.rules)
    assert "40.00 EUR" in said
    assert "between 30.00 and 50.00" in said
    assert "Too few contributions" in unsaid
    assert "40.00" not in unsaid


def test_the_sentence_names_the_longest_bar_with_its_interval_or_says_that_there_is_none(
    trade: Trade, editions: list[str]
) -> None:
    with trade.db.unit_of_work(write=False):
        view = releases.release(editions[0])
        shown = previews.preview(view, 1)
        bars = [
            replace(figure, value=value, low=value - 5, high=value + 5, distinct=value > 5)
            for figure, value in zip(shown.figures, (40.0, 30.0), strict=True)
        ]
        said = reading_aloud.summary(replace(shown, figures=tuple(bars)), view.rules)
        assert "“north”: about 40 contributions" in said
        assert "between 35 and 45" in said
        drowned = tuple(replace(bar, distinct=False) for bar in bars)
        said = reading_aloud.summary(replace(shown, figures=drowned), view.rules)
    assert "told apart" in said
    assert "north" not in said


def test_what_changed_is_told_since_the_edition_before_and_only_there(
    trade: Trade, editions: list[str]
) -> None:
    texts = [read(trade.app, f"/catalogue/{one}?table=1") for one in editions]
    assert "Change since" not in texts[0]
    for number, text in enumerate(texts[1:], start=1):
        assert f"Change since edition {number}" in text
        assert f"From edition {number} to edition {number + 1}:" in text
    with trade.db.unit_of_work(write=False):
        last, before = releases.release(editions[2]), releases.release(editions[1])
        step = series.step(last, previews.preview(last, 1), ())
        assert step is not None
        old = previews.preview(before, 1).figures
        new = previews.preview(last, 1).figures
    assert [each.figure.value for each in step.changes] == pytest.approx(
        [a.value - b.value for a, b in zip(new, old, strict=True)]
    )
    assert all(figure.statistic == CONTRIBUTIONS for figure in new)


def test_the_series_is_bounded_however_many_editions_there_are(
    trade: Trade, editions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MOST", 2)
    text = read(trade.app, f"/catalogue/{editions[0]}")
    assert f"/catalogue/{editions[2]}" in text
    assert f"/catalogue/{editions[1]}" in text
    with trade.db.unit_of_work(write=False):
        view = releases.release(editions[0])
        listed = series.editions(view.rules, view.edition)
        assert [each.id for each in listed] == [editions[2], editions[1]]
        # The edition before an old one is found beyond the list.
        second = releases.release(editions[1])
        step = series.step(second, previews.preview(second, 0), listed)
    assert step is not None
    assert step.earlier.id == editions[0]


def test_what_was_taken_down_or_had_too_few_people_is_in_no_series(
    trade: Trade, editions: list[str]
) -> None:
    with trade.db.unit_of_work() as unit:
        view = releases.release(editions[2])
        every = releases.newest_of(view.rules, view.edition.purposes, 9)
        assert [each.id for each in every] == editions[::-1]
        few = replace(view.rules, minimum_people=10_000)
        assert releases.newest_of(few, view.edition.purposes, 9) == ()
        assert releases.newest_of(view.rules, frozenset(), 9) == ()
        releases_service.take_down(SYSTEM, editions[1], "invented people")
        unit.flush()
        left = releases.newest_of(view.rules, view.edition.purposes, 9)
        assert [each.id for each in left] == [editions[2], editions[0]]
        unit.rollback()


def test_a_collection_shows_a_preview_over_its_editions_with_each_step(
    trade: Trade, editions: list[str]
) -> None:
    with trade.db.unit_of_work(write=False):
        collection_id = releases.edition(editions[0]).collection_id
        found = series.of_collection(collections.rules(collection_id), "1")
    assert found is not None
    assert [view.edition.id for view in found.views] == editions
    assert [(s.earlier.number, s.later.number) for s in found.steps] == [(1, 2), (2, 3)]
    assert len(found.figures) == 3 * 2
    text = read(trade.app, f"/collections/{collection_id}?table=1")
    assert "Over the editions" in text
    for first, second in ((1, 2), (2, 3)):
        assert f"From edition {first} to edition {second}:" in text


def test_one_edition_alone_is_no_series(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    assert "Over the editions" not in read(lite_app, f"/collections/{made.collection_id}")
    text = read(lite_app, f"/catalogue/{made.edition_id}")
    assert 'id="editions"' not in text


def test_values_that_changed_are_not_compared(trade: Trade, editions: list[str]) -> None:
    with trade.db.unit_of_work(write=False):
        one, other = (releases.release(each) for each in editions[:2])
        assert previews.is_alike(one, other, 0)
        days = Dimension("day", ("Mon", "Tue", "Sun"))
        schema = one.release.plan.schema
        changed = CubeSchema((days, schema.dimensions[1]), schema.measures, schema.bound)
        plan = replace(other.release.plan, schema=changed)
        other = replace(other, release=replace(other.release, plan=plan))
        assert not previews.is_alike(one, other, 0)
        assert previews.is_alike(one, other, 1)


def test_where_the_data_comes_from_is_what_the_rules_say(trade: Trade, editions: list[str]) -> None:
    text = read(trade.app, f"/catalogue/{editions[0]}")
    for said in (
        "Files that their holders uploaded",
        "Not asked. The rules name no place",
        "Only these columns were asked: day, place, spend.",
        "Rows with a value outside the lists were refused",
        "Somebody in the files of two holders counts as two.",
    ):
        assert said in text


def test_places_are_known_where_a_column_has_a_list_of_them(
    trade: Trade, editions: list[str]
) -> None:
    with trade.db.unit_of_work(write=False):
        view = releases.release(editions[0])
        schema = view.rules.schema
        regions = Dimension("where", BY_KEY["french-regions"].values)
        rules = replace(
            view.rules, schema=CubeSchema((regions,), schema.measures, 1), identifier="email"
        )
        said = {fact.name: fact.says for fact in provenance.facts(replace(view, rules=rules))}
    assert said["Places"] == ("where (Regions of France)",)
    assert "counts as one person" in said["Who gave it"][1]


def test_values_outside_the_list_are_told_by_the_preview_that_shows_them(
    trade: Trade, editions: list[str]
) -> None:
    with trade.db.unit_of_work(write=False):
        view = releases.release(editions[0])
        schema = view.rules.schema
        days = Dimension("day", ("Mon", "Tue"), other="Wed")
        whole = CubeSchema((days, schema.dimensions[1]), schema.measures, schema.bound)
        told = replace(view, rules=replace(view.rules, schema=whole))
        shown = previews.preview(view, 0)
        (other,) = (f for f in shown.figures if f.cell[0][1] == "Wed")
        said = " ".join(provenance.missing(told, shown))
        assert f"“Wed”: about {max(0, round(other.value))} contributions" in said
        assert "“Wed”" not in " ".join(provenance.missing(told, previews.preview(view, 1)))


def test_exports_and_diaries_say_how_they_came(lite_app: Flask) -> None:
    made = factories.published(lite_app)
    with market_of(lite_app).db.unit_of_work():
        found_templates()
        view = releases.release(made.edition_id)
        edition = replace(view.edition, period="2026-02")
        for template, said, never in (
            ("listening", "Spotify (all years)", "IP addresses"),
            ("diary_shopping", "A diary", "Never kept"),
        ):
            rules = collections.rules(collection_of(template) or "")
            one = replace(view, rules=rules, edition=edition)
            facts = {fact.name: " ".join(fact.says) for fact in provenance.facts(one)}
            assert said in facts["How it was collected"]
            assert facts["Period"] == "February 2026"
            assert "own consent" in facts["Who gave it"]
            assert never in " ".join(provenance.missing(one, None))


def test_whoever_owns_nothing_is_shown_nothing_as_theirs(trade: Trade, editions: list[str]) -> None:
    for browser in (
        Browser(trade.app),
        Browser(trade.app, factories.account(trade.app, Role.BUYER)),
    ):
        text = browser.get(f"/catalogue/{editions[0]}").text
        assert "Yours already" not in text
        assert "/tables/" not in text
