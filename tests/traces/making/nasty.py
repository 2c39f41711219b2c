"""What goes wrong with files of any family: each with the error it must give, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.traces.making import archives
from tests.traces.making.maker import File
from traces import errors


class Nasty(NamedTuple):
    """Some files; the error that they give, or None where they are read as if nothing was."""

    files: tuple[File, ...]
    error: type[errors.TracesError] | None


def nasty(good: Sequence[File]) -> dict[str, Nasty]:
    """Return what may happen to the good files of a family, by what it is.

    Parameters
    ----------
    good : sequence of File
        Files that are read without questions, each by its own.
    """
    name, content = good[0]
    page = b"<!DOCTYPE html>\n<html><body>export</body></html>"

    def archive(of: bytes) -> tuple[File, ...]:
        return (("export.zip", of),)

    return {
        "plain": Nasty(tuple(good), None),
        "zipped": Nasty(archive(archives.zipped(good)), None),
        "one more folder": Nasty(archive(archives.zipped(good, root="my export/")), None),
        "what a Mac adds": Nasty(archive(archives.zipped(good, root="x/", junk=True)), None),
        "renamed": Nasty(tuple((f"{n}.bin", c) for n, (_, c) in enumerate(good)), None),
        "a member without a byte": Nasty(
            archive(archives.zipped([*good, ("more/" + name, b"")])), None
        ),
        "a web page instead": Nasty(((name, page),), errors.ChooseJson),
        "a web page of something else": Nasty((("page.html", page),), errors.UnknownFormat),
        "encrypted": Nasty(archive(archives.encrypted(good)), errors.Encrypted),
        "in parts": Nasty(archive(archives.in_parts(good)), errors.SplitArchive),
        "first of several parts": Nasty(
            archive(b"PK\x07\x08" + archives.zipped(good)), errors.SplitArchive
        ),
        "bomb": Nasty(archive(archives.bomb(name)), errors.TooLarge),
        "cut off archive": Nasty(archive(archives.zipped(good)[:-30]), errors.Damaged),
        "archive in an archive": Nasty(
            archive(archives.zipped([("in.zip", archives.zipped(good))])), errors.NestedArchive
        ),
        "another archive": Nasty((("a.7z", b"7z\xbc\xaf'\x1c" + content),), errors.OtherArchive),
        "nothing": Nasty((("nothing", b""),), errors.UnknownFormat),
        "a picture": Nasty(
            (("p.png", b"\x89PNG\r\n\x1a\n\0\0" + bytes(99)),), errors.UnknownFormat
        ),
    }
