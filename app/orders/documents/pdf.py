"""An invoice or a credit note as PDF, dated with the moment it was issued."""

from flask_babel import gettext as _
from fpdf.enums import XPos, YPos

from app.orders.documents.document import Described
from app.statements import pdf_page as paper
from app.web.filters import moment, money

#: For what, amount: millimetres, 180 together.
LINES = (145, 35)
#: Net, rate, tax, gross.
SUMS = (45, 45, 45, 45)
SMALL = 7.5


def as_pdf(described: Described, banner: str = "") -> bytes:
    """Return a document as PDF.

    Parameters
    ----------
    banner : str
        Printed above everything, where no real money moves.
    """
    found = described.document
    with paper.opened("portrait", described.title, found.issued_at) as sheet:
        if banner:
            paper.write(sheet, banner)
        paper.write(sheet, moment(found.issued_at, "date"))
        sheet.ln(3)
        _parties(sheet, described)
        if described.reason:
            _text(sheet, described.reason)
        sheet.ln(2)
        _lines(sheet, described)
        sheet.ln(4)
        _sums(sheet, described)
        sheet.ln(4)
        for text in (described.untaxed, described.paid):
            if text:
                _text(sheet, text)
        _text(sheet, f"{described.purpose} {described.licence}")
        if described.purchase_number:
            _text(sheet, _("Your order number: %(number)s", number=described.purchase_number))
        _text(sheet, _("Order %(id)s", id=found.order_id))
        return bytes(sheet.output())


def _parties(sheet: paper.Paper, described: Described) -> None:
    issuer, buyer = described.document.issuer, described.document.buyer
    left = [_("From"), issuer.name, *issuer.address.splitlines(), issuer.registration]
    if issuer.vat_number:
        left.append(_("VAT number %(number)s", number=issuer.vat_number))
    right = [_("To"), buyer.name, *buyer.address.splitlines(), buyer.country]
    if buyer.vat_number:
        right.append(_("VAT number %(number)s", number=buyer.vat_number))
    left, right = [one for one in left if one], [one for one in right if one]
    rows = max(len(left), len(right))
    left, right = left + [""] * (rows - len(left)), right + [""] * (rows - len(right))
    for place, cells in enumerate(zip(left, right, strict=True)):
        paper.row(sheet, cells, (90, 90), 0, "" if place else "B")
    sheet.ln(4)


def _lines(sheet: paper.Paper, described: Described) -> None:
    paper.row(sheet, (_("For"), _("Amount")), LINES, 1, "B")
    for row in described.rows:
        # Both in whole: what was bought is not shortened on an invoice.
        _text(sheet, row.what, LINES[0], after=(XPos.RIGHT, YPos.LAST) if not row.why else None)
        if row.why:
            sheet.set_font_size(SMALL)
            _text(sheet, row.why, LINES[0], after=(XPos.RIGHT, YPos.LAST))
            sheet.set_font_size(paper.SIZE)
        paper.row(sheet, (money(row.amount),), LINES[1:], 1)
    total = money(described.document.gross)
    paper.row(sheet, (_("Total"), total), LINES, 1, "T")


def _sums(sheet: paper.Paper, described: Described) -> None:
    found = described.document
    heads = (_("Net"), _("VAT rate"), _("VAT"), _("Total with VAT"))
    paper.row(sheet, heads, SUMS, len(SUMS), "B")
    cells = (money(found.net), described.rate, money(found.vat), money(found.gross))
    paper.row(sheet, cells, SUMS, len(SUMS))


def _text(
    sheet: paper.Paper,
    text: str,
    width: float = 0,
    after: tuple[XPos, YPos] | None = None,
) -> None:
    across, down = after or (XPos.LMARGIN, YPos.NEXT)
    sheet.multi_cell(width, paper.HEIGHT, paper.known(text), align="L", new_x=across, new_y=down)
