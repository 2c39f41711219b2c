"""A statement as PDF, dated with the end of its period.

What the font does not hold the page and the CSV have in full, and the account's identifier stands
beside a name.
"""

from flask_babel import gettext as _

from app.statements import pdf_page as paper
from app.statements.statement import Heading, Statement
from app.web.filters import exact_money, moment

#: Day, what, reference, amount, balance: millimetres, 267 together, across the sheet.
WIDTHS = (24, 113, 46, 42, 42)
AMOUNTS = 2


def as_pdf(heading: Heading, statement: Statement) -> bytes:
    """Return a statement as PDF."""
    period = statement.period
    with paper.opened("landscape", heading.title, period.last_moment) as sheet:
        paper.write(sheet, f"{heading.holder} · {heading.account}")
        first, last = (moment(day, "date") for day in (period.start, period.last_moment))
        paper.write(sheet, _("%(first)s to %(last)s, days in UTC", first=first, last=last))
        paper.write(sheet, heading.balance)
        sheet.ln(3)
        _table(sheet, statement)
        return bytes(sheet.output())


def _table(sheet: paper.Paper, statement: Statement) -> None:
    columns = (_("Day"), _("What"), _("Reference"), _("Amount"), _("Balance"))
    paper.row(sheet, columns, WIDTHS, AMOUNTS, "B")
    opening = ("", _("Opening balance"), "", "", exact_money(statement.opening))
    paper.row(sheet, opening, WIDTHS, AMOUNTS)
    for line, balance in statement.balances():
        day = moment(line.at, "date")
        cells = (day, line.what, line.reference, exact_money(line.amount), exact_money(balance))
        paper.row(sheet, cells, WIDTHS, AMOUNTS)
    closing = ("", _("Closing balance"), "", "", exact_money(statement.closing))
    paper.row(sheet, closing, WIDTHS, AMOUNTS, "T")
