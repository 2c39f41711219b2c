"""One function from texts to stems: what is listed and what is asked go through the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import stems


def finds(asked: str, text: str) -> bool:
    """Whether each word of a search is found in a text, as both databases look for it."""
    said = set(stems.stems(text).split())
    return all(not said.isdisjoint(word) for word in stems.asked(asked))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("electricite", "Électricité par heure"),
        ("ÉLECTRICITÉ", "l’electricite"),
        ("électriques", "un véhicule électrique"),
        ("trajet", "Mes trajets du matin"),
        ("trajets", "le trajet"),
        ("lunch", "Two lunches"),
        ("lunches", "a lunch"),
        ("spending", "what people spend"),
        ("coeur", "le cœur"),
        ("hour block", "hour_block"),
        ("d’écoute", "Temps d'écoute"),
        ("東京", "walks in 東京"),
    ],
)
def test_accents_plurals_and_endings_are_found_in_both_languages(asked: str, text: str) -> None:
    assert finds(asked, text)


@pytest.mark.parametrize(
    ("asked", "text"),
    [("dinner", "lunches"), ("lunch dinner", "lunches"), ("energie", "travail"), ("東", "東京")],
)
def test_other_words_are_not_found(asked: str, text: str) -> None:
    assert not finds(asked, text)


def test_words_that_stand_everywhere_are_not_asked_for() -> None:
    assert stems.asked("the") == stems.asked("de la") == ()
    assert stems.asked("the price of electricity") == stems.asked("price electricity")


def test_a_long_question_counts_its_first_words_alone() -> None:
    assert len(stems.asked(" ".join(f"word{n}" for n in range(50)))) == stems.MOST_WORDS


@given(st.text())
def test_stems_are_plain_words_that_no_database_cuts_in_its_own_way(text: str) -> None:
    found = stems.stems(text)
    assert re.fullmatch(r"([a-z0-9]+( [a-z0-9]+)*)?", found)
    assert found.split() == list(dict.fromkeys(found.split()))


@given(st.text())
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    assert finds(text, text)
