import json
import pickle
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.traces.making.maker import CANARY, KEY, given
from tests.traces.promises import everything_said
from traces import Declared, Question, QuestionKind, Reason, Result, Slice, read, templates, without
from traces.errors import (
    Damaged,
    InvalidDeclaration,
    ReadingFailed,
    TracesError,
    UnknownFormat,
)
from traces.findings import Findings
from traces.formats import format_of
from traces.reading import Reader
from traces.recognising import Match
from traces.result import Cell

KNOWN = {
    f"f/{name}/v1": format_of(
        {
            "id": f"f/{name}/v1",
            "family": "f",
            "reader": name,
            "kind": "json",
            "members": [f"{name}.json"],
            "keys": [name],
            "templates": ["listening"],
            "source": "invented",
        }
    )
    for name in ("left", "right")
}


def file(name: str, *values: Any) -> tuple[str, bytes]:
    return f"{name}.json", json.dumps([{name: value} for value in values]).encode()


def reader(name: str, then: Any = None) -> Reader:
    """Return a reader that adds an hour for each element, on 2 June 2025."""

    def reads(matches: Sequence[Match], findings: Findings) -> None:
        for match in matches:
            for element in findings.elements(match):
                findings.tally("listening").add_time(1_748_854_800_000, 1_748_858_400_000)
                findings.keep()
                if then is not None:
                    then(element[name], findings)

    return reads


def run(*files: tuple[str, bytes], declared: Declared | None = None, **then: Any) -> Result:
    readers = {name: reader(name, then.get(name)) for name in ("left", "right")}
    return read(given(*files), declared or Declared(), key=KEY, known=KNOWN, readers=readers)


def minutes(result: Result) -> list[float]:
    return [cell.measures[0] for each in result.slices for cell in each.cells]


def test_readers_of_one_template_add_up() -> None:
    assert minutes(run(file("left", 1))) == [60]
    assert minutes(run(file("left", 1), file("right", 1, 2))) == [180]


def test_a_mistake_of_a_reader_says_where_and_nothing_else() -> None:
    def mistaken(value: str, findings: Findings) -> None:
        findings.tally(value)

    with pytest.raises(ReadingFailed) as caught:
        run(file("left", CANARY), left=mistaken)
    assert caught.value.kind == "KeyError"
    assert caught.value.where.startswith("traces.findings:")
    assert CANARY not in everything_said(caught.value)


def test_an_error_names_the_file_it_comes_from() -> None:
    def damaged(value: int, findings: Findings) -> None:
        if value == 2:
            raise Damaged()

    with pytest.raises(Damaged) as caught:
        run(file("left", 1), file("right", 1), file("left", 2), left=damaged)
    assert caught.value.file == 2
    with pytest.raises(UnknownFormat) as unknown:
        run(file("left", 1), ("x", b"?"))
    assert unknown.value.file == 1


def test_a_question_holds_back_the_cells_of_its_reader_alone() -> None:
    def asks(value: str, findings: Findings) -> None:
        findings.drop(Reason.TOO_SHORT)
        if findings.declared.profile is None:
            findings.ask(QuestionKind.PROFILE, "f/left/v1", (CANARY, "other"))

    files = (file("left", 1), file("right", 1, 2))
    result = run(*files, left=asks)
    assert result.questions == (Question(QuestionKind.PROFILE, "f/left/v1", (CANARY, "other")),)
    assert minutes(result) == [120]
    assert result.kept == 2
    assert result.dropped == {}
    assert CANARY not in repr(result)
    answered = run(*files, declared=Declared(profile=CANARY), left=asks)
    assert answered.questions == ()
    assert minutes(answered) == [180]


def test_a_file_without_records_is_valid_and_said() -> None:
    assert run(("left.json", b"[]")).dropped == {Reason.NO_DATA: 1}
    assert run(("left.json", b"[]"), file("left", 1)).dropped == {Reason.NO_DATA: 1}


def test_no_files_give_nothing() -> None:
    assert read([], Declared(), key=KEY) == Result((), (), 0, {})


def test_only_the_templates_that_are_wanted_are_returned() -> None:
    files = given(file("left", 1))
    readers = {"left": reader("left")}
    asked = read(
        files, Declared(), key=KEY, known=KNOWN, readers=readers, wanted=["listening_kind"]
    )
    assert asked.slices == ()
    with pytest.raises(InvalidDeclaration):
        read(files, Declared(), key=KEY, wanted=["nothing"])


def test_a_sensitive_template_is_off_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public = dict(templates())
    public["listening"] = replace(public["listening"], sensitive=True)
    monkeypatch.setattr("traces.reading.templates", lambda: public)
    readers = {"left": reader("left")}
    files = given(file("left", 1))
    assert read(files, Declared(), key=KEY, known=KNOWN, readers=readers).slices == ()
    asked = read(files, Declared(), key=KEY, known=KNOWN, readers=readers, wanted=["listening"])
    assert minutes(asked) == [60]


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(InvalidDeclaration):
        read([], Declared(), key=b"")


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Mars/Base"}, {"zone": "../etc"}, {"date_order": "ydm"}, {"currency": "euros"}],
)
def test_a_declaration_that_cannot_be_used_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidDeclaration) as caught:
        Declared(**wrong)  # type: ignore[arg-type]
    assert caught.value.__context__ is caught.value.__cause__ is None


def test_a_declaration_hides_who_somebody_is() -> None:
    assert CANARY not in repr(Declared(profile=CANARY, account=CANARY))


def test_a_result_survives_being_stored() -> None:
    result = run(file("left", 1))
    assert pickle.loads(pickle.dumps(result)) == result


CELLS = (Cell(("weekday", "06-09"), (1,)), Cell(("weekend", "06-09"), (2,)))
RESULT = Result(
    (),
    (Slice("listening", 1, "2025-03", CELLS), Slice("listening", 1, "2025-04", CELLS)),
    9,
    {},
)


def test_a_person_can_take_out_any_cell() -> None:
    left = without(RESULT, [("listening", "2025-03", ("weekday", "06-09"))])
    assert left.cells("listening", "2025-03") == CELLS[1:]
    assert left.cells("listening", "2025-04") == CELLS
    assert left.kept == RESULT.kept


def test_a_slice_without_cells_is_gone() -> None:
    places = [("listening", "2025-03", cell.values) for cell in CELLS]
    left = without(RESULT, places)
    assert left.months == ("2025-04",)
    assert left.span == ("2025-04", "2025-04")
    assert without(RESULT, []) == RESULT
    assert Result((), (), 0, {}).span is None


def _all(error: type[TracesError]) -> list[type[TracesError]]:
    return [error, *(deeper for each in error.__subclasses__() for deeper in _all(each))]


def test_every_error_has_a_code_of_its_own_and_words() -> None:
    concrete = [each for each in _all(TracesError) if "code" in vars(each)]
    assert len({each.code for each in concrete}) == len(concrete) >= 14
    for each in concrete:
        assert each.user_message.endswith(".")
        assert each.__doc__


def test_every_reason_has_a_sentence() -> None:
    assert len({reason.sentence for reason in Reason}) == len(Reason)
