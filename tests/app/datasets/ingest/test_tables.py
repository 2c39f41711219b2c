"""Every format of a table: the same rows, whatever it is written in."""

import gzip
import io
import itertools
import json
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.datasets.ingest import messages
from app.datasets.ingest.errors import SeveralTables, UploadError
from app.datasets.ingest.reading import ROW, Limits
from app.datasets.ingest.tables import read_table
from tests.support.selection import exhaustive_but
from tests.support.workbooks import workbook

ROOT = Path(__file__).resolve().parents[4]
ROWS = [["Émile", "1\u202f234,56 €"], ["Zoë; née | à, Noël\tde", "-5"]]
WHOLE = {"prénom": ["Émile", "Zoë; née | à, Noël\tde"], "dépensé": ["1\u202f234,56 €", "-5"]}


def read(content: bytes, limits: Limits | None = None, chosen: int | None = None) -> pa.Table:
    batches = read_table(lambda: io.BytesIO(content), limits or Limits(), chosen)
    return pa.Table.from_batches(batches)


def cells(content: bytes, chosen: int | None = None) -> dict[str, list[str]]:
    return read(content, None, chosen).drop_columns([ROW]).to_pydict()


def refusal(content: bytes, limits: Limits | None = None) -> UploadError:
    with pytest.raises(UploadError) as caught:
        read(content, limits)
    return caught.value


def text(delimiter: str, space: str = "\u202f") -> str:
    rows = [["prénom", "dépensé"], *ROWS]
    return "".join(
        delimiter.join(f'"{cell}"' for cell in row).replace("\u202f", space) + "\r\n"
        for row in rows
    )


def zipped(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return held.getvalue()


ENCODINGS = {
    "utf-8": "utf-8",
    "with a mark": "utf-8-sig",
    "utf-16 with a mark": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
}


@pytest.mark.parametrize(("name", "delimiter"), list(itertools.product(ENCODINGS, ",;\t|")))
def test_every_encoding_and_separator_gives_the_same_rows(name: str, delimiter: str) -> None:
    narrow = name.startswith(("windows", "iso"))
    content = text(delimiter, "\u00a0" if narrow else "\u202f").encode(ENCODINGS[name])
    found = {
        column: [cell.replace("\u00a0", "\u202f") for cell in values]
        for column, values in cells(content).items()
    }
    assert found == WHOLE


def test_a_large_file_is_decoded_by_its_last_letter_too() -> None:
    rows = "a;b\n" + "x;y\n" * 40_000 + "é;€\n"
    for encoding in ("utf-8", "cp1252", "utf-16"):
        assert read(rows.encode(encoding)).column("b")[-1].as_py() == "€"


def test_a_preamble_is_left_out_and_rows_keep_their_numbers() -> None:
    content = (
        "Relevé du compte 0123;\nSolde au 01/02/2026;12,50\n\n"
        "date;libellé;montant;solde\n03/02/2026;CB;-12,50;0\n\n04/02/2026;VIR;9;9\n"
    ).encode("cp1252")
    found = read(content)
    assert found.column("libellé").to_pylist() == ["CB", "VIR"]
    assert found.column(ROW).to_pylist() == [5, 7]


@pytest.mark.parametrize(
    "content",
    [b"who\np1,Mon\np2,Tue\n", b"who\np1,4\np2,5\n", b"who,day\np1,Mon,x\np2,Tue,y\n"],
    ids=["words", "numbers", "a name too few"],
)
def test_a_row_of_somebody_is_never_taken_for_the_header(content: bytes) -> None:
    """Names of columns become public: a preamble is assumed only where it is sure."""
    error = refusal(content)
    assert (error.message, error.row) == (messages.RAGGED, 2)


def test_a_hint_of_the_separator_and_a_lone_column_of_decimal_commas_are_read() -> None:
    assert cells(b"sep=|\na|b\n1|2\n") == {"a": ["1"], "b": ["2"]}
    assert cells(b"prix\n1,5\n2,5\n") == {"prix": ["1,5", "2,5"]}


def test_letters_that_fit_no_encoding_are_named_by_row() -> None:
    error = refusal("a,b\né,é\n".encode() + b"x,\xe9\n")
    assert (error.message, error.row) == (messages.NOT_UTF_8, 3)


@pytest.mark.parametrize("lines", [True, False], ids=["lines", "array"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_gives_the_same_rows(lines: bool, encoding: str) -> None:
    held = [
        {"day": "lundi", "paid": 3.10, "yes": True},
        {"day": "mardi", "yes": None, "place": "Créteil"},
    ]
    shown = "\n".join(map(json.dumps, held)) if lines else json.dumps(held, ensure_ascii=False)
    assert cells(shown.encode(encoding)) == {
        "day": ["lundi", "mardi"],
        "paid": ["3.1", ""],
        "yes": ["true", ""],
        "place": ["", "Créteil"],
    }


@pytest.mark.parametrize(
    ("content", "message", "row", "column"),
    [
        (b'{"a":1}\n\n{"a":{"b":2}}\n', messages.NOT_FLAT, 3, "a"),
        (b'[{"a":1},{"a":[2]}]', messages.NOT_FLAT, 2, "a"),
        (b'{"a":1}\n[1]\n', messages.NOT_OBJECTS, 2, None),
        (b'{"a":1}\n{"a":\n', messages.NOT_JSON, 2, None),
        (b'[{"a":1},{"a":2', messages.NOT_JSON, 2, None),
        (b"[]", messages.EMPTY, None, None),
        (b'[{"":1}]', messages.HEADER_EMPTY, 1, None),
        (b"[{" + b'"a":[' * 5000, messages.NOT_JSON, 1, None),
        (b'[{"a":1},{"a":"\\ud800"}]', messages.NOT_UTF_8, 2, "a"),
        (b'{"a":1}\n{"a":"\\ud800"}\n', messages.NOT_UTF_8, 2, "a"),
    ],
)
def test_json_that_is_no_table_is_named_by_row_and_column(
    content: bytes, message: messages.Message, row: int | None, column: str | None
) -> None:
    error = refusal(content)
    assert (error.message, error.row, error.column) == (message, row, column)


def test_a_workbook_gives_the_same_rows_with_dates_as_it_shows_them() -> None:
    content = workbook(
        {
            "Feuille 1": [
                ["Relevé de février"],
                [],
                [None, "jour", "heure", "quand", "payé", "oui"],
                [None, ("date", 46000), ("time", 0.605556), ("date", 46000.5), 12.5, True],
                [],
                [None, ("date", 46001), ("time", 0), ("date", 46001.25), -3],
            ]
        }
    )
    found = read(content)
    assert found.drop_columns([ROW]).to_pydict() == {
        "jour": ["2025-12-09", "2025-12-10"],
        "heure": ["14:32:00", "00:00:00"],
        "quand": ["2025-12-09 12:00:00", "2025-12-10 06:00:00"],
        "payé": ["12.5", "-3"],
        "oui": ["true", ""],
    }
    assert found.column(ROW).to_pylist() == [4, 6]


def test_of_several_sheets_the_owner_chooses_one_and_notes_do_not_count() -> None:
    table = [["a", "b"], [1, 2]]
    content = workbook({"Lisez-moi": [["un"], ["deux"]], "2024": table, "2025": [["a"], [3]]})
    assert cells(content) == {"a": ["1"], "b": ["2"]}
    both = workbook({"2024": table, "empty": [], "2025": [["a", "b"], [3, 4]]})
    with pytest.raises(SeveralTables) as caught:
        read(both)
    assert caught.value.names == ("2024", "2025")
    assert cells(both, chosen=1) == {"a": ["3"], "b": ["4"]}
    with pytest.raises(SeveralTables):
        read(both, chosen=2)


def test_a_wrong_row_of_a_workbook_is_named() -> None:
    error = refusal(workbook({"s": [["a", "b"], [1, 2], [], [1, 2, 3]]}))
    assert (error.message, error.row) == (messages.RAGGED, 4)
    error = refusal(workbook({"s": [["a", "b", "A"], [1, 2, 3]]}))
    assert (error.message, error.row, error.column) == (messages.HEADER_TWICE, 1, "A")
    assert refusal(workbook({"s": [["a"]]})).message is messages.NO_TABLE


def test_a_zip_with_one_table_is_read_and_with_two_is_asked() -> None:
    csv = text(";").encode()
    assert cells(zipped(notes__txt=b"hello, you\n", rows__csv=csv)) == WHOLE
    assert cells(zipped(rows__txt=csv)) == WHOLE
    assert cells(gzip.compress(csv)) == WHOLE
    two = zipped(one__csv=csv, two__json=b'[{"a":1}]', book__xlsx=workbook({"s": [["c"], [1]]}))
    with pytest.raises(SeveralTables) as caught:
        read(two)
    assert caught.value.names == ("one.csv", "two.json", "book.xlsx: s")
    assert cells(two, chosen=1) == {"a": ["1"]}
    assert cells(two, chosen=2) == {"c": ["1"]}


def encrypted() -> bytes:
    held = bytearray(zipped(rows__csv=b"a,b\n1,2\n"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        held[held.index(mark) + offset] |= 1
    return bytes(held)


def lying() -> bytes:
    """A zip whose list says that its member is small."""
    held = bytearray(zipped(rows__csv=b"a,b\n" + b"1,2\n" * 100_000))
    at = held.index(b"PK\x01\x02") + 24
    held[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(held)


BOMB = b"a,b\n" + b"1,2\n" * 10_000_000
DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped(rows__csv=BOMB), messages.PACKED_TOO_LARGE),
        (gzip.compress(BOMB), messages.PACKED_TOO_LARGE),
        (encrypted(), messages.ENCRYPTED),
        (zipped(inner__zip=zipped(rows__csv=b"a\n1\n")), messages.ARCHIVE_INSIDE),
        (zipped(picture__png=b"\x89PNG", movie__mp4=b"\0"), messages.NO_TABLE_INSIDE),
        (zipped(**{f"f{n}__csv": b"a\n1\n" for n in range(2_100)}), messages.TOO_MANY_INSIDE),
        (zipped(rows__csv=b"a,b\n1,2\n")[:-30], messages.DAMAGED),
        (b"7z\xbc\xaf'\x1c" + b"\0" * 300, messages.OTHER_ARCHIVE),
        (workbook({"s": [["a"], [1]]}, doctype=DOCTYPE), messages.DAMAGED),
        (workbook({"s": [[f"c{n}" for n in range(300)], [1]]}), messages.TOO_MANY_COLUMNS),
    ],
    ids=[
        "bomb",
        "gzip bomb",
        "encrypted",
        "nested",
        "no table",
        "many",
        "cut",
        "7z",
        "entities",
        "wide",
    ],
)
def test_hostile_archives_and_workbooks_are_refused(
    content: bytes, message: messages.Message
) -> None:
    assert refusal(content).message is message


def naming_its_sheet(times: int) -> bytes:
    """A workbook that names its one sheet so often."""
    with zipfile.ZipFile(io.BytesIO(workbook({"s": [["a"], [1]]}))) as book:
        held = {name.replace(".", "__"): book.read(name) for name in book.namelist()}
    named = b'<sheet name="s" sheetId="0" r:id="r0"/>'
    list_of_sheets = held["xl/workbook__xml"].replace(named, named * times)
    return zipped(**{**held, "xl/workbook__xml": list_of_sheets})


def test_a_sheet_is_looked_at_once_however_often_a_workbook_names_it() -> None:
    """Each time took a second, of a file of two kilobytes."""
    assert cells(naming_its_sheet(times=200)) == {"a": ["1"]}
    assert refusal(naming_its_sheet(times=300)).message is messages.DAMAGED


def test_a_zip_that_lies_about_its_size_gives_no_row_more() -> None:
    assert refusal(lying()).message in (messages.DAMAGED, messages.EMPTY, messages.RAGGED)


MEASURE = r"""
import io, sys, tracemalloc, zipfile
from app.datasets.ingest.reading import Limits
from app.datasets.ingest.tables import read_table
from tests.support.workbooks import workbook

kind, count = sys.argv[1], int(sys.argv[2])

def made(count):
    if kind == "xlsx":
        return workbook({"s": [["who", "paid"], *([f"p{n % 50}", n] for n in range(count))]})
    if kind == "json":
        held = (b'{"who":"p%d","paid":%d}' % (n % 50, n) for n in range(count))
        return b"[" + b",".join(held) + b"]"
    rows = "who;paid\n" + "".join(f"p{n % 50};{n}\n" for n in range(count))
    if kind == "zip":
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rows.csv", rows)
        return held.getvalue()
    return rows.encode(kind)

def read(content):
    return sum(b.num_rows for b in read_table(lambda: io.BytesIO(content), Limits()))

read(made(10))
content = made(count)
tracemalloc.start()
assert read(content) == count
print(tracemalloc.get_traced_memory()[1])
"""


def peak(kind: str, count: int) -> int:
    """The peak of Python's memory in a process of its own, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind, str(count)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


@pytest.mark.parametrize(
    "kind", exhaustive_but(["cp1252"], ["cp1252", "utf-16", "json", "zip", "xlsx"])
)
def test_memory_stays_flat_when_a_file_grows(kind: str) -> None:
    """Three times the rows, beyond one batch: buffers may fill, the peak grows by half at most."""
    assert peak(kind, 30_000) < 1.5 * peak(kind, 10_000)


WHOLE_FILES = (
    workbook({"a": [["x", "y"], [1, "é"], [("date", 4), True]], "b": [["q"], [2]]}),
    zipped(a__json=b'[{"a":1}]', b__csv=b"x\n1\n"),
    "titre\n\nété;b\n1,5;x\n".encode("utf-16"),
    b'[{"a":1},{"b":"x"}]',
    gzip.compress(b"a,b\n1,2\n"),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(WHOLE_FILES),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3), st.integers(0, 3)), max_size=5),
)
def test_damaged_files_are_read_or_refused(
    content: bytes, changes: list[tuple[float, bytes, int]]
) -> None:
    for place, put, out in changes:
        at = int(place * len(content))
        content = content[:at] + put + content[at + out :]
    with suppress(UploadError, SeveralTables):
        assert read(content).num_rows > 0
