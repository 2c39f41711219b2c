from typing import Any

import pytest

from tests.traces.making import archives
from tests.traces.making.maker import File, given
from traces import Recognition, recognise
from traces.errors import Ambiguous, ChooseJson, NestedArchive, UnknownFormat
from traces.formats import Format, format_of


def known(*changed: dict[str, Any]) -> dict[str, Format]:
    plain = {"family": "f", "reader": "f", "source": "invented", "templates": ["listening"]}
    made = [format_of(plain | {"members": ["*.json", "*.csv"]} | each) for each in changed]
    return {each.id: each for each in made}


A = {"id": "f/a/v1", "kind": "json", "keys": ["a"]}
AB = {"id": "f/ab/v1", "kind": "json", "keys": ["a", "b"]}
B = {"id": "f/b/v1", "kind": "json", "keys": ["b"]}
TABLE = {"id": "f/t/v1", "kind": "table", "columns": {"d": ["Date", "Jour"]}, "delimiter": ";"}


def one(table: dict[str, Format], *files: File) -> Recognition:
    (only,) = recognise(given(*files), known=table)
    return only


def ids(table: dict[str, Format], content: bytes, name: str = "x") -> tuple[str, ...]:
    return one(table, (name, content)).format_ids


def test_content_decides_whatever_the_name() -> None:
    assert ids(known(A, TABLE), b'[{"a": 1}]', "x.csv") == ("f/a/v1",)
    assert ids(known(A, TABLE), b"bla\n\nJour;Montant\n", "x.json") == ("f/t/v1",)


def test_keys_may_be_missing_in_the_first_elements() -> None:
    assert ids(known(AB), b'[{"a": 1}, 5, {"b": 1}]') == ("f/ab/v1",)
    assert ids(known(AB), b'[{"a": 1}]') == ()


def test_keys_are_looked_for_where_the_path_leads() -> None:
    deep = A | {"path": ["x", "list"]}
    assert ids(known(deep), b'{"y": [], "x": {"list": [{"a": 1}]}}') == ("f/a/v1",)
    assert ids(known(deep), b'[{"a": 1}]') == ()


def test_the_format_with_more_signs_wins() -> None:
    assert ids(known(A, AB), b'[{"a": 1, "b": 2}]') == ("f/ab/v1",)


def test_a_name_decides_between_formats_that_fit_equally() -> None:
    table = known(A | {"members": ["left.json"]}, B | {"members": ["right.json"]})
    content = b'[{"a": 1, "b": 2}]'
    assert ids(table, content, "here/right.json") == ("f/b/v1",)
    assert type(one(table, ("x", content)).refusal) is Ambiguous


def test_keys_that_must_not_be_there_tell_formats_apart() -> None:
    assert ids(known(A | {"no_keys": ["b"]}, B), b'[{"a": 1, "b": 2}]') == ("f/b/v1",)


@pytest.mark.parametrize(
    ("content", "fitting"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE H [<!ELEMENT H (a)>]>\n<!-- x -->\n<H l="fr">', True),
        (b'<n:H xmlns:n="urn:x">', True),
        (b"<G><H/></G>", False),
        (b"text <H>", False),
    ],
)
def test_xml_is_told_by_its_root(content: bytes, fitting: bool) -> None:
    table = known({"id": "f/x/v1", "kind": "xml", "root": "H"})
    assert bool(ids(table, content)) is fitting


def test_xml_text_and_binaries_are_told_by_their_marks() -> None:
    marked = known({"id": "f/x/v1", "kind": "xml", "root": "D", "marks": ["camt.053"]})
    assert ids(marked, b'<D xmlns="urn:camt.053.001.02">') == ("f/x/v1",)
    assert ids(marked, b'<D xmlns="urn:camt.052.001.02">') == ()
    text = known({"id": "f/o/v1", "kind": "text", "marks": ["OFXHEADER", "STMTTRN"]})
    assert ids(text, b"OFXHEADER:100\n<STMTTRN>") == ("f/o/v1",)
    assert ids(text, b"OFXHEADER:100\n") == ()
    binary = known({"id": "f/fit/v1", "kind": "binary", "magic": ".FIT", "magic_at": 8})
    assert ids(binary, b"\x0e\x10\0\0\0\0\0\0.FIT\0") == ("f/fit/v1",)


def test_a_workbook_is_told_by_its_sheets_and_texts() -> None:
    book = archives.zipped(
        [
            ("[Content_Types].xml", b"<x/>"),
            ("xl/workbook.xml", '<sheet name="Énergie"/>'.encode()),
            ("xl/sharedStrings.xml", "<si><t>Début</t></si>".encode()),
        ]
    )
    table = known({"id": "f/w/v1", "kind": "workbook", "marks": ["Énergie", "Début"]})
    assert ids(table, book, "x.xlsx") == ("f/w/v1",)
    other = known({"id": "f/w/v1", "kind": "workbook", "marks": ["Fin"]}, TABLE)
    assert ids(other, book, "x.xlsx") == ()


def test_web_pages_are_answered_with_the_setting_to_change() -> None:
    page = {"id": "f/page/v1", "kind": "html", "marks": ["Watched"], "templates": []}
    table = known(A, page)
    refusal = one(table, ("x.html", b"\xef\xbb\xbf <!-- --><HTML><p>Watched</p>")).refusal
    assert isinstance(refusal, ChooseJson)
    assert refusal.family == "f"
    assert type(one(table, ("x.html", b"<html>else")).refusal) is UnknownFormat


def test_a_web_page_beside_readable_files_is_left_out() -> None:
    page = {"id": "f/page/v1", "kind": "html", "marks": ["Watched"], "templates": []}
    content = archives.zipped([("g.html", b"<html>Watched"), ("a.json", b'[{"a": 1}]')])
    assert ids(known(A, page), content) == ("f/a/v1",)


def test_members_that_nobody_knows_stay_closed_and_are_counted() -> None:
    content = archives.zipped([("p.png", b"x"), ("o.json", b"[1]"), ("a.json", b'[{"a": 1}]')])
    found = one(known(A), ("e.zip", content))
    assert found.format_ids == ("f/a/v1",)
    assert found.others == 2


def test_an_archive_alone_in_an_archive_is_said() -> None:
    inner = archives.zipped([("a.json", b'[{"a": 1}]')])
    outer = archives.zipped([("in.zip", inner)])
    assert type(one(known(A), ("e.zip", outer)).refusal) is NestedArchive
    assert ids(known(A | {"nested": ["in.zip"]}), outer) == ("f/a/v1",)


def test_each_file_has_its_own_answer() -> None:
    good, bad = recognise(given(("a", b'[{"a": 1}]'), ("b", b"?")), known=known(A))
    assert (good.file, good.refusal) == (0, None)
    assert (bad.file, bad.format_ids) == (1, ())
    assert type(bad.refusal) is UnknownFormat
    assert bad.refusal.file == 1


@pytest.mark.parametrize("content", [b"", b" \r\n", b"[]", b'{"x": []}', b"\xff\xfe"])
def test_an_empty_file_is_what_its_name_says(content: bytes) -> None:
    table = known(A | {"members": ["history.json"]})
    (match,) = one(table, ("history.json", content)).matches
    assert match.empty
    assert type(one(table, ("x", content)).refusal) is UnknownFormat
