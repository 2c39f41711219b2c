"""A sheet to print on: numbered pages, the same bytes each time, and small.

The font holds the Latin, Greek and Cyrillic scripts and Devanagari; only the letters that are
used go into the file. What it does not hold is printed as a question mark in a diamond.
"""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import fontpkg_noto_sans
from flask_babel import get_locale
from flask_babel import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

FONT = Path(fontpkg_noto_sans.__file__).parent / "files" / "NotoSans[wdth,wght].ttf"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
SIZE = 9
HEIGHT = 5.5


class Paper(FPDF):
    """A document whose pages are numbered at their foot."""

    def footer(self) -> None:
        """Print the number of the page."""
        self.set_y(-14)
        self.set_font_size(8)
        self.cell(0, 5, _("Page %(n)s of %(all)s", n=self.page_no(), all="{nb}"), align="C")


@contextmanager
def opened(
    orientation: Literal["portrait", "landscape"], title: str, dated: datetime
) -> Iterator[Paper]:
    """Open a document with its first page and its title printed; read its bytes inside."""
    paper = Paper(orientation)
    paper.add_font("sans", "", FONT)
    try:
        paper.set_creation_date(dated)
        paper.set_title(known(title))
        paper.set_lang(str(get_locale() or "en"))
        paper.set_margins(15, 15)
        paper.set_font("sans", "", SIZE)
        paper.add_page()
        paper.set_font_size(16)
        write(paper, title, 9)
        paper.set_font_size(SIZE)
        yield paper
    finally:
        # The library leaves the font's file open.
        for font in paper.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()


def known(text: str) -> str:
    """Return a text with what the font does not hold replaced."""
    held = _characters()
    return "".join(one if ord(one) in held else UNKNOWN for one in text)


@functools.cache
def _characters() -> frozenset[int]:
    with TTFont(FONT, lazy=True) as font:
        return frozenset(font.getBestCmap()) - frozenset(range(32))


def write(paper: Paper, text: str, height: float = HEIGHT) -> None:
    """Print one line; what is too long for the sheet is cut."""
    text = _cut(paper, known(text), paper.epw)
    paper.cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def row(
    paper: Paper, cells: Sequence[str], widths: Sequence[int], amounts: int, border: str = ""
) -> None:
    """Print a row of a table.

    Parameters
    ----------
    widths : sequence of int
        In millimetres.
    amounts : int
        So many cells at the end are amounts.
    """
    for number, (text, width) in enumerate(zip(cells, widths, strict=True), 1):
        last, amount, text = number == len(cells), number > len(cells) - amounts, known(text)
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


def _shrink(paper: Paper, text: str, width: float) -> None:
    # An amount is never cut: a very large one is printed smaller.
    wide = paper.get_string_width(text)
    if wide > width:
        paper.set_font_size(SIZE * width / wide)


def _cut(paper: Paper, text: str, width: float) -> str:
    # A long title is cut: its reference says what it was.
    text = text[:200]
    if paper.get_string_width(text) <= width:
        return text
    while text and paper.get_string_width(text + "…") > width:
        text = text[:-1]
    return text + "…"
