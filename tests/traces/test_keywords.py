import pytest

from traces.errors import InvalidTemplate
from traces.keywords import keywords_of

SOME = keywords_of(
    [
        {"key": "a", "words": ["red apple", "plum*"], "names": ["Fruits"]},
        {"key": "b", "words": ["apple"]},
    ]
)


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("RED  APPLE", "a"),
        ("the red-apple!", "a"),
        ("an apple", "b"),
        ("plumber", "a"),
        ("apples", None),
        ("pineapple", None),
        ("Âpplé", "b"),
        ("", None),
        ("fruits", None),
    ],
)
def test_whole_words_tell_a_category_and_the_first_one_counts(
    label: str, category: str | None
) -> None:
    assert SOME.of_label(label) == category


def test_a_providers_names_are_not_words_of_labels() -> None:
    assert SOME.of_name("fruits") == "a"
    assert SOME.of_name("", "apple") is None


def test_the_first_text_counts_most() -> None:
    assert SOME.of_label("apple", "plum") == "b"


@pytest.mark.parametrize("facts", [{"key": "a"}, {"key": "a", "words": ["x"], "surprise": 1}])
def test_a_table_that_lacks_something_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(InvalidTemplate):
        keywords_of([facts])
