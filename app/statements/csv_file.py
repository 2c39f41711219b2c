"""A statement as CSV: the opening balance, the lines, the closing balance."""

import csv
import io

from flask_babel import gettext as _

from app.core.spreadsheets import guarded
from app.statements.statement import Statement
from pricing.money import MICROS_PER_UNIT, Money

COLUMNS = ("day", "time_utc", "what", "reference", "amount", "balance", "currency")


def as_csv(statement: Statement) -> bytes:
    """Return a statement as UTF-8 CSV with a header line; amounts to the millionth."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    code = statement.opening.currency
    period = statement.period
    writer.writerow(COLUMNS)
    opening = decimal(statement.opening)
    writer.writerow([period.first.isoformat(), "", _("Opening balance"), "", "", opening, code])
    for line, balance in statement.balances():
        writer.writerow(
            [
                line.at.date().isoformat(),
                f"{line.at:%H:%M:%S}",
                _cell(line.what),
                _cell(line.reference),
                decimal(line.amount),
                decimal(balance),
                code,
            ]
        )
    closing = decimal(statement.closing)
    writer.writerow([period.last.isoformat(), "", _("Closing balance"), "", "", closing, code])
    # A lone half of a surrogate pair is no character and has no bytes.
    return text.getvalue().encode(errors="replace")


def decimal(amount: Money) -> str:
    """Write an amount exactly, with six decimals and a point."""
    whole, part = divmod(abs(amount.micros), MICROS_PER_UNIT)
    return f"{'-' if amount.micros < 0 else ''}{whole}.{part:06d}"


def _cell(text: str) -> str:
    # The writer does not quote every kind of line break.
    return " ".join(guarded(text).splitlines())
