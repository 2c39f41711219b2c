"""Pages call the columns of public templates by their words, in the reader's language."""

from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import force_locale

from app.collections import queries as collections
from app.collections import wording
from app.collections.listed_words import listed_words
from app.collections.rules import CollectionRules
from app.collections.templates import collection_of, found_templates
from app.market import market_of
from app.search import stems
from tests.support.browser import Browser


@pytest.fixture
def rules(lite_app: Flask) -> CollectionRules:
    with market_of(lite_app).db.unit_of_work():
        found_templates()
        return collections.rules(collection_of("listening") or "")


def said(app: Flask, rules: CollectionRules, language: str) -> list[str]:
    with (
        app.test_request_context(),
        force_locale(language),
        market_of(app).db.unit_of_work(write=False),
    ):
        return [
            wording.title(rules),
            wording.person(rules),
            wording.record(rules),
            *wording.columns(["daytype", "minutes"], rules),
            wording.value("weekend", "daytype", rules),
            wording.unit("minutes per day", rules),
        ]


def test_a_template_speaks_the_readers_language(lite_app: Flask, rules: CollectionRules) -> None:
    french = said(lite_app, rules, "fr")
    assert french[:3] == ["Écoute selon l’heure", "personne", "mois"]
    assert french[4] == "Temps d’écoute"
    assert french[6] == "minutes par jour"
    english = said(lite_app, rules, "en")
    assert english[:3] == ["Listening by time of day", "person", "month"]
    assert not {"daytype", "weekend", "minutes"} & set(english + french)


def test_a_template_is_found_by_its_words_in_both_languages_with_or_without_accents(
    lite_app: Flask, rules: CollectionRules
) -> None:
    with lite_app.test_request_context(), market_of(lite_app).db.unit_of_work(write=False):
        said = stems.stems(listed_words(rules.id).searched).split()
    for asked in ("Écoute", "ecoutes", "LISTENING", "temps d’écoute", "samedis", "loisir"):
        for word in stems.asked(asked):
            assert not set(word).isdisjoint(said), asked


def test_what_a_founder_wrote_is_left_alone(lite_app: Flask, rules: CollectionRules) -> None:
    own = replace(rules, template="", title="Lunches", person="guest", record="visit")
    kept = ["Lunches", "guest", "visit", "daytype", "minutes", "weekend", "minutes per day"]
    assert said(lite_app, own, "fr") == kept


def test_a_column_that_a_template_has_no_more_keeps_its_name(
    lite_app: Flask, rules: CollectionRules
) -> None:
    with lite_app.test_request_context(), market_of(lite_app).db.unit_of_work(write=False):
        assert wording.column("gone", rules) == "gone"
        assert wording.value("gone", "daytype", rules) == "gone"


def test_the_pages_of_the_catalogue_show_no_key_of_a_template(
    lite_app: Flask, rules: CollectionRules
) -> None:
    french = {"Accept-Language": "fr"}
    browser = Browser(lite_app)
    page = browser.get(f"/collections/{rules.id}", headers=french).text
    assert "Temps d’écoute" in page
    assert "daytype" not in page
    assert "Écoute selon l’heure" in page
