"""Small workbooks (.xlsx), written by hand: what a spreadsheet program would save."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#: The second style is a date, the third a time of our own, the fourth a currency.
_STYLES = (
    f'<styleSheet {_MAIN}><numFmts><numFmt numFmtId="164" formatCode="hh&quot;h&quot;mm"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00\\ [$€-40C];[Red]0"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)
_STYLE = {"date": 1, "time": 2, "money": 3}


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], doctype: bytes = b"") -> bytes:
    """A workbook: a cell is a text, a number, a bool, None, or ("date", 46000) with a style."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/styles.xml", _STYLES)
        book.writestr(
            "xl/workbook.xml",
            f'<workbook {_MAIN} xmlns:r="{_RELS}"><sheets>'
            + "".join(
                f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="r{n}"/>'
                for n, name in enumerate(sheets)
            )
            + "</sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            "<Relationships>"
            + "".join(
                f'<Relationship Id="r{n}" Target="worksheets/s{n}.xml"/>'
                for n in range(len(sheets))
            )
            + "</Relationships>",
        )
        for n, rows in enumerate(sheets.values()):
            book.writestr(f"xl/worksheets/s{n}.xml", doctype + _sheet(rows).encode())
    return held.getvalue()


def _sheet(rows: Sequence[Sequence[Any]]) -> str:
    lines = "".join(
        f'<row r="{number}">'
        + "".join(_cell(place, number, cell) for place, cell in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, 1)
        if row
    )
    return f"<worksheet {_MAIN}><sheetData>{lines}</sheetData></worksheet>"


def _cell(place: int, number: int, cell: Any) -> str:
    at = f'r="{_letters(place)}{number}"'
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c {at} t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, tuple):
        return f'<c {at} s="{_STYLE[cell[0]]}"><v>{cell[1]}</v></c>'
    if isinstance(cell, str):
        return f'<c {at} t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f"<c {at}><v>{cell}</v></c>"


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
