"""Files for whoever audits the book. They hold identifiers, no names and no addresses."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from app.core.db import Database
from app.core.spreadsheets import guarded
from app.invoicing import queries as invoicing
from app.ledger import chain, history
from app.statements.csv_file import decimal
from app.statements.periods import Period

COLUMNS = (
    "transaction",
    "kind",
    "time_utc",
    "account",
    "micros",
    "currency",
    "id",
    "link",
    "digest",
)
DOCUMENTS = (
    "series",
    "number",
    "day",
    "order",
    "net",
    "vat_rate",
    "vat",
    "gross",
    "currency",
    "corrects",
    "buyer_country",
    "buyer_vat_number",
)
#: The kind of the file's last line, which is no line of the book.
HEAD = "chain-head"
#: So many lines are sent at a time.
PIECE = 1000


def lines_csv(db: Database, period: Period) -> Iterator[bytes]:
    """Yield every line of the book in a period as UTF-8 CSV, piece by piece.

    Amounts are whole millionths, debits positive, credits negative: each transaction's lines
    sum to zero. The last three columns name the transaction, its link in the chain and that
    link's digest, both empty while it waits for one. The last line is the head of the chain.
    """
    return _csv(COLUMNS, _lines(db, period))


def documents_csv(db: Database) -> Iterator[bytes]:
    """Yield every invoice and credit note as UTF-8 CSV, oldest first, piece by piece."""
    return _csv(DOCUMENTS, _documents(db))


def _lines(db: Database, period: Period) -> Iterator[tuple[Any, ...]]:
    with db.unit_of_work(write=False):
        head = chain.head()
    for one in history.stream(db, period.start, period.end):
        when = one.at.isoformat(timespec="microseconds")
        words = (guarded(one.key), guarded(one.kind), when, guarded(one.account))
        yield (*words, one.micros, one.currency, one.id, one.link or "", one.digest or "")
    at = head.linked_at.isoformat(timespec="microseconds") if head.linked_at else ""
    yield ("", HEAD, at, "", "", "", "", head.number, head.digest)


def _documents(db: Database) -> Iterator[tuple[Any, ...]]:
    for one in invoicing.stream(db):
        yield (
            one.series.value,
            one.written,
            one.issued_at.date().isoformat(),
            one.order_id,
            decimal(one.net),
            f"{one.vat_basis_points / 100:.2f}",
            decimal(one.vat),
            decimal(one.gross),
            one.gross.currency,
            one.corrects,
            one.buyer.country,
            guarded(one.buyer.vat_number),
        )


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % PIECE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
