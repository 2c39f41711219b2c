"""Workbooks (.xlsx), as spreadsheet programs write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    inline: bool = False,
    since_1904: bool = False,
    packed: bool = False,
) -> bytes:
    """Return a workbook; its cells are texts, numbers, times or None.

    Texts are shared between cells, or stand in them with `inline`.
    """
    shared: list[str] = []
    held = io.BytesIO()
    way = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(held, "w", way) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        names = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in enumerate(sheets, 1)
        )
        date1904 = '<workbookPr date1904="1"/>' if since_1904 else "<workbookPr/>"
        book.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><workbook {_MAIN} xmlns:r="{_RELATIONS}">'
            f"{date1904}<sheets>{names}</sheets></workbook>",
        )
        relations = "".join(
            f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        for n, rows in enumerate(sheets.values(), 1):
            body = "".join(
                f'<row r="{number}">{_cells(number, row, shared, inline, since_1904)}</row>'
                for number, row in enumerate(rows, 1)
            )
            book.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f"<worksheet {_MAIN}><sheetData>{body}</sheetData></worksheet>",
            )
        if not inline:
            texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
            book.writestr("xl/sharedStrings.xml", f"<sst {_MAIN}>{texts}</sst>")
    return held.getvalue()


def _cells(
    number: int, row: Sequence[Any], shared: list[str], inline: bool, since_1904: bool
) -> str:
    made = []
    for place, value in enumerate(row):
        name = f'r="{chr(65 + place)}{number}"'
        if value is None:
            continue
        if isinstance(value, datetime):
            begin = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
            value = (value - begin).total_seconds() / 86_400
        if not isinstance(value, str):
            made.append(f"<c {name}><v>{value!r}</v></c>")
        elif inline:
            made.append(f'<c {name} t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        else:
            if value not in shared:
                shared.append(value)
            made.append(f'<c {name} t="s"><v>{shared.index(value)}</v></c>')
    return "".join(made)
