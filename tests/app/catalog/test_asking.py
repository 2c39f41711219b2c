import pytest

from app.catalog.asking import LONGEST, address_of, search_of
from app.search.lists import Search, Sort
from app.search.paging import After


def test_a_search_survives_its_address() -> None:
    asked = Search("bread", "energy", "research", 500, Sort.PEOPLE, "c" * 32)
    assert search_of(address_of(asked)) == asked
    assert address_of(Search()) == {}
    assert search_of({"after": "5.6.7"}).after == After(5, 6, 7)


@pytest.mark.parametrize(
    "given",
    [
        {"topic": "nonsense"},
        {"purpose": "nonsense"},
        {"people": "7"},
        {"people": "-100"},
        {"people": "1e3"},
        {"sort": "random"},
        {"after": "x"},
        {"unknown": "1"},
    ],
)
def test_what_makes_no_sense_in_an_address_is_left_out(given: dict[str, str]) -> None:
    assert search_of(given) == Search()


def test_a_long_text_is_cut() -> None:
    assert len(search_of({"q": "x" * 5_000}).text) == LONGEST
