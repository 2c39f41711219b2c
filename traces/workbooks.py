"""Workbooks (.xlsx): the text at their beginning, for recognising."""

from __future__ import annotations

import re
import zipfile
import zlib

from traces.archive import Member
from traces.errors import Damaged

_TAG = re.compile(r"<[^>]*>")
_PARTS = re.compile(r"xl/(?:workbook\.xml|sharedStrings\.xml|worksheets/[^/]+\.xml)\Z")


def head(member: Member, most: int) -> str:
    """Return the names of the sheets and the first texts of a workbook.

    Raises
    ------
    Damaged
        The workbook cannot be opened.
    """
    texts: list[str] = []
    try:
        with member.opened() as stream, zipfile.ZipFile(stream) as book:
            for name in sorted(filter(_PARTS.match, book.namelist())):
                with book.open(name) as part:
                    xml = part.read(most).decode("utf-8", "replace")
                texts.append(xml if name == "xl/workbook.xml" else _TAG.sub("\n", xml))
        return "\n".join(texts)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError):
        pass
    raise Damaged()
