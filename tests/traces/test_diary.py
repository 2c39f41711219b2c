from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces.diary import UNSAID, Diary, Role, diaries, diary
from traces.errors import InvalidTemplate

KEY = b"a secret of the caller"
EVERY = list(diaries().values())


def entries_of(chosen: Diary) -> st.SearchStrategy[list[dict[str, str]]]:
    one = st.fixed_dictionaries(
        {ask.key: st.sampled_from([value.key for value in ask.answers]) for ask in chosen.asks}
    )
    return st.lists(one, max_size=80)


@given(st.data())
def test_any_entries_give_cells_within_the_template(data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(EVERY))
    entries = data.draw(entries_of(chosen))
    cells = chosen.cells(entries, "2026-11", KEY)
    template = chosen.template
    assert len(cells) <= template.k
    assert len({cell.values for cell in cells}) == len(cells)
    for cell in cells:
        for value, dimension in zip(cell.values, template.dimensions, strict=True):
            assert value in dimension.domain
        for number, measure in zip(cell.measures, template.measures, strict=True):
            assert measure.low <= number <= measure.high


@given(st.data())
def test_the_order_of_entries_changes_nothing(data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(EVERY))
    entries = data.draw(entries_of(chosen))
    shuffled = data.draw(st.permutations(entries))
    assert chosen.cells(entries, "2026-11", KEY) == chosen.cells(shuffled, "2026-11", KEY)


def test_an_entry_that_leaves_a_number_unsaid_is_in_no_sum_and_no_mean() -> None:
    shopping = diaries()["diary_shopping"]
    said: list[Mapping[str, str]] = [
        {"shop": "market", "loyalty_card": "no", "spent": "from_10", "own_bag": "yes"},
        {"shop": "market", "loyalty_card": "no", "spent": "from_25", "own_bag": "no"},
        {"shop": "market", "loyalty_card": "no", "spent": UNSAID, "own_bag": "no"},
        {"shop": "market", "loyalty_card": "no", "spent": "from_10", "own_bag": UNSAID},
        {"shop": "online", "loyalty_card": "no", "spent": UNSAID, "own_bag": UNSAID},
    ]
    (cell,) = shopping.cells(map(shopping.checked, said), "2026-11", KEY)
    assert cell.values == ("market", "no")
    assert cell.measures == (2, 17 + 37, 50)


def test_what_divides_people_may_stay_unsaid_and_counts_as_that() -> None:
    shopping = diaries()["diary_shopping"]
    said = shopping.checked({"spent": "from_10", "own_bag": "yes"})
    assert shopping.counts(said)
    (cell,) = shopping.cells([said], "2026-11", KEY)
    assert (cell.values, cell.measures) == ((UNSAID, UNSAID), (1, 17, 100))


def test_an_answer_that_nobody_can_choose_is_refused() -> None:
    shopping = diaries()["diary_shopping"]
    with pytest.raises(ValueError, match="none of those"):
        shopping.checked({"shop": "ZZCANARYZZ"})
    assert set(shopping.checked({"else": "ZZCANARYZZ"}).values()) == {UNSAID}


def test_every_question_has_words_in_both_languages_and_a_way_not_to_say() -> None:
    for chosen in EVERY:
        assert {ask.role for ask in chosen.asks} >= {Role.DIMENSION}
        for ask in chosen.asks:
            assert ask.title.en != ask.title.fr or ask.title.en in ("",)
            assert UNSAID in {value.key for value in ask.answers}


def test_a_diary_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(InvalidTemplate):
        diary({"key": "diary_none", "ask": []})


def facts(**changed: Any) -> dict[str, Any]:
    """A small diary of a column and a mean; `of_share` changes the latter."""
    words = {"en": "a", "fr": "b"}
    options = [["yes", "Yes", "Oui"], ["no", "No", "Non"]]
    told = [[*option, 100 * (option[0] == "yes")] for option in options]
    column = {"key": "where", "title": words, "role": "dimension", "options": options}
    share = {"key": "well", "title": words, "role": "share", "options": told}
    return {
        "key": "diary_small",
        "version": 1,
        "k": 2,
        "epsilon": "0.25",
        "minimum_people": 200,
        "title": words,
        "question": words,
        "dropped": words,
        "source": "Invented.",
        "ask": [column, share | changed.pop("of_share", {})],
    } | changed


def many(n: int) -> list[list[Any]]:
    return [[f"o{each}", "a", "b", each] for each in range(n)]


def test_the_small_diary_is_valid() -> None:
    assert diary(facts()).template.size == 3


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"epsilon": "0.6"}, ("epsilon",)),
        ({"epsilon": "0.05"}, ("epsilon",)),
        ({"minimum_people": 199}, ("minimum_people",)),
        ({"ask": facts()["ask"][:1]}, ("ask",)),
        ({"ask": facts()["ask"] * 5}, ("ask",)),
        ({"ask": [facts()["ask"][1], facts()["ask"][1] | {"key": "b"}]}, ("ask",)),
        ({"ask": [facts()["ask"][0]] * 2}, ()),
        ({"of_share": {"options": many(1)}}, ("ask", 1, "options")),
        ({"of_share": {"options": many(13)}}, ("ask", 1, "options")),
        ({"of_share": {"options": [*many(2), ["o1", "a", "b", 1]]}}, ("ask", 1, "options", 2)),
        ({"of_share": {"options": [*many(2), [UNSAID, "a", "b", 1]]}}, ("ask", 1, "options", 2)),
        ({"of_share": {"options": [["x", "a", "b", 101], *many(1)]}}, ("ask", 1, "options", 0)),
        ({"of_share": {"options": [["x", "a", "b", -1], *many(1)]}}, ("ask", 1, "options", 0)),
        ({"of_share": {"options": [["x", "a", "b", 1.5], *many(1)]}}, ("ask", 1, "options", 0)),
        ({"of_share": {"options": [["x", "a", "b", True], *many(1)]}}, ("ask", 1, "options", 0)),
        ({"of_share": {"options": [["x", "a", "b"], *many(1)]}}, ("ask", 1, "options", 0)),
        ({"of_share": {"role": "dimension"}}, ("ask", 1, "options", 0)),
        ({"of_share": {"role": "cake"}}, ("ask", 1)),
        ({"of_share": {"key": "day"}}, ("ask", 1, "title")),
        ({"of_share": {"key": "entries"}}, ("ask", 1, "title")),
        ({"of_share": {"surprise": 1}}, ("ask", 1)),
        ({"surprise": 1}, ()),
    ],
)
def test_what_cannot_be_a_diary_is_refused_and_the_place_is_named(
    changed: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    with pytest.raises(InvalidTemplate) as refused:
        diary(facts(**changed))
    assert refused.value.place == place


def test_a_diary_has_not_too_many_cells() -> None:
    column = facts()["ask"][0]
    options = [each[:3] for each in many(12)]
    asks = [column | {"key": f"c{n}", "options": options} for n in range(3)]
    with pytest.raises(InvalidTemplate) as refused:
        diary(facts(ask=asks))
    assert refused.value.rule == "a diary has not too many cells"
