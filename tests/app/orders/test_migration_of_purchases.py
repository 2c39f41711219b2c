"""Orders and billing details from before 0040 come through it as they were bought."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from app.cli import migrations_config
from tests.app.orders.test_migration import AT, insert
from tests.support import postgres

pytestmark = pytest.mark.both_databases


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    server = request.getfixturevalue("postgres_url")
    name = f"purchases_{abs(hash(tmp_path)):x}"
    postgres.execute(server, f"CREATE DATABASE {name}")
    return postgres.with_database(server, name)


def test_old_orders_keep_their_licence_and_price_and_a_firm_is_a_firm(url: str) -> None:
    config = migrations_config(url)
    command.upgrade(config, "0039")
    engine = create_engine(url)
    with engine.begin() as connection:
        for name in ("ada", "bob"):
            insert(
                connection,
                "user_account",
                id=name,
                email=f"{name}@example.org",
                display_name=name,
                password_hash="",
                locale="en",
                producer=False,
                buyer=True,
                operator=False,
                created_at=AT,
            )
        for name, number in (("ada", "FR40303265045"), ("bob", "")):
            insert(
                connection,
                "billing_details",
                user_id=name,
                name=name,
                address="2 Long Street",
                country="FR",
                vat_number=number,
            )
        insert(
            connection,
            "purchase_order",
            id="o",
            buyer_id="ada",
            state="paid",
            purpose="public",
            total_cents=1_234,
            currency="EUR",
            book_version="2026-3",
            catalogue_number=1,
            lines="[]",
            owned="[]",
            split="{}",
            attempt=0,
            fee_cents=40,
            funding="provider",
            created_at=AT,
            expires_at=AT,
            paid_at=AT,
        )
    command.upgrade(config, "0040")
    with engine.begin() as connection:
        order = connection.execute(
            text(
                "SELECT licence, shown_cents, vat_treatment, billed_to, purchase_number,"
                " total_cents FROM purchase_order"
            )
        ).one()
        assert tuple(order) == ("moisson-public-1", 1_234, "standard", "", "", 1_234)
        firms = connection.execute(text("SELECT user_id, organisation FROM billing_details"))
        assert {name: bool(is_firm) for name, is_firm in firms} == {"ada": True, "bob": False}
    command.downgrade(config, "0039")
    command.upgrade(config, "head")
    engine.dispose()
