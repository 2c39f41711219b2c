"""What people write is kept as text of a bounded length."""

import pytest

from app.core.errors import Invalid
from app.core.written import LONGEST, SHORTEST, written


def test_lines_are_kept_without_what_stands_behind_them() -> None:
    assert written("  One line  \r\nand another \n\n") == "One line\nand another"


@pytest.mark.parametrize("length", [SHORTEST, LONGEST])
def test_the_shortest_and_the_longest_text_are_taken(length: int) -> None:
    assert written("x" * length) == "x" * length


@pytest.mark.parametrize("length", [0, SHORTEST - 1, LONGEST + 1])
def test_what_is_too_short_or_too_long_is_answered(length: int) -> None:
    with pytest.raises(Invalid):
        written("x" * length)
