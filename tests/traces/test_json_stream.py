import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces.errors import Damaged
from traces.json_stream import Bounds, elements

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Slow(io.StringIO):
    """Gives a few letters at a time, and remembers how many were asked for at most."""

    asked = 0

    def read(self, size: int | None = -1, /) -> str:
        self.asked = max(self.asked, size or 0)
        return super().read(7)


def read(text: str, *path: str, bounds: Bounds | None = None) -> list[Any]:
    stream = Slow(text)
    return list(elements(stream, path, bounds or Bounds()))


@given(st.lists(VALUES), st.sampled_from([None, 1]), st.booleans())
def test_elements_are_those_of_the_standard_library(
    values: list[Any], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    assert read(text) == json.loads(text)
    assert read("\ufeff \r\n" + text + "\n") == json.loads(text)


@given(VALUES, st.lists(VALUES), VALUES)
def test_the_path_leads_past_anything(before: Any, values: list[Any], after: Any) -> None:
    text = json.dumps({"a": before, "b": {"x": before, "c": values, "y": after}, "d": after})
    assert read(text, "b", "c") == json.loads(json.dumps(values))


def test_a_path_that_is_not_there_has_no_elements() -> None:
    assert read('{"a": {"b": 1}, "c": [1]}', "a", "b") == []
    assert read('{"a": [1]}', "b") == []
    assert read('[{"a": [1]}]', "a") == []


def test_a_star_is_every_key() -> None:
    assert read('{"2024": {"v": [1]}, "2025": {"v": [2, 3]}, "n": 5}', "*", "v") == [1, 2, 3]


def test_a_number_cut_between_two_looks_is_whole() -> None:
    assert read("[1234567890, 12345678901234567890]") == [1234567890, 12345678901234567890]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{}",
        "[",
        "[1",
        "[1,",
        "[1 2]",
        "[1]]",
        '["a',
        '[{"a":1]',
        "[NaN]",
        "[Infinity]",
        "[1e999]",
    ]
    + ["[" * 5000, '[{"a":' * 5000, "[1,]", "[" + "9" * 5000 + "]", "[\x00]"],
)
def test_what_is_not_json_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        read(text)


@pytest.mark.parametrize(
    "text", ['{"b": "x', '{"b": [', '{"b": [}', '{"b" [1]}', "{1: 2}", '{"a": 1 "b"', '{"b": "\\']
)
def test_what_is_passed_over_must_end(text: str) -> None:
    with pytest.raises(Damaged):
        read(text, "a")


def test_an_element_may_be_neither_large_nor_deep() -> None:
    bounds = Bounds(size=100, depth=5)
    assert read('["' + "x" * 90 + '"]', bounds=bounds)
    for text in ('["' + "x" * 200 + '"]', '["' + "x" * 100_000, "[[[[[[[1]]]]]]]"):
        with pytest.raises(Damaged):
            read(text, bounds=bounds)
        with pytest.raises(Damaged):
            list(elements(io.StringIO(text), (), bounds))
    assert read('["[[[[[[[["]', bounds=bounds) == ["[[[[[[[["]


def test_a_large_array_is_never_held_whole() -> None:
    """Ten million letters, of which a window of some chunks is held."""
    chunk = '{"a": "' + "x" * 980 + '"},\n'

    class Endless(io.StringIO):
        given = 0

        def read(self, size: int | None = -1, /) -> str:
            self.given += 1
            if self.given > 10_000:
                return "" if self.given > 10_001 else "{}]"
            return ("[" if self.given == 1 else "") + chunk

    stream = Endless()
    assert sum(1 for _ in elements(stream)) == 10_001
    first = next(elements(Endless()))
    assert first == {"a": "x" * 980}


def test_numbers_stay_finite() -> None:
    assert all(math.isfinite(number) for number in read("[1e308, -1e308, 1e-999]"))


@given(st.lists(st.lists(VALUES) | VALUES))
def test_arrays_in_an_array_are_read_one_after_another(values: list[Any]) -> None:
    flat = [each for held in values if isinstance(held, list) for each in held]
    assert read(json.dumps({"a": values, "b": [[1]]}), "a", "[]") == flat
    assert read(json.dumps(values), "[]") == flat


def test_a_path_may_lead_through_the_elements_of_an_array() -> None:
    text = json.dumps([{"a": [1, 2], "b": [9]}, 5, {"c": 1}, [], {"a": [3]}])
    assert read(text, "[]", "a") == [1, 2, 3]
    assert read("[]", "[]", "a") == []
    assert read(json.dumps({"a": [1]}), "[]", "a") == []
    assert read(json.dumps([[1], [2, 3]]), "[]") == [1, 2, 3]
    with pytest.raises(Damaged):
        read('[{"a": [1]} {"a": [2]}]', "[]", "a")
