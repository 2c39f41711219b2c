import io
import zipfile
from contextlib import nullcontext
from datetime import datetime

import pytest

from tests.support.workbooks import workbook as styled
from tests.traces.making.books import workbook
from traces import sheets
from traces import xml_elements as module
from traces.archive import Given, Member, members
from traces.errors import Damaged, TooLarge
from traces.sheets import sheet_rows
from traces.xml_elements import Element, xml_elements


def elements(text: str, *names: str) -> list[Element]:
    return list(xml_elements(io.BytesIO(text.encode()), names))


def test_the_outermost_elements_of_a_name_come_whole_and_in_order() -> None:
    found = elements('<x:r xmlns:x="u"><a n="1">p<b> q </b></a><c/><a><a/></a></x:r>', "a")
    assert [each.text for each in found] == ["p", ""]
    assert found[0].attributes == {"n": "1"}
    assert found[0].said("b") == "q"
    assert found[0].first("b", "c") is None
    assert len(list(found[1].every("a"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<a>",
        "<a></b>",
        "a",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<a>&b;</a>",
        "<a>" * 100 + "</a>" * 100,
    ],
)
def test_what_is_broken_or_hostile_is_refused(text: str) -> None:
    with pytest.raises(Damaged):
        elements(text, "a")


def test_an_element_out_of_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SIZE", 100)
    small = "<r>" + "<a>12345678</a>" * 50 + "</r>"
    assert len(elements(small, "a")) == 50
    with pytest.raises(Damaged):
        elements("<a>" + "1" * 101 + "</a>", "a")
    with pytest.raises(Damaged):
        elements(small, "r")


def test_a_sheet_gives_texts_numbers_and_nothing() -> None:
    book = workbook({"One": [["a", None, 2.5], [], ["a & b"]], "Two": [[1]]})
    (member,) = members(Given("x", io.BytesIO(book)))
    rows = [(row.sheet, [str(cell) for cell in row.cells]) for row in sheet_rows(member)]
    assert rows == [("One", ["a", "None", "2.5"]), ("One", ["a & b"]), ("Two", ["1"])]


def rewritten(book: bytes, old: bytes, new: bytes) -> bytes:
    """Return a workbook with other words in its sheets."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(held, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return held.getvalue()


def test_a_workbook_with_a_type_of_its_own_is_refused() -> None:
    book = workbook({"One": [["a"]]})
    for new, whole in ((b"<worksheet", True), (b"<!DOCTYPE worksheet><worksheet", False)):
        changed = rewritten(book, b"<worksheet", new)
        (member,) = members(Given("x", io.BytesIO(changed)))
        with nullcontext() if whole else pytest.raises(Damaged):
            assert len(list(sheet_rows(member))) == 1


def test_a_sheet_is_counted_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_PART", 2_000)
    (member,) = members(Given("x", io.BytesIO(workbook({"One": [["a"]] * 500}, packed=True))))
    with pytest.raises(TooLarge):
        list(sheet_rows(member))


def test_rows_of_a_sheet_know_their_number_and_which_cells_are_dates() -> None:
    content = styled({"a": [["x"]], "b": [["y"], [], [("date", 46000), ("money", 5), True]]})
    member = Member("book", None, lambda: io.BytesIO(content), is_workbook=True)
    assert [(row.place, row.number) for row in sheet_rows(member)] == [(0, 1), (1, 1), (1, 3)]
    assert [row.sheet for row in sheet_rows(member, place=1, most=1)] == ["b"]
    *_, last = sheet_rows(member)
    assert last.moments == {0}
    assert last.time(0) == datetime(2025, 12, 9)  # noqa: DTZ001
    assert last.at(2) == "true"
