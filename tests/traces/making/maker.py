"""How a family of formats makes its fixtures, so that every promise can be tested on it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from traces import Declared, Given, Reason, Result, read

#: Stands in every free-text field of a fixture that is made with `marked=True`.
CANARY = "ZZCANARYZZ"
#: Stands in every identifier of such a fixture.
NUMBER = "918273645546372819"

KEY = b"a key for tests"

#: The name of a file, and its bytes.
File = tuple[str, bytes]
#: Numbers by template, month and values of a cell.
Totals = Mapping[tuple[str, str, tuple[str, ...]], tuple[float, ...]]


@dataclass(frozen=True)
class Made:
    """What one invented person gives, and what reading it must return."""

    files: tuple[File, ...]
    declared: Declared
    totals: Totals
    kept: int
    dropped: Mapping[Reason, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Maker:
    """One layout, for `tests.traces.promises`.

    Parameters
    ----------
    rows : callable
        (random, marked) -> the records of one person, some of which are dropped; with `marked`,
        the canary stands in every free-text field and the number in every identifier.
    write : callable
        (rows, part) -> one file in the provider's true layout; `part` numbers its name.
    garbage : callable
        (random) -> a record that breaks the layout: other types, other values, extremes.
    declared : Declared
        Answers to whatever the files ask.
    """

    rows: Callable[[Random, bool], list[Any]]
    write: Callable[[Sequence[Any], int], File]
    garbage: Callable[[Random], Any]
    declared: Declared


def given(*files: File) -> list[Given]:
    """Return files as a person gives them."""
    return [Given(name, io.BytesIO(content)) for name, content in files]


def read_all(
    files: Sequence[File], declared: Declared, wanted: Sequence[str] | None = None
) -> Result:
    """Read some files."""
    return read(given(*files), declared, key=KEY, wanted=wanted)


def totals_of(result: Result) -> Totals:
    """Return the numbers of a result in the shape of known totals."""
    return {
        (each.template, each.month, cell.values): cell.measures
        for each in result.slices
        for cell in each.cells
    }


def wild(random: Random, depth: int = 2) -> Any:
    """Return any value that JSON may hold, extremes included."""
    simple: list[Callable[[], Any]] = [
        lambda: None,
        lambda: random.choice((True, False)),
        lambda: random.choice((0, -1, 1, 10**30, -(10**30), 2**63)),
        lambda: random.choice((0.5, -1e300, 1e-300)),
        lambda: random.choice(
            ("", "\0", "é", "\ud800", "9999-12-31T23:59:59Z", "0001-01-01", "x" * 999)
        ),
    ]
    if depth:
        simple += [
            lambda: [wild(random, depth - 1) for _ in range(random.randrange(3))],
            lambda: {str(n): wild(random, depth - 1) for n in range(random.randrange(3))},
        ]
    return random.choice(simple)()
