import json
from collections import Counter
from datetime import date
from random import Random

import pytest

from tests.support.in_page import Blob, told
from tests.traces.making import bank, netflix, spotify
from tests.traces.making.archives import bomb, encrypted, zipped
from tests.traces.making.maker import CANARY, NUMBER, read_all
from traces import Given, in_page
from traces.errors import UnknownFormat
from traces.in_page import PIECE


def test_the_cells_are_those_of_the_server() -> None:
    made = spotify.make(1)[0]
    there = read_all(made.files, made.declared, ["listening"])
    here = told(*(content for _, content in made.files), wanted=("listening",))["cells"]
    assert here["traces"]["listening"] == {
        each.month: [[list(cell.values), list(cell.measures)] for cell in each.cells]
        for each in there.slices
    }
    assert here["kept"] == there.kept > 0
    assert here["dropped"] == {reason.value: count for reason, count in there.dropped.items()}
    assert here["formats"] == list(there.format_ids)


def test_no_template_is_read_but_those_that_are_asked_for() -> None:
    files = [content for _, content in spotify.make(1)[0].files]
    assert told(*files, wanted=("listening_kind",))["cells"]["traces"].keys() == {"listening_kind"}


def test_only_the_last_months_are_told() -> None:
    files = [content for _, content in spotify.make(1, months=3)[0].files]
    every = told(*files)["cells"]["traces"]["listening"]
    last = told(*files, months=2)["cells"]["traces"]["listening"]
    assert list(last) == sorted(every)[-2:]


def test_a_large_file_is_read_in_small_parts_and_each_about_once() -> None:
    play = {"endTime": "2025-05-06 18:43", "artistName": "x" * 4000, "msPlayed": 187_000}
    blob = Blob(json.dumps([{**play, "trackName": str(n)} for n in range(1_000)]).encode())
    assert told(blob)["cells"]["kept"] > 0
    assert blob.size > 10 * PIECE
    assert max(end - start for start, end in blob.parts) <= PIECE
    assert sum(end - start for start, end in blob.parts) < 1.5 * blob.size


def test_an_archive_is_sought_in_not_read_whole() -> None:
    files = spotify.make(2)[0].files
    blob = Blob(zipped(files))
    assert told(blob)["cells"] == told(*(content for _, content in files))["cells"]


def test_a_question_is_told_and_its_answer_is_taken() -> None:
    _, content = netflix.ACTIVITY.write(netflix.ACTIVITY.rows(Random(1), False), 0)
    first = told(content, wanted=("viewing",))
    (question,) = first["questions"]
    assert question["kind"] == "profile"
    assert len(question["options"]) > 1
    answers = {"profile": question["options"][0], "zone": "Nowhere", "today": "1999-01-01"}
    assert "cells" in told(content, wanted=("viewing",), answers=answers)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"hello", "unknown_format"),
        (b"", "unknown_format"),
        (encrypted([("a.json", b"[]")]), "encrypted"),
        (bomb("StreamingHistory_music_0.json"), "too_large"),
        (b"Rar!\x1a\x07\x00", "other_archive"),
    ],
    ids=["no export", "nothing", "a password", "a bomb", "another archive"],
)
def test_what_cannot_be_read_is_told_by_its_code_alone(content: bytes, code: str) -> None:
    assert told(content) == {"error": code}


def test_an_answer_that_cannot_be_used_is_told_by_its_code() -> None:
    files = [content for _, content in spotify.make(1)[0].files]
    assert told(*files, answers={"currency": "euros"}) == {"error": "invalid_declaration"}


def test_a_file_that_belongs_elsewhere_is_told_by_its_format() -> None:
    files = [content for _, content in spotify.make(1)[0].files]
    answer = told(*files, wanted=("viewing",))
    assert answer.keys() == {"error", "formats"}
    assert answer["error"] == "elsewhere"
    assert answer["formats"]
    assert all(each.startswith("spotify/") for each in answer["formats"])


def test_a_file_in_a_currency_that_no_template_has_says_so() -> None:
    pay = bank.Pay(date(2025, 3, 14), -4_250, "XXXX", "xxxx", 1, currency="PLN")
    for rows, code in (([pay], "other_currency"), ([], "nothing")):
        _, content = bank.write(rows, 0, "revolut")
        assert told(content, wanted=("spending",)) == {"error": code}


def test_nothing_of_a_file_is_in_what_is_told() -> None:
    _, content = spotify.EXTENDED.write(spotify.EXTENDED.rows(Random(3), True), 0)
    assert CANARY.encode() in content
    said = told(content)
    assert said["cells"]["kept"] > 0
    assert CANARY not in json.dumps(said)
    assert NUMBER not in json.dumps(said)


class Failing(Blob):
    """A file whose owner took it away, or for which there is no memory."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__(b"[" + b" " * 100_000)
        self._error = error

    def part(self, start: int, end: int) -> in_page.Bytes:  # type: ignore[override]
        raise self._error(CANARY)


@pytest.mark.parametrize(
    ("error", "code"), [(MemoryError, "memory"), (RuntimeError, "reading_failed")]
)
def test_what_breaks_on_the_way_is_told_without_its_words(
    error: type[Exception], code: str
) -> None:
    assert told(Failing(error)) == {"error": code}


def test_where_cells_are_too_many_the_browser_chooses_by_a_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: Counter[bytes] = Counter()

    def keyed(files: list[Given], *_: object, key: bytes, **__: object) -> None:
        seen[key] += 1
        raise UnknownFormat

    monkeypatch.setattr(in_page, "read", keyed)
    told(b"a")
    told(b"b")
    assert seen == {in_page.KEY: 2}
    assert len(in_page.KEY) == 32
