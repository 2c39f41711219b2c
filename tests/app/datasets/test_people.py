"""Who is protected is never guessed: nothing is chosen before, and what is unlikely is asked."""

import io

import pyarrow as pa
import pytest
from flask import Flask

from app.collections.errors import BadRules
from app.core.permissions import Actor, Role
from app.datasets import people, queries, service
from app.datasets.ingest.profiling import ColumnProfile, profile
from app.datasets.ingest.reading import Limits, read_csv
from app.datasets.people import PeopleNotSure
from app.datasets.service import checking
from app.datasets.states import DatasetState
from app.datasets.understanding import Answers
from app.market import market_of
from tests.app.datasets.test_columns import answered
from tests.support import factories
from tests.support.browser import Browser

#: One shopper's own purchases, as a bank or a shop gives them.
PURCHASES = "\n".join(
    ["date;magasin;montant;heure;numero_ticket"]
    + [
        f"2026-01-{n % 28 + 1:02};{'AB'[n % 2]};{n}.50;{8 + n % 12}:{n % 60:02};{n}"
        for n in range(1, 735)
    ]
).encode()


def columns_of(content: bytes) -> tuple[ColumnProfile, ...]:
    return profile(read_csv(io.BytesIO(content), Limits()))


def column(name: str, *values: object) -> ColumnProfile:
    (found,) = profile([pa.record_batch({name: pa.array([str(value) for value in values])})])
    return found


def test_a_shoppers_own_file_offers_no_time_amount_or_receipt_as_people() -> None:
    assert people.candidates(columns_of(PURCHASES)) == ()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("time", ("10:02", "11:15", "9:40")),
        ("x", ("10:02", "11:15:07", "9:40")),
        ("x", ("10h02", "11h15")),
        ("timestamp", (1735689600, 1735689601)),
        ("when", ("2026-01-02 10:00:01", "2026-01-03 11:00:02")),
        ("x", ("48.8566, 2.3522", "45.7640, 4.8357")),
        ("numéro_ticket", (1, 2, 3)),
        ("Numéro de facture", ("a1", "a2")),
        ("order_id", (17, 18)),
        ("InvoiceNumber", (17, 18)),
        ("montant", (17, 18)),
        ("x", (17.5, 18.25)),
        ("dateAchat", ("lundi", "mardi")),
        ("empty", ("", "")),
    ],
)
def test_what_is_no_people_is_never_offered(name: str, values: tuple[object, ...]) -> None:
    assert people.candidates([column(name, *values)]) == ()


@pytest.mark.parametrize("name", ["customer_id", "client", "who", "hhid", "patient number", "nom"])
def test_what_may_be_people_is_offered(name: str) -> None:
    assert people.candidates([column(name, "a", "b", "a")]) == (name,)


def test_the_customer_is_offered_where_the_order_stands_before() -> None:
    assert people.candidates(columns_of(b"order_id,customer_id\n1,a\n2,a\n3,b\n")) == (
        "customer_id",
    )


def test_a_column_almost_different_in_each_row_is_asked_about_with_its_numbers() -> None:
    each = (column("who", *range(734)),)
    with pytest.raises(PeopleNotSure) as asked:
        people.check(each, "who", "")
    assert "734 different people, rows of each: about 1." in asked.value.user_message
    people.check(each, "who", "who")
    with pytest.raises(PeopleNotSure):
        people.check(each, "who", "another column")
    people.check((column("who", *range(734), *range(734)),), "who", "")


@pytest.mark.parametrize(
    "name",
    [
        "lap",
        "visit_id",
        "orderid",
        "numticket",
        "ref",
        "Libellé",
        "steps",
        "name",
        "client de la commande",
        "customer_visit_id",
        "Réf. client",
        "user_started",
        "customer_zipcode",
        "household income",
        "customer_gender",
        "email_address",
    ],
)
def test_a_column_that_does_not_say_it_is_people_is_asked_about(name: str) -> None:
    several = (column(name, *(f"a{n % 100}" for n in range(400))),)
    assert people.candidates(several) == (name,)
    with pytest.raises(PeopleNotSure) as asked:
        people.check(several, name, "")
    assert "100 different people, rows of each: about 4." in asked.value.user_message
    people.check(several, name, name)


@pytest.mark.parametrize("name", ["customer_id", "Client n°", "household", "adhérent", "patientId"])
def test_a_column_that_says_it_is_people_with_several_rows_each_is_not(name: str) -> None:
    people.check((column(name, *(f"a{n % 100}" for n in range(400))),), name, "")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("CustomerID", ("12346.0", "12347.0")),
        ("household_id", ("2023-4-11", "2023-4-12")),
        ("foyer", ("4:07", "4:08")),
    ],
)
def test_people_numbered_like_amounts_or_dates_are_offered_and_asked_about(
    name: str, values: tuple[str, ...]
) -> None:
    each = (column(name, *values * 10),)
    with pytest.raises(PeopleNotSure):
        people.check(each, name, "")
    people.check(each, name, name)


def test_more_people_than_are_counted_are_asked_about() -> None:
    many = (column("who", *(n % 10_500 for n in range(42_000))),)
    with pytest.raises(PeopleNotSure) as asked:
        people.check(many, "who", "")
    assert "more than 10000 different people" in asked.value.user_message


def test_a_column_that_is_not_offered_is_refused_whoever_sends_it() -> None:
    with pytest.raises(BadRules, match="does not tell people apart"):
        people.check(columns_of(PURCHASES), "heure", "heure")


@pytest.fixture
def owner(lite_app: Flask) -> Actor:
    return factories.account(lite_app, Role.PRODUCER)


def state(app: Flask, owner: Actor, dataset_id: str) -> DatasetState:
    with market_of(app).db.unit_of_work(write=False):
        return queries.dataset(owner, dataset_id).state


def test_all_rows_are_mine_until_somebody_says_otherwise(lite_app: Flask, owner: Actor) -> None:
    dataset_id = factories.uploaded(lite_app, owner)
    page = Browser(lite_app, owner).get(f"/datasets/{dataset_id}/columns").text
    chosen = page.split('id="person"')[1].split("</select>")[0]
    assert '<option selected value="">' in chosen
    assert chosen.count("selected") == 1
    assert 'value="day"' not in chosen
    assert 'value="who"' in chosen


def test_a_file_is_held_until_the_question_is_answered_and_the_answer_is_kept(
    lite_app: Flask, owner: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, owner, factories.csv_rows(visits=1))
    browser, path = Browser(lite_app, owner), f"/datasets/{dataset_id}/columns"
    asked = browser.post(path, answered())
    assert asked.status_code == 422
    assert "400 different people, rows of each: about 1. Is that so?" in asked.text
    assert 'name="sure" value="who"' in asked.text
    assert state(lite_app, owner, dataset_id) is DatasetState.UPLOADED
    # An answer about another column is none about this one.
    assert browser.post(path, answered(sure="place")).status_code == 422
    assert browser.post(path, answered(sure="who")).status_code == 302
    with market_of(lite_app).db.unit_of_work(write=False):
        kept = queries.dataset(owner, dataset_id)
    assert (kept.state, kept.answers["sure"]) == (DatasetState.CHECKING, "who")


def test_what_is_answered_anew_during_a_check_is_what_holds(lite_app: Flask, owner: Actor) -> None:
    """Else rows of 400 people stood under the answer that all of them are one."""
    dataset_id = factories.uploaded(lite_app, owner)
    doors = checking(market_of(lite_app))
    mine = Answers("", 2, factories.ANSWERS.columns)
    with market_of(lite_app).db.unit_of_work():
        service.answer(owner, doors, dataset_id, factories.ANSWERS)

    def answer_again(_: int) -> None:
        with market_of(lite_app).db.unit_of_work():
            service.answer(owner, doors, dataset_id, mine)

    service.check(doors, dataset_id, answer_again)
    assert state(lite_app, owner, dataset_id) is DatasetState.CHECKING
    factories.run_jobs(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False):
        assert queries.dataset(owner, dataset_id).state is DatasetState.CHECKED
        rows = list(service.rows_of(owner, doors, dataset_id))
    assert {who for batch in rows for who in batch.column("person").to_pylist()} == {"me"}
