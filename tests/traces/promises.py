"""What every family of formats promises; a test class inherits it and names its maker.

::

    class TestExtendedKeepsThePromises(Promises):
        maker = making.spotify.EXTENDED
"""

from __future__ import annotations

import pickle
import traceback
from random import Random
from typing import ClassVar

import pytest

from tests.support.selection import exhaustive_but
from tests.traces.making.maker import CANARY, NUMBER, File, Maker, given, read_all
from traces import Declared, Result, TracesError, recognise, templates
from traces.errors import ReadingFailed
from traces.formats import formats
from traces.schema import Template

#: One of them in `make test`; the others belong to `make test-all`.
SEEDS = exhaustive_but(["0"], range(4))


def hold_the_bounds(result: Result) -> None:
    """Hold that a result has public strings alone, at most k cells, and numbers on their grids."""
    public = templates()
    assert set(result.format_ids) <= formats().keys()
    for each in result.slices:
        template = public[each.template]
        domain = set(template.cells())
        values = [cell.values for cell in each.cells]
        assert each.version == template.version
        assert len(each.month) == 7
        assert each.month.replace("-", "").isdigit()
        assert set(values) <= domain
        assert 0 < len(values) == len(set(values)) <= template.k
        for cell in each.cells:
            _hold_the_grid(template, cell.measures)


def _hold_the_grid(template: Template, numbers: tuple[float, ...]) -> None:
    for measure, number in zip(template.measures, numbers, strict=True):
        assert float(measure.low) <= number <= float(measure.high)
        steps = (number - float(measure.low)) / float(measure.resolution)
        assert abs(steps - round(steps)) < 1e-6


def hold_no_marker(text: str) -> None:
    """Hold that neither marker is in a text."""
    assert CANARY not in text
    assert NUMBER not in text


def read_or_refuse(
    files: list[File], declared: Declared, wanted: list[str]
) -> Result | TracesError:
    """Read; a refusal is an answer too, a mistake of a reader is not."""
    answer: Result | TracesError
    try:
        answer = read_all(files, declared, wanted)
    except TracesError as error:
        answer = error
    if isinstance(answer, ReadingFailed):
        pytest.fail(f"a reader made a mistake: {answer.kind} at {answer.where}")
    return answer


def everything_said(answer: Result | TracesError) -> str:
    """Return all that a result or an error says, with its causes and the frames of the library."""
    if isinstance(answer, Result):
        return repr(answer) + repr(pickle.dumps(answer))
    said = "".join(traceback.format_exception(answer)) + repr(vars(answer)) + repr(answer.args)
    assert answer.__context__ is None
    assert answer.__cause__ is None
    frames = [
        frame
        for frame, _ in traceback.walk_tb(answer.__traceback__)
        if frame.f_globals["__name__"].startswith("traces.")
    ]
    assert [frame.f_code.co_name for frame in frames] == ["read"]
    return said + repr(frames[0].f_locals)


class Promises:
    """The promises of one maker's layout."""

    maker: ClassVar[Maker]
    #: Templates to read, sensitive ones included.
    wanted: ClassVar[list[str]] = sorted(templates())

    def read(self, *files: File) -> Result:
        return read_all(files, self.maker.declared, self.wanted)

    def rows(self, seed: int, marked: bool = False) -> list[object]:
        return self.maker.rows(Random(seed), marked)

    def test_something_is_kept(self) -> None:
        """Without it, the other promises would be held by reading nothing."""
        result = self.read(self.maker.write(self.rows(0), 0))
        assert result.kept
        assert result.slices
        assert not result.questions

    @pytest.mark.parametrize("seed", SEEDS)
    def test_no_marker_leaves_the_reading(
        self,
        seed: int,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        name, content = self.maker.write(self.rows(seed, marked=True), 0)
        assert CANARY.encode() in content
        folder, _, last = name.rpartition("/")
        file = (f"{folder}/{CANARY}{NUMBER}{last}", content)
        result = self.read(file)
        assert result.kept
        printed = capfd.readouterr()
        said = [everything_said(result), repr(recognise(given(file))), caplog.text]
        for text in (*said, printed.out, printed.err):
            hold_no_marker(text)
        hold_the_bounds(result)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_garbage_rows_stay_within_bounds_and_in_the_error_tree(self, seed: int) -> None:
        random = Random(seed)
        rows = self.rows(seed, marked=True) + [self.maker.garbage(random) for _ in range(60)]
        random.shuffle(rows)
        answer = read_or_refuse([self.maker.write(rows, 0)], self.maker.declared, self.wanted)
        hold_no_marker(everything_said(answer))
        if isinstance(answer, Result):
            hold_the_bounds(answer)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_broken_bytes_stay_within_bounds_and_in_the_error_tree(
        self, seed: int, capfd: pytest.CaptureFixture[str]
    ) -> None:
        name, content = self.maker.write(self.rows(seed, marked=True), 0)
        random = Random(seed)
        for _ in range(8):
            broken = bytearray(content)
            for _ in range(random.randint(1, 4)):
                at = random.randrange(len(broken) or 1)
                end = at + random.choice((0, 0, 1, 40, len(broken)))
                broken[at:end] = random.choice(
                    (b"", b'"', b"\xff", b"\0", b"[{", b"}]", b";", b"\n")
                )
            file = (name, bytes(broken))
            answer = read_or_refuse([file], self.maker.declared, self.wanted)
            hold_no_marker(everything_said(answer))
            if isinstance(answer, Result):
                hold_the_bounds(answer)
        printed = capfd.readouterr()
        hold_no_marker(printed.out + printed.err)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_order_of_rows_changes_nothing(self, seed: int) -> None:
        rows = self.rows(seed)
        mixed = Random(seed).sample(rows, len(rows))
        first = self.read(self.maker.write(rows, 0))
        assert repr(self.read(self.maker.write(mixed, 0))) == repr(first)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_splitting_a_file_changes_nothing(self, seed: int) -> None:
        rows = self.rows(seed)
        at = Random(seed).randrange(1, len(rows))
        whole = self.read(self.maker.write(rows, 0))
        parts = [self.maker.write(rows[:at], 0), self.maker.write(rows[at:], 1)]
        assert repr(self.read(*parts)) == repr(whole)
        assert repr(self.read(*reversed(parts))) == repr(whole)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_same_file_twice_is_once(self, seed: int) -> None:
        file = self.maker.write(self.rows(seed), 0)
        once, twice = self.read(file), self.read(file, file)
        assert repr(twice.slices) == repr(once.slices)
        assert twice.kept == once.kept
