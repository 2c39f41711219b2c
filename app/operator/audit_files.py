"""Files for whoever audits the book. They hold identifiers, no names and no addresses."""

import csv
import io
from collections.abc import Iterator

from app.core.db import Database
from app.core.spreadsheets import guarded
from app.ledger import history
from app.statements.periods import Period

COLUMNS = ("transaction", "kind", "time_utc", "account", "micros", "currency")
#: So many lines are sent at a time.
PIECE = 1000


def lines_csv(db: Database, currency: str, period: Period) -> Iterator[bytes]:
    """Yield every line of the book in a period as UTF-8 CSV, piece by piece.

    Amounts are whole millionths, debits positive, credits negative: each transaction's lines
    sum to zero.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    lines = history.stream(db, currency, period.start, period.end)
    for number, (key, kind, at, account, micros) in enumerate(lines, 1):
        when = at.isoformat(timespec="microseconds")
        writer.writerow([guarded(key), guarded(kind), when, guarded(account), micros, currency])
        if number % PIECE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
