"""Orders that were invoiced before there were documents get theirs, with the numbers they had."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from app.cli import migrations_config
from app.core.db import Database
from app.core.permissions import SYSTEM
from app.invoicing import issuer, queries, service
from app.invoicing.queries import Series
from tests.support import postgres

pytestmark = pytest.mark.both_databases

AT = "2026-01-0{} 10:00:00"
#: Number, state, cents, refund.
ORDERS = ((1, "paid", 1200), (2, "refunded", 700), (3, "paid", 5), (None, "paid", 0))


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the form before documents."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
        command.upgrade(migrations_config(url), "0010")
        yield url
        return
    server = request.getfixturevalue("postgres_url")
    name = f"old_{abs(hash(tmp_path)):x}"
    postgres.execute(server, f"CREATE DATABASE {name}")
    url = postgres.with_database(server, name)
    command.upgrade(migrations_config(url), "0010")
    yield url
    postgres.execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def fill(db: Database) -> None:
    with db.unit_of_work() as s:
        s.execute(
            text(
                "INSERT INTO user_account (id, email, display_name, password_hash, locale,"
                " producer, buyer, operator, created_at) VALUES ('u', 'a@b.org', 'Ada', '', 'en',"
                " false, true, false, '2026-01-01')"
            )
        )
        for place, (number, state, cents) in enumerate(ORDERS, 1):
            at = AT.format(place)
            s.execute(
                text(
                    "INSERT INTO purchase_order (id, buyer_id, state, purpose, total_cents,"
                    " currency, book_version, catalogue_number, lines, owned, split, attempt,"
                    " fee_cents, invoice_number, created_at, expires_at, paid_at) VALUES (:id, 'u',"
                    " :state, 'research', :cents, 'EUR', 'x', 0, '[]', '[]', '{}', 0, 0, :number,"
                    " :at, :at, :at)"
                ),
                {"id": f"o{place}", "state": state, "cents": cents, "number": number, "at": at},
            )
        s.execute(
            text(
                "INSERT INTO refund (id, order_id, cents, state, booked, key, reason, at, ended_at)"
                " VALUES ('o2', 'o2', 700, 'succeeded', true, 'refund:o2', '', :at, :at)"
            ),
            {"at": AT.format(9)},
        )


def test_numbers_go_on_where_they_were(old: str) -> None:
    db = Database(old, issuer.Issuer())
    fill(db)
    command.upgrade(migrations_config(old), "head")
    with db.unit_of_work():
        found = queries.of_buyer("u")
        assert [(one.series.value, one.written, one.order_id) for one in found] == [
            ("invoice", "2026-000001", "o1"),
            ("invoice", "2026-000002", "o2"),
            ("invoice", "2026-000003", "o3"),
            ("credit-note", "C2026-000001", "o2"),
        ]
        assert found[-1].corrects == "2026-000002"
        assert [one.buyer.name for one in found] == ["Ada"] * 4
        assert queries.gaps() == {}
        amounts = {"gross_cents": 5, "currency": "EUR", "vat_basis_points": 0}
        again = service.issue_invoice(order_id="o3", buyer_id="u", occasion="sale:o3", **amounts)
        assert again == 3
        new = service.issue_invoice(order_id="o5", buyer_id="u", occasion="sale:o5", **amounts)
        assert queries.document(SYSTEM, Series.INVOICE, new).number == 4
    db.dispose()
