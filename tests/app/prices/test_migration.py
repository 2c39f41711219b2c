"""The book that measures tables by their cells comes into force, unless an operator chose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from app.cli import migrations_config
from pricing.price_book import DEFAULT_BOOK, SECOND_BOOK, PriceBook

BEFORE, AFTER = "0034", "0035"


def versions(url: str) -> list[tuple[str, str]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version, content FROM price_book ORDER BY number"))
        rows = [(version, content) for version, content in found]
    engine.dispose()
    return rows


@pytest.mark.parametrize("own", [False, True])
def test_a_market_gets_the_new_book_unless_its_operator_published_one(
    tmp_path: Path, own: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    config = migrations_config(url)
    command.upgrade(config, BEFORE)
    before = versions(url)
    if own:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO price_book (version, number, content, note, published_at) "
                    "SELECT 'own', 3, content, 'mine', published_at FROM price_book "
                    "WHERE number = 2"
                )
            )
        engine.dispose()
    command.upgrade(config, AFTER)
    after = versions(url)
    assert after[:2] == before, "what was quoted under them is still worked out by them"
    assert PriceBook.from_dict(json.loads(after[1][1])) == SECOND_BOOK
    assert [version for version, _ in after[2:]] == (["own"] if own else ["2026-3"])
    if not own:
        assert PriceBook.from_dict(json.loads(after[2][1])) == DEFAULT_BOOK
