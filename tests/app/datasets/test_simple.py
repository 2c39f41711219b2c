"""Three questions about a file, without a script: the same answers as the full page gives."""

import io
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from app.datasets import queries, service
from app.datasets.answering import presets
from app.datasets.ingest.profiling import profile
from app.datasets.ingest.reading import Limits
from app.datasets.ingest.tables import read_table
from app.datasets.states import DatasetState
from app.datasets.understanding import Answers, ColumnAnswer
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser

PURPOSES = ["research", "public", "commercial"]
MEANS = ("Espèces", "CARTE ")
MINE = (
    "Relevé Zanzibar 7731;\n\nquand;heure;payé;moyen\n"
    + "".join(
        f"{day:02d}/03/2026;{day % 24}h05;1\u00a0{day:03d},50\u00a0€;{MEANS[day % 2]}\n"
        for day in range(1, 29)
    )
).encode("cp1252")


def view(app: Flask, who: Actor, dataset_id: str) -> queries.DatasetView:
    with market_of(app).db.unit_of_work(write=False):
        return queries.dataset(who, dataset_id)


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send of the form as it is shown."""
    form = page.split('<form method="post" novalidate>')[1].split("</form>")[0]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag and 'type="submit"' not in tag:
            fields[name[1]] = unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', body)
        first = re.search(r'<option value="([^"]*)"', body)
        found = chosen or first
        fields[name] = unescape(found[1]) if found else ""
    return fields


def upload(browser: Browser, content: bytes, name: str = "rows.csv") -> str:
    sent = {"title": "Mes achats", "sample": "", "file": (io.BytesIO(content), name)}
    answer = browser.post("/datasets/new", sent, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"]).split("/")[2]


@pytest.mark.parametrize(
    ("language", "means", "question"),
    [
        ("en", "list-payment", "1. What is each row about?"),
        ("fr", "list-paiement", ""),
    ],
)
def test_a_small_table_of_ones_own_is_listed_with_three_answers(
    lite_app: Flask,
    browser: Browser,
    producer: Actor,
    language: str,
    means: str,
    question: str,
) -> None:
    browser.post(f"/language/{language}", {})
    dataset_id = upload(browser, MINE)
    address = f"/datasets/{dataset_id}/simple"
    page = browser.get(address)
    assert page.status_code == 200
    assert question in page.text
    assert f'<html lang="{language}"' in page.text
    fields = fields_of(page.text) | {"about": "topic:shopping", "apply": "1"}
    assert browser.post(address, fields).headers["Location"] == address
    fields = fields_of(browser.get(address).text)
    assert [fields[f"columns-{n}-use"] for n in range(4)] == [
        "weekday",
        "hour-block",
        "money-200",
        means,
    ]
    fields |= {"columns-2-use": "money-5000", "columns-3-use": "list-paiement"}
    answer = browser.post(address, fields)
    assert answer.status_code == 302, answer.text
    factories.run_jobs(lite_app)
    found = view(lite_app, producer, dataset_id)
    assert (found.state, found.row_count, found.everyone_is_me) == (DatasetState.CHECKED, 28, True)
    assert found.in_other == {}
    full = browser.get(f"/datasets/{dataset_id}/columns").text
    assert 'value="5000"' in full
    assert '<option selected value="hour-block">' in full
    rules = browser.get(f"/datasets/{dataset_id}/collection").text
    assert '<option selected value="shopping">' in rules
    again = fields_of(browser.get(address).text)
    assert (again["columns-2-use"], again["columns-0-use"]) == ("money-5000", "weekday")
    named = {"title": "Achats", "description": "Ce que j'achète.", "purposes": PURPOSES}
    founding = f"/datasets/{dataset_id}/collection"
    answer = browser.post(founding, fields_of(browser.get(founding).text) | named)
    assert answer.status_code == 302, answer.text
    agreed = {"purposes": PURPOSES, "understood": "y"}
    browser.post(f"/datasets/{dataset_id}/publish", agreed)
    assert view(lite_app, producer, dataset_id).state is DatasetState.LISTED


def test_answers_that_change_after_a_check_are_checked_again(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    """Rules were once made of answers that no row had been checked against."""
    dataset_id = upload(browser, MINE)
    address = f"/datasets/{dataset_id}/simple"
    browser.post(address, fields_of(browser.get(address).text) | {"columns-2-use": "money-5000"})
    factories.run_jobs(lite_app)
    assert view(lite_app, producer, dataset_id).state is DatasetState.CHECKED
    wrong = {f"columns-{n}-use": "" for n in range(4)}
    assert browser.post(address, fields_of(browser.get(address).text) | wrong).status_code == 422
    assert view(lite_app, producer, dataset_id).state is DatasetState.UPLOADED
    assert browser.get(f"/datasets/{dataset_id}/collection").status_code == 302


def test_nothing_of_a_file_is_suggested_or_shown_to_others_before_consent(
    lite_app: Flask, browser: Browser
) -> None:
    dataset_id = upload(browser, MINE)
    address = f"/datasets/{dataset_id}/simple"
    for page in (browser.get(address).text, browser.get(f"/datasets/{dataset_id}/columns").text):
        assert "Zanzibar" not in page
        assert "CARTE" not in page
    fields = fields_of(browser.get(address).text) | {"columns-2-use": "money-5000"}
    browser.post(address, fields)
    factories.run_jobs(lite_app)
    stranger = Browser(lite_app, factories.account(lite_app, Role.PRODUCER, Role.BUYER))
    for public in ("/", "/catalogue", "/rarity", "/datasets/new", "/datasets/"):
        answer = stranger.get(public)
        shown = answer.text
        assert answer.status_code == 200, public
        assert not any(word in shown for word in ("Zanzibar", "moyen", "quand", "Mes achats"))
    assert stranger.get(address).status_code in (403, 404)


@pytest.mark.parametrize("topic", ["shopping", "mobility", "other"])
def test_what_is_suggested_depends_on_the_kind_of_a_column_alone(topic: str) -> None:
    """Two files with other values, and the same kinds: the same suggestions."""
    shown = []
    for number, words, day in ((3, "card", "2026-01-02"), (987_654, "unique secret", "1999-12-31")):
        content = f"a,b,c,d\n{number},{words},{day},12:30\n".encode()
        columns = profile(read_table(lambda c=content: io.BytesIO(c), Limits()))
        shown.append([presets.usual(p, topic, "en") for p in columns])
    assert shown[0] == shown[1]


def test_every_preset_makes_a_schema_of_its_own_and_is_known_again() -> None:
    for preset in presets.PRESETS:
        made = preset.of("x")
        assert presets.key_of(made) == preset.key
        if made.role == "dimension":
            assert not made.categories or made.source


def test_people_are_asked_about_on_the_same_page(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    content = b"who,day\n" + b"".join(b"p%d,2026-03-02\n" % n for n in range(40))
    dataset_id = upload(browser, content)
    address = f"/datasets/{dataset_id}/simple"
    fields = fields_of(browser.get(address).text) | {"person": "who"}
    asked = browser.post(address, fields)
    assert asked.status_code == 422
    assert "This would be 40 different people" in asked.text
    assert browser.post(address, fields | {"sure": "who"}).status_code == 302
    factories.run_jobs(lite_app)
    assert view(lite_app, producer, dataset_id).state is DatasetState.CHECKED


def test_a_collection_that_fits_is_joined_and_left_again(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    owner = factories.account(lite_app, Role.PRODUCER)
    _, collection_id = factories.listed(lite_app, owner)
    renamed = factories.csv_rows().replace(b"who,day,place,spend", b"guest,day,where,paid")
    dataset_id = upload(browser, renamed.replace(b",Mon,", b", MON ,"))
    address = f"/datasets/{dataset_id}/simple"
    fields = fields_of(browser.get(address).text)
    browser.post(address, fields | {"about": f"collection:{collection_id}"})
    fields = fields_of(browser.get(address).text)
    assert fields["about"] == f"collection:{collection_id}"
    wrong = browser.post(address, fields | {"person": "guest"})
    assert wrong.status_code == 422
    assert "holds “place”" in wrong.text
    assert "holds “spend”" in wrong.text
    browser.post(address, fields | {"about": "topic:other"})
    assert view(lite_app, producer, dataset_id).collection_id is None
    browser.post(address, fields_of(browser.get(address).text) | {"about": fields["about"]})
    fields = fields_of(browser.get(address).text) | {"person": "guest"}
    uses = {"columns-0-use": "day", "columns-1-use": "where", "columns-2-use": "paid"}
    assert browser.post(address, fields | uses).status_code == 302
    factories.run_jobs(lite_app)
    found = view(lite_app, producer, dataset_id)
    assert (found.state, found.collection_id) == (DatasetState.CHECKED, collection_id)


def test_what_the_full_page_said_is_kept_by_the_three_questions(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    own = ColumnAnswer(
        "place", "dimension", "where", categories="north\nsouth", source="a map", aliases="N=north"
    )
    with market_of(lite_app).db.unit_of_work():
        from_full = Answers("who", 7, (own,), sure="who")
        service.keep_answers(producer, dataset_id, from_full)
    address = f"/datasets/{dataset_id}/simple"
    fields = fields_of(browser.get(address).text)
    place = next(k for k, v in fields.items() if v == "place" and k.endswith("-column"))
    assert fields[place.replace("-column", "-use")] == presets.KEPT
    spend = next(k for k, v in fields.items() if v == "spend" and k.endswith("-column"))
    day = next(k for k, v in fields.items() if v == "day" and k.endswith("-column"))
    left = {spend.replace("-column", "-use"): "", day.replace("-column", "-use"): ""}
    assert browser.post(address, fields | left | {"sure": "who"}).status_code == 302
    factories.run_jobs(lite_app)
    kept = view(lite_app, producer, dataset_id)
    assert kept.state is DatasetState.CHECKED
    assert kept.answers["bound"] == 7
    assert {c["aliases"] for c in kept.answers["columns"]} == {"N=north", ""}
