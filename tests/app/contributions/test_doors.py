import io

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
        assert collection_of("daily_body") is None


def test_a_template_reads_in_the_readers_language(open_app: Flask) -> None:
    with market_of(open_app).db.unit_of_work(write=False):
        collection_id = collection_of("listening")
        assert collections.rules(collection_id or "").title == "Listening by time of day"
    french = Browser(open_app).get(
        f"/collections/{collection_id}", headers={"Accept-Language": "fr"}
    )
    assert "Écoute selon l" in french.text
