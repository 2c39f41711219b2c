import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app import worker
from app.collections import queries as collections
from app.collections.rules import Purpose
from app.consent import service as consent
from app.core.db import session
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.datasets.service import checking
from app.datasets.understanding import Answers, ColumnAnswer
from app.market import market_of
from app.releases import measuring, queries, service
from app.releases.models import PublishedRelease
from app.releases.states import EditionState
from app.users import service as users
from tests.support import factories
from tests.support.browser import Browser


@pytest.mark.both_databases
def test_an_edition_is_charged_measured_and_published(app: Flask) -> None:
    made = factories.published(app)
    with market_of(app).db.unit_of_work():
        view = queries.release(made.edition_id)
        assert view.edition.state is EditionState.PUBLISHED
        spent = view.release.plan.rho.micro + view.rules.count.rho.micro
        assert queries.spent(made.producer.user_id) == spent
        assert abs(view.release.people(view.release.plan.tiers[0]).value - 400) < 200


@pytest.mark.both_databases
def test_measuring_again_charges_and_publishes_nothing_more(app: Flask) -> None:
    made = factories.published(app)
    with market_of(app).db.unit_of_work():
        before = queries.release(made.edition_id).digest
        spent = queries.spent(made.producer.user_id)
    measuring.measure(worker.measuring(market_of(app)), made.edition_id, lambda _: None)
    with market_of(app).db.unit_of_work():
        assert queries.release(made.edition_id).digest == before
        assert queries.spent(made.producer.user_id) == spent


def test_only_the_owner_closes_an_edition(app: Flask) -> None:
    producer, other = (factories.account(app, Role.PRODUCER) for _ in range(2))
    _, collection_id = factories.listed(app, producer)
    with pytest.raises(NotFound), market_of(app).db.unit_of_work():
        service.close(other, collection_id)


def closed(app: Flask, collection_id: str, owner: Actor) -> tuple[EditionState, ...]:
    """Close an edition and have it counted and measured; return how each level ended."""
    editions = factories.stage(app).close(owner, collection_id)
    with market_of(app).db.unit_of_work(write=False):
        return tuple(queries.edition(edition_id).state for edition_id in editions)


def test_each_level_of_consent_is_attempted_whoever_came(app: Flask) -> None:
    """An unusual set of purposes made an edition of its own, and was publicly listed."""
    first, second, third = (factories.account(app, Role.PRODUCER) for _ in range(3))
    _, collection_id = factories.listed(app, first, rules=factories.proposal(steps=True))
    unusual = frozenset({Purpose.RESEARCH, Purpose.COMMERCIAL})
    factories.listed(app, second, collection_id, unusual)
    with market_of(app).db.unit_of_work():
        editions = [queries.edition(each) for each in service.close(first, collection_id)]
        members = {
            each.id: {p.producer_id for p in queries.participations_in(each.id)}
            for each in editions
        }
    assert [(e.number, set(e.purposes), members[e.id]) for e in editions] == [
        (1, set(Purpose), {first.user_id}),
        (2, {Purpose.RESEARCH, Purpose.PUBLIC}, set()),
        (3, {Purpose.RESEARCH}, {second.user_id}),
    ]
    with pytest.raises(Conflict, match="first purpose"):
        factories.listed(app, third, collection_id, frozenset({Purpose.COMMERCIAL}))


def listed_alone(app: Flask, owner: Actor, collection_id: str) -> tuple[Actor, str]:
    """Somebody who brings their own rows, as one person."""
    person = factories.account(app, Role.PRODUCER)
    dataset_id = factories.uploaded(app, person, collection_id=collection_id)
    mine = tuple(ColumnAnswer(c.column, "", c.name) for c in factories.ANSWERS.columns)
    stage = factories.stage(app)
    stage.check(person, dataset_id, Answers("", 1, mine))
    stage.publish(person, dataset_id, factories.EVERY_PURPOSE)
    return person, dataset_id


def test_none_one_or_a_few_make_no_edition_and_everybody_sees_the_same(app: Flask) -> None:
    """They were told apart by a button, by a list, and by "nobody took part".

    With 100 people needed and a standard deviation of 14, three are measured once in 10^11.
    """
    owner = factories.account(app, Role.PRODUCER)
    dataset_id, collection_id = factories.listed(
        app, owner, rules=factories.proposal(minimum_people=100)
    )
    with market_of(app).db.unit_of_work():
        datasets_service.unlist(owner, dataset_id)

    def seen(edition_id: str) -> list[str]:
        browsers = Browser(app), Browser(app, owner)
        pages = [
            browser.get(address).text
            for browser in browsers
            for address in (f"/collections/{collection_id}", "/catalogue", "/")
        ] + [browsers[1].get(f"/editions/{edition_id}").text]
        changing = rf'value="[^"]{{60,}}"|Edition \d+|{edition_id}'
        return [re.sub(changing, "", page) for page in pages]

    looks = []
    people = [listed_alone(app, owner, collection_id)[0] for _ in range(3)]
    for waiting in (0, 1, 3):
        for place, person in enumerate(people):
            with market_of(app).db.unit_of_work():
                consent.pause(person, place >= waiting)
        (edition_id,) = factories.stage(app).close(owner, collection_id)
        with market_of(app).db.unit_of_work(write=False):
            assert queries.edition(edition_id).state is EditionState.CARRIED
        looks.append(seen(edition_id))
    assert looks[0] == looks[1] == looks[2]
    assert "counted with noise: carried over" in looks[0][0]
    for person in people:
        with market_of(app).db.unit_of_work(write=False):
            (mine,) = datasets.of_producer(person.user_id)
            assert mine.state == "listed", "it waits for the next closing"


def test_who_is_only_counted_is_charged_for_that_alone(app: Flask) -> None:
    owner = factories.account(app, Role.PRODUCER)
    _, collection_id = factories.listed(app, owner)
    person, dataset_id = listed_alone(app, owner, collection_id)
    with market_of(app).db.unit_of_work():
        datasets_service.unlist(owner, datasets.of_producer(owner.user_id)[0].id)
    for closings in (1, 2):
        assert closed(app, collection_id, owner) == (EditionState.CARRIED,)
        with market_of(app).db.unit_of_work(write=False):
            rho = collections.rules(collection_id).count.rho.micro
            assert queries.spent(person.user_id) == closings * rho
            assert datasets.dataset(person, dataset_id).state == "listed"
    page = Browser(app, person).get("/rights/privacy").text
    assert page.count("people counted:") == 2
    assert "carried over" in Browser(app, person).get("/rights/").text


@pytest.mark.parametrize("why", ["paused", "ceiling", "consent"])
@pytest.mark.both_databases
def test_who_is_left_out_is_not_counted_and_stays_listed(app: Flask, why: str) -> None:
    producer = factories.account(app, Role.PRODUCER)
    dataset_id, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        rules = collections.rules(collection_id)
        (edition_id,) = service.close(producer, collection_id)
        if why == "paused":
            consent.pause(producer, True)
        elif why == "ceiling":
            # Room for the count, but not for the tables after it.
            consent.set_ceiling(producer, rules.count.rho.micro + 10)
        else:
            consent.decide(producer, frozenset({Purpose.RESEARCH}))
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        (part,) = queries.participations(producer.user_id)
        assert (part.left_out, queries.spent(producer.user_id)) == (why, 0)
        assert queries.edition(edition_id).state is EditionState.CARRIED
        assert datasets.dataset(producer, dataset_id).state == "listed"


def test_what_is_erased_while_people_are_counted_strands_nobody(app: Flask) -> None:
    """The others were never put back: one person's erasing ended the job for good."""
    owner = factories.account(app, Role.PRODUCER)
    founding, collection_id = factories.listed(app, owner)
    (first, one), (other, two) = (listed_alone(app, owner, collection_id) for _ in range(2))
    with market_of(app).db.unit_of_work():
        datasets_service.unlist(owner, founding)
        (edition_id,) = service.close(owner, collection_id)
    doors = worker.measuring(market_of(app))

    def erased_meanwhile(*arguments: Any, **_more: Any) -> int:
        counted = doors.count(*arguments, **_more)
        with market_of(app).db.unit_of_work():
            datasets_service.erase(first, checking(market_of(app)), one)
        return min(counted, 0)

    measuring.measure(replace(doors, count=erased_meanwhile), edition_id, lambda _: None)
    with market_of(app).db.unit_of_work():
        assert queries.edition(edition_id).state is EditionState.CARRIED
        assert datasets.dataset(first, one).state == "erased"
        assert datasets.dataset(other, two).state == "listed"


@pytest.mark.parametrize("change", ["consent", "paused", "suspended"])
@pytest.mark.parametrize("stage", ["count", "measure"])
def test_a_wish_that_comes_between_a_crash_and_the_retry_holds(
    app: Flask, stage: str, change: str
) -> None:
    producer = factories.account(app, Role.PRODUCER)
    dataset_id, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        (edition_id,) = service.close(producer, collection_id)
    doors = worker.measuring(market_of(app))

    def dies(*_arguments: Any, **_more: Any) -> Any:
        raise RuntimeError("killed before anything was drawn")

    with pytest.raises(RuntimeError, match="killed"):
        measuring.measure(replace(doors, **{stage: dies}), edition_id, lambda _: None)
    with market_of(app).db.unit_of_work():
        if change == "consent":
            consent.decide(producer, frozenset())
        elif change == "paused":
            consent.pause(producer, True)
        else:
            users.suspend(factories.account(app, Role.OPERATOR), producer.user_id, "asked")
    measuring.measure(doors, edition_id, lambda _: None)
    with market_of(app).db.unit_of_work():
        (part,) = queries.participations(producer.user_id)
        assert (part.left_out, part.shares) == (change, None)
        assert datasets.dataset(producer, dataset_id).state == "listed"
        if stage == "measure":
            release = queries.release(edition_id).release
            finest = release.plan.tiers[0]
            assert abs(release.people(finest).value) < 8 * release.plan.people_sd(finest)


def test_what_is_counted_while_its_founder_leaves_waits_for_nothing(app: Flask) -> None:
    owner = factories.account(app, Role.PRODUCER)
    founding, collection_id = factories.listed(app, owner)
    person, dataset_id = listed_alone(app, owner, collection_id)
    with market_of(app).db.unit_of_work():
        (edition_id,) = service.close(owner, collection_id)
        datasets_service.erase(owner, checking(market_of(app)), founding)
    factories.measured_anyway(app, edition_id)
    with market_of(app).db.unit_of_work():
        assert queries.edition(edition_id).state is EditionState.CARRIED
        assert datasets.dataset(person, dataset_id).state == "checked"
        assert not collections.rules(collection_id).public


def test_rows_erased_before_the_measurement_are_not_measured(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    dataset_id, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        (edition_id,) = service.close(producer, collection_id)
        datasets_service.erase(producer, checking(market_of(app)), dataset_id)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        assert queries.edition(edition_id).state is EditionState.CARRIED
        assert queries.participations(producer.user_id)[0].left_out == "erased"


@pytest.mark.both_databases
def test_a_release_cannot_be_rewritten_in_the_database(app: Flask) -> None:
    factories.published(app)
    with pytest.raises(Exception, match="written once"), market_of(app).db.unit_of_work():
        session().query(PublishedRelease).update({"shares_total": 1})


def closed_with_files(app: Flask, answers: Answers, files: int) -> tuple[Actor, str]:
    """An edition of one producer who brings the same file several times, not counted yet."""
    producer, collection_id = factories.account(app, Role.PRODUCER), None
    people = factories.stage(app)
    for _ in range(files):
        dataset_id = factories.uploaded(app, producer, collection_id=collection_id)
        if collection_id is None:
            people.check(producer, dataset_id, answers)
            collection_id = people.found(producer, dataset_id, factories.proposal())
        else:
            same = tuple(ColumnAnswer(c.column, "", c.name) for c in answers.columns)
            people.check(producer, dataset_id, Answers(answers.person, 1, same, answers.person))
        people.publish(producer, dataset_id, factories.EVERY_PURPOSE)
    assert collection_id is not None
    with market_of(app).db.unit_of_work():
        (edition_id,) = service.close(producer, collection_id)
    return producer, edition_id


def test_the_same_customers_in_many_files_of_a_producer_are_the_same_people(app: Flask) -> None:
    """Each file was a source of its own: m files moved the tables m times for one charge."""
    producer, edition_id = closed_with_files(app, factories.ANSWERS, 5)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        release = queries.release(edition_id).release
        counting = queries.release(edition_id).rules.count.rho
        spent, shares = queries.spent(producer.user_id), queries.shares(edition_id)
    finest = release.plan.tiers[0]
    assert release.plan.sources == 3, "individuals, nobody, and the producer"
    assert spent == release.plan.rho.micro + counting.micro
    assert abs(release.people(finest).value - 400) < 8 * release.plan.people_sd(finest)
    # As many shares as people, as far as noise of people and of contributions lets it.
    assert abs(shares[producer.user_id] - 400) < 8 * (release.plan.people_sd(finest) + 20)


def test_a_person_who_brings_their_rows_in_many_files_is_one_person_with_one_share(
    app: Flask,
) -> None:
    mine = Answers("", 2, factories.ANSWERS.columns)
    producer, edition_id = closed_with_files(app, mine, 10)
    factories.measured_anyway(app, edition_id)
    with market_of(app).db.unit_of_work():
        view = queries.release(edition_id)
        release = view.release
        assert queries.shares(edition_id) == {producer.user_id: 1}
        spent = release.plan.rho.micro + view.rules.count.rho.micro
        assert queries.spent(producer.user_id) == spent
    finest = release.plan.tiers[0]
    assert abs(release.people(finest).value - 1) < 8 * release.plan.people_sd(finest)


def test_the_trace_says_which_files_are_paid_together(app: Flask) -> None:
    producer, _ = closed_with_files(app, factories.ANSWERS, 2)
    factories.run_jobs(app)
    page = Browser(app, producer).get("/rights/").text
    assert page.count("Paid together with your other file of this edition") == 1
