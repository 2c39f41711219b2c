"""Collections in which a person in the files of several producers is one person."""

from dataclasses import replace

import pytest
from flask import Flask

from app.collections import queries as collections
from app.collections.rules import Identifier
from app.core.permissions import Actor, Role
from app.datasets import queries as datasets
from app.datasets.states import DatasetState
from app.market import market_of
from app.releases import queries
from app.releases.members import INDIVIDUALS, sources_of
from app.releases.models import EditionDataset
from tests.support import factories
from tests.support.browser import Browser

HEADER = b"who,day,place,spend\n"


def file_of(start: int, stop: int, *, shout: bool = False) -> bytes:
    names = (f"person{n}@x.example" for n in range(start, stop))
    rows = (f"{name.upper() if shout else name},Mon,north,3" for name in names)
    return HEADER + "\n".join(rows).encode()


def people_of(app: Flask) -> int:
    with market_of(app).db.unit_of_work(write=False):
        return queries.catalogue()[-1].people


@pytest.mark.both_databases
def test_whoever_is_in_two_shops_files_counts_once(app: Flask) -> None:
    stage = factories.stage(app)
    rules = factories.proposal(identifier=Identifier.EMAIL, epsilon_milli=3000)
    one, two = (factories.account(app, Role.PRODUCER) for _ in range(2))
    _, collection_id = factories.listed(app, one, content=file_of(0, 300), rules=rules)
    factories.listed(app, two, collection_id, content=file_of(0, 300, shout=True))
    stage.close(one, collection_id)
    assert abs(people_of(app) - 300) < 60


def test_a_file_whose_people_have_no_addresses_is_refused_with_a_remedy(app: Flask) -> None:
    one, two = (factories.account(app, Role.PRODUCER) for _ in range(2))
    rules = factories.proposal(identifier=Identifier.EMAIL)
    _, collection_id = factories.listed(app, one, content=file_of(0, 300), rules=rules)
    dataset_id = factories.uploaded(app, two, factories.csv_rows(), collection_id)
    factories.stage(app).check(two, dataset_id, factories.ANSWERS)
    assert state_of(app, two, dataset_id) is DatasetState.UPLOADED
    page = Browser(app, two).get(f"/datasets/{dataset_id}").text
    assert "Some rows have no e-mail address in this column" in page


def test_everybody_reads_how_people_are_told_apart(app: Flask) -> None:
    one = factories.account(app, Role.PRODUCER)
    rules = factories.proposal(identifier=Identifier.EMAIL)
    _, collection_id = factories.listed(app, one, content=file_of(0, 300), rules=rules)
    page = Browser(app).get(f"/collections/{collection_id}").text
    assert "People are told apart by their e-mail addresses" in page


def state_of(app: Flask, who: Actor, dataset_id: str) -> DatasetState:
    with market_of(app).db.unit_of_work(write=False):
        return datasets.dataset(who, dataset_id).state


def test_an_account_is_named_by_its_own_address(app: Flask) -> None:
    alone = factories.stage(app).account("person0@x.example", "Somebody", Role.PRODUCER)
    one = factories.account(app, Role.PRODUCER)
    rules = factories.proposal(identifier=Identifier.EMAIL)
    _, collection_id = factories.listed(app, one, content=file_of(0, 300), rules=rules)
    member = EditionDataset(
        edition_id="e",
        dataset_id="d",
        producer_id=alone.user_id,
        rows_object="0" * 32,
        everyone_is_me=True,
        left_out="",
    )
    with market_of(app).db.unit_of_work(write=False):
        public = collections.rules(collection_id)
        (mine,) = sources_of([member], public)[INDIVIDUALS]
        assert mine.person == "person0@x.example"
        unnamed = replace(public, identifier=Identifier.NONE)
        (mine,) = sources_of([member], unnamed)[INDIVIDUALS]
        assert mine.person == alone.user_id
