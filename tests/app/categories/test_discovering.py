"""Finding the categories of a column: once, at one charge for one draw, offered to the owner."""

import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app import worker
from app.categories import queries as finding
from app.categories import service as discovering
from app.categories.queries import TERMS, SearchState
from app.collections.errors import BadRules
from app.consent import service as consent
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.datasets.service import checking
from app.datasets.suggesting import columns_data
from app.datasets.understanding import Answers, ColumnAnswer
from app.jobs import queries as jobs_queries
from app.market import market_of
from app.releases import queries
from privacy.discovery import plan_discovery
from privacy.loss import Rho
from tests.support import factories
from tests.support.browser import Browser

CEILING = Rho(500_000)
SHOP = 1
LONE = "the dentist of ann"


def shops(people: int = 400) -> bytes:
    """Two shops that many people go to, the blank, and one that one person goes to."""
    lines = ["who,shop,spend"]
    for n in range(people):
        lines.append(f"p{n},{('Baker', 'Grocer ')[n % 2]},3")
        lines.append(f"p{n},,4")
    # Two rows each on average: fewer would have to be asked about.
    return ("\n".join([*lines, f"ann,{LONE},5", "p0,Baker,3"]) + "\n").encode()


def start(app: Flask, content: bytes | None = None) -> tuple[Actor, str]:
    producer = factories.account(app, Role.PRODUCER)
    return producer, factories.uploaded(app, producer, content or shops())


def doors(app: Flask) -> datasets_service.Checking:
    return checking(market_of(app))


def ask(app: Flask, who: Actor, dataset_id: str, person: str = "who") -> bool:
    with market_of(app).db.unit_of_work():
        return discovering.ask(who, doors(app), CEILING, dataset_id, SHOP, person)


def known(app: Flask, dataset_id: str) -> finding.FindingView:
    with market_of(app).db.unit_of_work():
        found = finding.finding(dataset_id, SHOP)
    assert found is not None
    return found


def charges(app: Flask, who: Actor) -> list[tuple[str, int, int, float]]:
    with market_of(app).db.unit_of_work():
        return [
            (c.subject, c.attempt, c.micro_rho, c.extra_delta)
            for c in reversed(queries.charges(who.user_id))
        ]


def charge_of(dataset_id: str, attempt: int = 1) -> tuple[str, int, int, float]:
    subject = f"categories:{dataset_id}:{SHOP}"
    return (subject, attempt, TERMS.rho.micro, TERMS.threshold_delta)


def search(app: Flask, dataset_id: str, around: Callable[..., Any] | None = None) -> None:
    doors = worker.discovering(market_of(app))
    if around is not None:
        doors = replace(doors, find=around)
    discovering.find(doors, dataset_id, SHOP, lambda _: None)


def crash(app: Flask, dataset_id: str, *, after_the_mark: bool) -> None:
    """A worker that dies when all is counted, on one side of the mark or the other."""
    doors = worker.discovering(market_of(app))

    def dies(rows: Any, terms: Any, secret: str, mark: Callable[[], None]) -> Any:
        def marks() -> None:
            if after_the_mark:
                mark()
            raise RuntimeError("killed")

        return doors.find(rows, terms, secret, marks)

    with pytest.raises(RuntimeError, match="killed"):
        search(app, dataset_id, dies)


def test_the_terms_on_the_page_are_the_plan() -> None:
    plan = plan_discovery(TERMS.epsilon, TERMS.delta, TERMS.bound)
    assert (plan.rho, plan.threshold) == (TERMS.rho, TERMS.threshold)
    assert plan.threshold_delta == TERMS.threshold_delta


def test_what_can_happen_is_exactly_what_is_written() -> None:
    allowed = {
        ("wanted", "ask"): "wanted",
        ("wanted", "charge"): "charged",
        ("wanted", "refuse"): "refused",
        ("refused", "ask"): "wanted",
        ("charged", "ask"): "charged",
        ("charged", "charge"): "charged",
        ("charged", "refuse"): "refused",
        ("charged", "find"): "found",
    }
    for state, event in itertools.product(SearchState, finding.SearchEvent):
        if (state.value, event.value) in allowed:
            assert finding.next_state(state, event) == allowed[state.value, event.value]
        else:
            with pytest.raises(Conflict):
                finding.next_state(state, event)


def test_what_many_have_is_found_and_offered_and_a_lone_value_is_not(app: Flask) -> None:
    producer, dataset_id = start(app)
    assert not ask(app, producer, dataset_id)
    assert factories.run_jobs(app) == 1
    found = known(app, dataset_id)
    assert found.state is SearchState.FOUND
    assert [value for value, _ in found.people] == ["Baker", "Grocer"]
    # Noise has a standard deviation of 10 people: further off than 100 once in 10^22.
    assert all(abs(count - 200) < 100 for _, count in found.people)
    with market_of(app).db.unit_of_work():
        view = datasets.dataset(producer, dataset_id)
        understood = datasets_service.understood(producer, doors(app), dataset_id)
        with app.test_request_context():
            data = columns_data(view.answers, understood, view.offered)["columns"][SHOP]
    assert (data["role"], data["categories"], data["other"]) == ("dimension", "Baker\nGrocer", True)
    assert data["source"].endswith("partition selection, epsilon 0.5, delta 1e-7")
    assert charges(app, producer) == [charge_of(dataset_id)]


@pytest.mark.both_databases
def test_a_second_request_is_free_and_gives_the_same(app: Flask) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    ask(app, producer, dataset_id)
    factories.run_jobs(app)
    first = known(app, dataset_id)
    assert ask(app, producer, dataset_id)
    assert factories.run_jobs(app) == 0
    search(app, dataset_id)
    assert known(app, dataset_id) == first
    assert charges(app, producer) == [charge_of(dataset_id)]
    with market_of(app).db.unit_of_work():
        assert queries.spent(producer.user_id) == TERMS.rho.micro


@pytest.mark.both_databases
def test_a_finding_is_never_changed(app: Flask) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    factories.run_jobs(app)
    db = market_of(app).db
    with pytest.raises(Exception, match="written once"), db.unit_of_work() as s:
        s.query(discovering.FoundCategoriesRow).update({"people": "[]"})


def test_a_crash_before_the_mark_uses_the_same_charge(app: Flask) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    crash(app, dataset_id, after_the_mark=False)
    assert charges(app, producer) == [charge_of(dataset_id)]
    factories.run_jobs(app)
    assert known(app, dataset_id).state is SearchState.FOUND
    assert charges(app, producer) == [charge_of(dataset_id)]


def test_a_crash_after_the_mark_charges_anew(app: Flask) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    for _ in range(2):
        crash(app, dataset_id, after_the_mark=True)
    factories.run_jobs(app)
    assert known(app, dataset_id).state is SearchState.FOUND
    assert charges(app, producer) == [charge_of(dataset_id, n) for n in (1, 2, 3)]


def test_a_lost_draw_that_cannot_be_charged_again_ends_with_a_message(app: Flask) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    crash(app, dataset_id, after_the_mark=True)
    with market_of(app).db.unit_of_work():
        consent.set_ceiling(producer, TERMS.rho.micro)
    factories.run_jobs(app)
    assert (known(app, dataset_id).state, known(app, dataset_id).refused) == ("refused", "ceiling")
    assert charges(app, producer) == [charge_of(dataset_id)]
    with market_of(app).db.unit_of_work():
        consent.set_ceiling(producer, None)
    ask(app, producer, dataset_id)
    factories.run_jobs(app)
    assert known(app, dataset_id).state is SearchState.FOUND
    assert charges(app, producer) == [charge_of(dataset_id, n) for n in (1, 2)]


def test_a_late_result_of_a_lost_attempt_is_thrown_away(app: Flask) -> None:
    """A worker taken for dead comes back with noise that was drawn for the first charge."""
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    doors = worker.discovering(market_of(app))

    def overtaken(*arguments: Any) -> Any:
        late = doors.find(*arguments)
        search(app, dataset_id)
        return replace(late, people={"late": 999})

    search(app, dataset_id, overtaken)
    assert [value for value, _ in known(app, dataset_id).people] == ["Baker", "Grocer"]
    assert known(app, dataset_id).attempt == 2


@pytest.mark.parametrize("reason", ["paused", "ceiling", "erased"])
def test_nothing_is_charged_where_it_must_not_be(app: Flask, reason: str) -> None:
    """Asked at once, and by the worker where it changed in between."""
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    with market_of(app).db.unit_of_work():
        if reason == "paused":
            consent.pause(producer, True)
        elif reason == "ceiling":
            consent.set_ceiling(producer, TERMS.rho.micro - 1)
        else:
            datasets_service.erase(producer, doors(app), dataset_id)
    factories.run_jobs(app)
    assert known(app, dataset_id).refused == reason
    with pytest.raises(Conflict):
        ask(app, producer, dataset_id)
    assert charges(app, producer) == []


def test_what_was_promised_to_people_binds_the_answers(app: Flask) -> None:
    """Else one person with many numbers could be told from what was found for the numbers."""
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    factories.run_jobs(app)
    columns = (
        ColumnAnswer(
            "shop", "dimension", "shop", categories="Baker\nGrocer", other=True, source="the town"
        ),
    )
    db = market_of(app).db
    for person in ("", "spend"):
        with pytest.raises(BadRules, match="tells apart"), db.unit_of_work():
            datasets_service.answer(
                producer, doors(app), dataset_id, Answers(person, 1, columns, person)
            )
    with pytest.raises(BadRules), db.unit_of_work():
        discovering.ask(producer, doors(app), CEILING, dataset_id, 0, "spend")
    with db.unit_of_work():
        datasets_service.answer(producer, doors(app), dataset_id, Answers("who", 1, columns, "who"))


@pytest.mark.both_databases
def test_two_searches_for_different_people_charge_one(app: Flask) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    with market_of(app).db.unit_of_work():
        datasets_service.keep_answers(producer, dataset_id, Answers("spend", 1, (), "spend"))
        discovering.ask(producer, doors(app), CEILING, dataset_id, 0, "spend")
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        other = finding.finding(dataset_id, 0)
    assert other is not None
    states = {(known(app, dataset_id).state, known(app, dataset_id).refused)}
    states.add((other.state, other.refused))
    assert states == {(SearchState.FOUND, ""), (SearchState.REFUSED, "people")}
    assert len(charges(app, producer)) == 1


def test_another_persons_dataset_does_not_exist(app: Flask) -> None:
    _, dataset_id = start(app)
    other = factories.account(app, Role.PRODUCER)
    with pytest.raises(NotFound):
        ask(app, other, dataset_id)


def test_no_value_is_told_to_logs_or_jobs(
    app: Flask, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    producer, dataset_id = start(app)
    ask(app, producer, dataset_id)
    with caplog.at_level(logging.DEBUG):
        crash(app, dataset_id, after_the_mark=True)
        factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        told = json.dumps([job.message for job in jobs_queries.latest()], default=str)
    printed = capsys.readouterr()
    for text in (caplog.text, printed.out, printed.err, told):
        assert not [value for value in ("Baker", "Grocer", LONE) if value in text]


def test_from_the_columns_page_to_the_collections_rules(lite_app: Flask) -> None:
    """Through the pages alone: ask, wait, take over, check, found."""
    producer, dataset_id = start(lite_app)
    browser = Browser(lite_app, producer)
    page = browser.get(f"/datasets/{dataset_id}/columns").text
    assert 'name="find" value="1"' in page
    # The Enter key presses the first button of a form, which must not be a search.
    assert page.index('<button class="hidden"') < page.index('name="find"')
    draft = {"person": "who", "sure": "who", "bound": "1", "find": "1"}
    for n, name in enumerate(("who", "shop", "spend")):
        draft |= {f"columns-{n}-column": name, f"columns-{n}-role": "leave"}
        draft |= {f"columns-{n}-name": f"my {name}", f"columns-{n}-rule": "sum"}
        draft |= {f"columns-{n}-transform": ""}
    asked = browser.post(f"/datasets/{dataset_id}/columns", draft)
    place = f"/datasets/{dataset_id}/categories/1"
    assert asked.headers["Location"] == place
    explained = browser.get(place).text
    assert "more than about 51 people" in explained
    assert "at most 53 are right" in explained
    assert LONE not in explained
    assert browser.post(place, {"person": "who"}).status_code == 422
    assert browser.post(place, {"person": "shop", "sure": "y"}).status_code == 422
    assert browser.post(place, {"person": "who", "sure": "y"}).headers["Location"] == place
    assert "Being searched" in browser.get(place).text
    factories.run_jobs(lite_app)
    shown = browser.get(place).text
    assert "2 categories were found" in shown
    assert LONE not in shown
    again = browser.post(place)
    assert again.headers["Location"] == f"/datasets/{dataset_id}/columns"
    filled = browser.get(again.headers["Location"]).text
    assert "my shop" in filled
    assert "Baker\nGrocer</textarea>" in filled.replace("\r", "")
    source = "found in the first dataset by partition selection, epsilon 0.5, delta 1e-7"
    assert source in filled
    answers = {**draft, "columns-1-role": "dimension", "columns-1-categories": "Baker\nGrocer"}
    answers |= {"columns-1-other": "y", "columns-1-source": source}
    del answers["find"]
    browser.post(f"/datasets/{dataset_id}/columns", answers)
    factories.run_jobs(lite_app)
    with market_of(lite_app).db.unit_of_work():
        view = datasets.dataset(producer, dataset_id)
    assert (view.state, view.offered) == ("checked", {})
    rules = {"title": "Shops", "description": "x", "topic": "shopping", "person": "person"}
    rules |= {"record": "visit", "ways": "2", "epsilon_milli": "1000", "edition_days": "30"}
    rules |= {"purposes": "research"}
    made = browser.post(f"/datasets/{dataset_id}/collection", rules)
    assert made.headers["Location"] == f"/datasets/{dataset_id}/publish"
    with market_of(lite_app).db.unit_of_work():
        collection_id = datasets.dataset(producer, dataset_id).collection_id
        assert collection_id is not None
        public = datasets_service.collections.rules(collection_id)
    assert public.schema.dimensions[0].domain == ("Baker", "Grocer", "other")
    assert public.columns[0].source == source
    account = browser.get("/rights/privacy").text
    assert "categories of column “shop” found in" in account


def test_a_paused_producer_reads_why(lite_app: Flask) -> None:
    producer, dataset_id = start(lite_app)
    with market_of(lite_app).db.unit_of_work():
        consent.pause(producer, True)
    browser = Browser(lite_app, producer)
    place = f"/datasets/{dataset_id}/categories/1"
    browser.post(place, {"person": "who", "sure": "y"})
    assert "You have paused" in browser.get(place).text
    assert charges(lite_app, producer) == []


def test_the_pages_are_the_owners_alone(lite_app: Flask) -> None:
    producer, dataset_id = start(lite_app)
    place = f"/datasets/{dataset_id}/categories/1"
    for roles in ((Role.PRODUCER,), (Role.BUYER,), (Role.OPERATOR,)):
        stranger = Browser(lite_app, factories.account(lite_app, *roles))
        assert stranger.get(place).status_code == 404
        assert stranger.post(place, {"person": "who", "sure": "y"}).status_code == 404
    assert Browser(lite_app).get(place).status_code == 302
    assert (
        Browser(lite_app, producer).get(f"/datasets/{dataset_id}/categories/9").status_code == 404
    )


def test_a_search_protects_nobody_whom_the_owner_did_not_name(lite_app: Flask) -> None:
    """In the service: neither nobody, nor a shop, nor a column not asked about yet."""
    rows = "\n".join(["who,shop,spend", *(f"p{n},Baker,{n}" for n in range(200))])
    producer, dataset_id = start(lite_app, rows.encode())
    for person in ("", "shop", "who"):
        with pytest.raises(BadRules):
            ask(lite_app, producer, dataset_id, person)
    assert finding_of(lite_app, dataset_id) is None
    sure = Answers("who", 1, (), "who")
    with market_of(lite_app).db.unit_of_work():
        datasets_service.keep_answers(producer, dataset_id, sure)
    assert not ask(lite_app, producer, dataset_id)


def finding_of(app: Flask, dataset_id: str) -> finding.FindingView | None:
    with market_of(app).db.unit_of_work(write=False):
        return finding.finding(dataset_id, SHOP)
