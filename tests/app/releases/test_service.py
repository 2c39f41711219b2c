import pytest
from flask import Flask

from app import worker
from app.collections.rules import Purpose
from app.consent import service as consent
from app.core.db import session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.datasets.service import checking
from app.datasets.understanding import Answers, ColumnAnswer
from app.market import market_of
from app.releases import measuring, queries, service
from app.releases.errors import NothingListed
from app.releases.models import PublishedRelease
from app.releases.states import EditionState
from tests.support import factories
from tests.support.browser import Browser


@pytest.mark.both_databases
def test_an_edition_is_charged_measured_and_published(app: Flask) -> None:
    made = factories.published(app)
    with market_of(app).db.unit_of_work():
        view = queries.release(made.edition_id)
        assert view.edition.state is EditionState.PUBLISHED
        assert queries.spent(made.producer.user_id) == view.release.plan.rho.micro
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


def test_an_edition_without_datasets_does_not_close(app: Flask) -> None:
    made = factories.published(app)
    with pytest.raises(NothingListed), market_of(app).db.unit_of_work():
        service.close(made.producer, made.collection_id)


def test_refusing_a_purpose_puts_the_dataset_in_an_edition_sold_for_the_rest(app: Flask) -> None:
    first, second = (factories.account(app, Role.PRODUCER) for _ in range(2))
    _, collection_id = factories.listed(app, first)
    factories.listed(app, second, collection_id, frozenset({Purpose.RESEARCH}))
    with market_of(app).db.unit_of_work():
        service.close(first, collection_id)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        purposes = {frozenset(e.purposes) for e in queries.editions_of(collection_id)}
    assert purposes == {frozenset(Purpose), frozenset({Purpose.RESEARCH})}


def test_a_paused_producer_is_left_out_and_stays_listed(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    dataset_id, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        consent.pause(producer, True)
        (edition_id,) = service.close(producer, collection_id)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        assert queries.edition(edition_id).state is EditionState.EMPTY
        assert queries.spent(producer.user_id) == 0
        assert datasets.dataset(producer, dataset_id).state == "listed"


@pytest.mark.both_databases
def test_a_ceiling_that_would_be_crossed_leaves_the_producer_out(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    _, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        consent.set_ceiling(producer, 1)
        (edition_id,) = service.close(producer, collection_id)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        part = queries.participations(producer.user_id)[0]
        assert (part.left_out, queries.spent(producer.user_id)) == ("ceiling", 0)
        assert queries.edition(edition_id).state is EditionState.EMPTY


def test_rows_erased_before_the_measurement_are_not_measured(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    dataset_id, collection_id = factories.listed(app, producer)
    with market_of(app).db.unit_of_work():
        (edition_id,) = service.close(producer, collection_id)
        datasets_service.erase(producer, checking(market_of(app)), dataset_id)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        assert queries.edition(edition_id).state is EditionState.EMPTY


@pytest.mark.both_databases
def test_a_release_cannot_be_rewritten_in_the_database(app: Flask) -> None:
    factories.published(app)
    with pytest.raises(Exception, match="written once"), market_of(app).db.unit_of_work():
        session().query(PublishedRelease).update({"shares_total": 1})


def test_an_account_that_is_one_person_has_the_public_bound_as_its_share(app: Flask) -> None:
    producer = factories.account(app, Role.PRODUCER)
    dataset_id = factories.uploaded(app, producer)
    with market_of(app).db.unit_of_work():
        alone = factories.Answers("", 2, factories.ANSWERS.columns)
        datasets_service.answer(producer, checking(market_of(app)), dataset_id, alone)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        collection_id = datasets_service.found_collection(
            producer, dataset_id, factories.proposal()
        )
        datasets_service.publish(
            producer, checking(market_of(app)), dataset_id, factories.EVERY_PURPOSE
        )
        (edition_id,) = service.close(producer, collection_id)
    factories.run_jobs(app)
    with market_of(app).db.unit_of_work():
        assert queries.shares(edition_id) == {producer.user_id: 2}


def closed_with_files(app: Flask, answers: Answers, files: int) -> tuple[Actor, str]:
    """An edition of one producer who brings the same file several times."""
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
    (edition_id,) = people.close(producer, collection_id)
    return producer, edition_id


def test_the_same_customers_in_many_files_of_a_producer_are_the_same_people(app: Flask) -> None:
    """Each file was a source of its own: m files moved the tables m times for one charge."""
    producer, edition_id = closed_with_files(app, factories.ANSWERS, 5)
    with market_of(app).db.unit_of_work():
        release = queries.release(edition_id).release
        spent, shares = queries.spent(producer.user_id), queries.shares(edition_id)
    finest = release.plan.tiers[0]
    assert release.plan.sources == 2, "the producer, and nobody"
    assert spent == release.plan.rho.micro
    assert abs(release.people(finest).value - 400) < 8 * release.plan.people_sd(finest)
    assert abs(shares[producer.user_id] - 800) < 8 * release.plan.share_sd()


def test_a_person_who_brings_their_rows_in_many_files_is_one_person_with_one_share(
    app: Flask,
) -> None:
    mine = Answers("", 2, factories.ANSWERS.columns)
    producer, edition_id = closed_with_files(app, mine, 10)
    with market_of(app).db.unit_of_work():
        release = queries.release(edition_id).release
        assert queries.shares(edition_id) == {producer.user_id: 2}
        assert queries.spent(producer.user_id) == release.plan.rho.micro
    finest = release.plan.tiers[0]
    assert abs(release.people(finest).value - 1) < 8 * release.plan.people_sd(finest)


def test_the_trace_says_which_files_are_paid_together(app: Flask) -> None:
    producer, _ = closed_with_files(app, factories.ANSWERS, 2)
    page = Browser(app, producer).get("/rights/").text
    assert page.count("Paid together with your other file of this edition") == 1
