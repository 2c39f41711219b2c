import io
from math import ceil

import pytest
from flask import Flask

from app.collections import queries as collections
from app.collections.templates import collection_of
from app.contributions.families import families, group_of
from app.core.errors import Conflict
from app.core.permissions import Role
from app.datasets import service as datasets
from app.datasets.service import checking
from app.market import market_of
from privacy.loss import rho_for, right_guesses
from tests.support import factories
from tests.support.browser import Browser
from traces.formats import formats


def test_nobody_brings_a_file_about_many_people_into_a_template(open_app: Flask) -> None:
    producer = factories.account(open_app, Role.PRODUCER)
    with market_of(open_app).db.unit_of_work():
        collection_id = collection_of("listening")
        assert collection_id is not None
        doors = checking(market_of(open_app))
        with pytest.raises(Conflict, match="each person alone"):
            datasets.upload(producer, doors, io.BytesIO(b"a,b\n1,2\n"), "many", collection_id)
    page = Browser(open_app, producer).get(f"/collections/{collection_id}").text
    assert "Join with a file" not in page
    assert "/give" in page


def test_every_format_belongs_to_a_family_that_can_be_chosen(open_app: Flask) -> None:
    with market_of(open_app).db.unit_of_work(write=False):
        offered = {each.key for each in families()}
        sensitive = {"body", "sport"}
        assert {group_of(each) for each in formats().values()} - sensitive == offered
        assert "bank" in offered


def test_health_is_off_until_the_operator_switches_it_on(open_app: Flask) -> None:
    with market_of(open_app).db.unit_of_work(write=False):
        assert collection_of("daily_steps") is None


def test_the_page_of_banks_says_that_an_account_in_two_formats_counts_twice(
    open_app: Flask,
) -> None:
    says = "as OFX and as CSV it counts twice"
    assert says in Browser(open_app).get("/give/bank").text
    assert says not in Browser(open_app).get("/give/spotify").text


def test_guesses_count_all_templates_of_a_family_together(open_app: Flask) -> None:
    with market_of(open_app).db.unit_of_work(write=False):
        found = {each.key: each for each in families()}
        one, two = found["timeline"], found["electricity"]
    assert [len(each.templates) for each in (one, two)] == [1, 2]
    each = rho_for(0.25, 1e-6)
    assert one.guesses == right_guesses(each)
    assert two.guesses == right_guesses(each + each) > one.guesses
    assert f"at most {ceil(two.guesses)} times" in Browser(open_app).get("/give/electricity").text


def test_a_template_reads_in_the_readers_language(open_app: Flask) -> None:
    with market_of(open_app).db.unit_of_work(write=False):
        collection_id = collection_of("listening")
        assert collections.rules(collection_id or "").title == "Listening by time of day"
    french = Browser(open_app).get(
        f"/collections/{collection_id}", headers={"Accept-Language": "fr"}
    )
    assert "Écoute selon l" in french.text
