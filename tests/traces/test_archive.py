import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.traces.making import archives
from traces.archive import LIMITS, Given, Limits, Member, fits, members
from traces.errors import (
    Damaged,
    Encrypted,
    NestedArchive,
    OtherArchive,
    Refused,
    SplitArchive,
    TooLarge,
    TooManyMembers,
)

FILES = [("a/history.json", b"[1]"), ("b.csv", b"x,y\n")]


def found(
    content: bytes, name: str = "export.zip", limits: Limits = LIMITS, *nested: str
) -> list[Member]:
    return list(members(Given(name, io.BytesIO(content)), limits, nested))


def contents(content: bytes, name: str = "export.zip", limits: Limits = LIMITS) -> dict[str, bytes]:
    held = {}
    for member in found(content, name, limits):
        with member.opened() as stream:
            held[member.path] = stream.read()
    return held


def test_a_plain_file_is_its_own_member_and_can_be_opened_again() -> None:
    (member,) = found(b"[1]", "x.json")
    for _ in range(2):
        with member.opened() as stream:
            assert stream.read() == b"[1]"


def test_an_archive_gives_its_files_without_junk() -> None:
    assert contents(archives.zipped(FILES, root="r/", junk=True)) == {
        "r/a/history.json": b"[1]",
        "r/b.csv": b"x,y\n",
    }


def test_a_gz_is_the_file_inside_alone_or_in_an_archive() -> None:
    packed = gzip.compress(b"[1]", mtime=0)
    assert contents(packed, "x.json.gz") == {"x.json": b"[1]"}
    assert contents(archives.zipped([("a/x.fit.gz", packed)])) == {"a/x.fit": b"[1]"}


def test_a_workbook_is_a_file_and_no_archive() -> None:
    book = archives.zipped([("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")])
    (member,) = found(book, "w.xlsx")
    assert member.is_workbook
    (inside,) = found(archives.zipped([("w.xlsx", book)]))
    assert inside.is_workbook
    with inside.opened() as stream:
        assert zipfile.is_zipfile(stream)


def test_an_archive_inside_is_opened_where_it_is_expected_and_only_one_level() -> None:
    inner = archives.zipped(FILES)
    outer = archives.zipped([("up/in.zip", inner)])
    (closed,) = found(outer)
    assert closed.is_archive
    assert [member.path for member in found(outer, "e.zip", LIMITS, "up/*.zip")] == [
        "a/history.json",
        "b.csv",
    ]
    deeper = archives.zipped([("up/out.zip", archives.zipped([("up/in.zip", inner)]))])
    with pytest.raises(NestedArchive):
        found(deeper, "e.zip", LIMITS, "up/*.zip")


def _broken(archive: bytes) -> bytes:
    """Change the first byte of the packed content of a member whose name is one letter."""
    return archive[:31] + b"\xff" + archive[32:]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (archives.encrypted(FILES), Encrypted),
        (archives.in_parts(FILES), SplitArchive),
        (b"PK\x07\x08" + archives.zipped(FILES), SplitArchive),
        (archives.zipped(FILES)[:-30], Damaged),
        (b"PK\x03\x04" + b"x" * 100, Damaged),
        (b"Rar!\x1a\x07\x01", OtherArchive),
        (b"\0" * 257 + b"ustar\x0000", OtherArchive),
        (archives.bomb("x.json"), TooLarge),
        (gzip.compress(b" " * (64 << 20)), TooLarge),
        (gzip.compress(b"x" * 1000, mtime=0)[:-12], Damaged),
        (_broken(archives.zipped([("x", b"abc" * 100)])), Damaged),
    ],
)
def test_each_refusal_has_an_error_of_its_own(content: bytes, error: type[Refused]) -> None:
    with pytest.raises(error):
        contents(content)


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    with pytest.raises(Damaged):
        contents(archives.lying_bomb("x.json"))


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (replace(LIMITS, packed=50), TooLarge),
        (replace(LIMITS, unpacked=2), TooLarge),
        (replace(LIMITS, members=1), TooManyMembers),
        (replace(LIMITS, ratio=1, ratio_from=3), None),
        (replace(LIMITS, ratio=0, ratio_from=3), TooLarge),
    ],
)
def test_each_limit_is_held(limits: Limits, error: type[Refused] | None) -> None:
    content = archives.zipped(FILES)
    if error is None:
        assert contents(content, limits=limits)
    else:
        with pytest.raises(error):
            contents(content, limits=limits)


@pytest.mark.parametrize("place", [10, 14])
def test_the_list_of_members_is_measured_before_it_is_read(place: int) -> None:
    """The record at the end says a great number, or a great length, however few there are."""
    content = bytearray(archives.zipped(FILES))
    end = content.rfind(b"PK\x05\x06")
    content[end + place : end + place + 2] = b"\xff\xff"
    with pytest.raises(TooManyMembers):
        found(bytes(content))


def test_the_list_that_is_measured_is_the_one_that_is_read() -> None:
    content = archives.two_records(3)
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 3
    with pytest.raises(Damaged):
        found(content, "e.zip", replace(LIMITS, members=2))


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (replace(LIMITS, members=7), None),
        (replace(LIMITS, members=6), TooManyMembers),
        (replace(LIMITS, together=10_000), None),
        (replace(LIMITS, together=800), TooLarge),
        (replace(LIMITS, nested=1_000), None),
        (replace(LIMITS, nested=400), TooLarge),
    ],
)
def test_archives_inside_count_together(limits: Limits, error: type[Refused] | None) -> None:
    """Each alone keeps every limit; a thousand of them took all memory, or all day."""
    inner = archives.zipped([("a.json", b"[1]"), ("b.json", b" " * 300)])
    content = archives.zipped([("w.csv", b"x"), ("up/0.zip", inner), ("up/1.zip", inner)])
    assert 200 < len(inner) < 400
    if error is None:
        assert len(found(content, "e.zip", limits, "up/*.zip")) == 5
    else:
        with pytest.raises(error):
            found(content, "e.zip", limits, "up/*.zip")


def test_an_export_cut_at_two_gigabytes_is_one_part() -> None:
    class Cut(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            place = super().seek(offset, whence)
            return 1 << 31 if whence == io.SEEK_END else place

    with pytest.raises(SplitArchive):
        list(members(Given("x.zip", Cut(archives.zipped(FILES)))))


def test_large_archives_are_read_by_their_own_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    assert len(found(archives.zipped(FILES))) == 2


def test_nothing_is_written_and_no_name_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Iterator[None]:
        raise AssertionError

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    given = Given("secret.zip", io.BytesIO(archives.zipped([("secret.json", b"[1]")])))
    assert "secret" not in repr(given) + repr(list(members(given)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "pattern", "fitting"),
    [
        ("a/b/History_1.json", "History_*.json", True),
        ("a/b/history_1.JSON", "b/History_*.json", True),
        ("a/xHistory.json", "History.json", False),
        ("a/b/c.json", "a/*.json", False),
        ("e\u0301t\u00e9.json", "\u00e9t\u00e9.json", True),
        ("c.json", "b/c.json", False),
    ],
)
def test_paths_fit_from_their_end_at_a_slash(path: str, pattern: str, fitting: bool) -> None:
    assert fits(path, pattern) is fitting


def test_a_member_without_a_name_is_passed_over() -> None:
    """Its missing last letter broke the reading of the whole archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("\0x"), b"x")
        archive.writestr("b.csv", b"x,y\n")
    assert [member.path for member in found(held.getvalue())] == ["b.csv"]
