"""A statement as PDF: the same bytes each time, and small.

The font holds the Latin, Greek and Cyrillic scripts and Devanagari; only the letters that are
used go into the file. What it does not hold is printed as a question mark in a diamond: the page
and the CSV have such a name in full, and the account's identifier stands beside it.
"""

import functools
from pathlib import Path

import fontpkg_noto_sans
from flask_babel import get_locale
from flask_babel import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from app.core.filters import moment, money
from app.statements.statement import Heading, Statement

FONT = Path(fontpkg_noto_sans.__file__).parent / "files" / "NotoSans[wdth,wght].ttf"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
#: Day, what, reference, amount, balance: millimetres, 267 together, across the sheet.
WIDTHS = (24, 113, 46, 42, 42)
SIZE = 9
HEIGHT = 5.5


class _Paper(FPDF):
    def footer(self) -> None:
        self.set_y(-14)
        self.set_font_size(8)
        self.cell(0, 5, _("Page %(n)s of %(all)s", n=self.page_no(), all="{nb}"), align="C")


def as_pdf(heading: Heading, statement: Statement) -> bytes:
    """Return a statement as PDF, dated with the end of its period."""
    paper = _Paper("landscape")
    paper.add_font("sans", "", FONT)
    try:
        _fill(paper, heading, statement)
        return bytes(paper.output())
    finally:
        # The library leaves the font's file open.
        for font in paper.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()


def _fill(paper: FPDF, heading: Heading, statement: Statement) -> None:
    period = statement.period
    paper.set_creation_date(period.last_moment)
    paper.set_title(known(heading.title))
    paper.set_lang(str(get_locale() or "en"))
    paper.set_margins(15, 15)
    paper.set_font("sans", "", SIZE)
    paper.add_page()
    paper.set_font_size(16)
    _line(paper, heading.title, 9)
    paper.set_font_size(SIZE)
    _line(paper, f"{heading.holder} · {heading.account}")
    first, last = (moment(day, "date") for day in (period.start, period.last_moment))
    _line(paper, _("%(first)s to %(last)s, days in UTC", first=first, last=last))
    _line(paper, heading.balance)
    paper.ln(3)
    columns = (_("Day"), _("What"), _("Reference"), _("Amount"), _("Balance"))
    _row(paper, columns, border="B")
    _row(paper, ("", _("Opening balance"), "", "", money(statement.opening)))
    for line, balance in statement.balances():
        day = moment(line.at, "date")
        _row(paper, (day, line.what, line.reference, money(line.amount), money(balance)))
    _row(paper, ("", _("Closing balance"), "", "", money(statement.closing)), border="T")


def known(text: str) -> str:
    """Return a text with what the font does not hold replaced."""
    held = _characters()
    return "".join(one if ord(one) in held else UNKNOWN for one in text)


@functools.cache
def _characters() -> frozenset[int]:
    with TTFont(FONT, lazy=True) as font:
        return frozenset(font.getBestCmap()) - frozenset(range(32))


def _line(paper: FPDF, text: str, height: float = HEIGHT) -> None:
    text = _cut(paper, known(text), sum(WIDTHS))
    paper.cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _row(paper: FPDF, cells: tuple[str, ...], border: str = "") -> None:
    for number, (text, width) in enumerate(zip(cells, WIDTHS, strict=True)):
        last, amount, text = number == len(WIDTHS) - 1, number > 2, known(text)
        if amount:
            _shrink(paper, text, width - 2)
        else:
            text = _cut(paper, text, width - 2)
        paper.cell(
            width,
            HEIGHT,
            text,
            border=border or 0,
            align="R" if amount else "L",
            new_x=XPos.LMARGIN if last else XPos.RIGHT,
            new_y=YPos.NEXT if last else YPos.TOP,
        )
        paper.set_font_size(SIZE)


def _shrink(paper: FPDF, text: str, width: float) -> None:
    # An amount is never cut: a very large one is printed smaller.
    wide = paper.get_string_width(text)
    if wide > width:
        paper.set_font_size(SIZE * width / wide)


def _cut(paper: FPDF, text: str, width: float) -> str:
    # A long title is cut: its reference says what it was.
    text = text[:200]
    if paper.get_string_width(text) <= width:
        return text
    while text and paper.get_string_width(text + "…") > width:
        text = text[:-1]
    return text + "…"
