"""Errors of reading a person's files.

::

    TracesError
    ├── Refused              a file that is not read
    │   ├── TooLarge         more bytes than the limits allow, packed or unpacked
    │   ├── TooManyMembers   an archive with more members than the limits allow
    │   ├── Encrypted        an archive with a password
    │   ├── SplitArchive     one part of an archive in several parts
    │   ├── NestedArchive    an archive in an archive, where no format expects one
    │   ├── OtherArchive     a tar, 7z or rar archive
    │   ├── Damaged          bytes that break the rules of their own format
    │   ├── ChooseJson       an export as web pages, where we read JSON
    │   ├── LibraryMissing   a format whose decoder is not installed here
    │   ├── UnknownFormat    no format that we know
    │   └── Ambiguous        two formats at once
    ├── ReadingFailed        a mistake of ours in a reader; says where, never what was read
    ├── InvalidDeclaration   an answer or a setting that cannot be used
    └── InvalidTemplate      a template, a domain or a format that contradicts itself

No error carries content of a file. Its `code` is one of a closed list, for translation; its `file`
is the number of the file among those that were given, from zero.
"""

from __future__ import annotations


class TracesError(Exception):
    """Anything that reading refuses.

    Parameters
    ----------
    file : int, optional
        Number of the file among those given, from zero.
    family : str, optional
        Key of a family of formats, where it is known: "spotify".
    """

    code = "error"
    user_message = "This file could not be read."

    def __init__(self, *, file: int | None = None, family: str | None = None) -> None:
        super().__init__(self.code)
        self.file = file
        self.family = family

    def bare(self, file: int | None = None) -> TracesError:
        """Return the same error without its traceback, whose frames hold content."""
        number = self.file if file is None else file
        return type(self)(file=number, family=self.family)


class Refused(TracesError):
    """A file is not read."""


class TooLarge(Refused):
    """A file holds more bytes than the limits allow, packed or unpacked."""

    code = "too_large"
    user_message = "This file is too large. Ask for a shorter period, or choose one file inside."


class TooManyMembers(Refused):
    """An archive has more members than the limits allow."""

    code = "too_many_members"
    user_message = "This archive holds too many files. Unpack it and choose the files you need."


class Encrypted(Refused):
    """An archive has a password."""

    code = "encrypted"
    user_message = "This archive has a password. Unpack it and choose the files inside."


class SplitArchive(Refused):
    """The file is one part of an archive in several parts."""

    code = "split_archive"
    user_message = "This is one part of a split archive. Download the export as a single file."


class NestedArchive(Refused):
    """An archive lies in an archive, where no format expects one."""

    code = "nested_archive"
    user_message = "This archive holds another archive. Unpack it and choose the one inside."


class OtherArchive(Refused):
    """The file is a tar, 7z or rar archive."""

    code = "other_archive"
    user_message = "We read zip archives only. Unpack this one and choose the files inside."


class Damaged(Refused):
    """The bytes break the rules of their own format."""

    code = "damaged"
    user_message = "This file is damaged or incomplete. Download it again."


class ChooseJson(Refused):
    """The export is made of web pages, where we read JSON."""

    code = "choose_json"
    user_message = "This export is in HTML. Ask for it again and choose JSON as its format."


class LibraryMissing(Refused):
    """A format is known, and the library that decodes it is not installed here."""

    code = "library_missing"
    user_message = "We cannot read FIT files here. Export the activity as GPX or TCX instead."


class UnknownFormat(Refused):
    """No format that we know."""

    code = "unknown_format"
    user_message = "We do not know this kind of file. See the list of exports that we read."


class Ambiguous(Refused):
    """Two formats at once; we do not guess."""

    code = "ambiguous"
    user_message = "This file fits two kinds of export. Choose the export as you downloaded it."


class ReadingFailed(TracesError):
    """A reader made a mistake: it says where, and the kind of mistake, never what was read.

    Parameters
    ----------
    where : str
        Module and line of ours: "traces.readers.spotify:71".
    kind : str
        Name of the exception's class: "KeyError".
    """

    code = "reading_failed"
    user_message = "We could not read this file. Nothing was kept. The mistake is ours."

    def __init__(self, where: str, kind: str) -> None:
        super().__init__()
        self.where = where
        self.kind = kind

    def bare(self, file: int | None = None) -> ReadingFailed:
        """Return the same error without its traceback."""
        return ReadingFailed(self.where, self.kind)


class InvalidDeclaration(TracesError):
    """An answer or a setting of the caller cannot be used."""

    code = "invalid_declaration"
    user_message = "One of your answers cannot be used. Please answer again."


class InvalidTemplate(TracesError):
    """A template, a domain or a format contradicts itself.

    Parameters
    ----------
    rule : str
        What is broken; made of public keys alone.
    place : tuple of str or int
        Where in a description: ("ask", 1, "options", 3); empty for the whole of it.
    """

    code = "invalid_template"
    user_message = "The description of this template is not consistent."

    def __init__(self, rule: str, place: tuple[str | int, ...] = ()) -> None:
        super().__init__()
        self.rule = rule
        self.place = place
        self.args = (rule,)

    def bare(self, file: int | None = None) -> InvalidTemplate:
        """Return the same error without its traceback."""
        return InvalidTemplate(self.rule)
