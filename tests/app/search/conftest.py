from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from app.core.db import Base, Database, new_id
from app.market import market_of
from app.search import service
from app.search.service import Listing, Wording
from tests.support import factories

EVERY = "commercial public research"


def said(title: str = "Trips", about: str = "What people did", searched: str = "") -> Wording:
    """The words of a collection."""
    return Wording(title, title, about, about, "person", f"{title} {about} {searched}")


@dataclass
class Shop:
    """Lists of a market, in which editions are written without being measured."""

    db: Database
    first: dict[str, dict[str, Any]]
    numbers: Any = field(default_factory=lambda: itertools.count(2))
    listed: list[Listing] = field(default_factory=list)

    def collection(self) -> str:
        """A new collection."""
        row = {**self.first["collection"], "id": new_id()}
        with self.db.unit_of_work() as session:
            session.execute(insert(Base.metadata.tables["collection"]).values(**row))
        return str(row["id"])

    def edition(self, collection: str, **more: Any) -> Listing:
        """The next edition of a collection, in the lists."""
        number = next(self.numbers)
        row = {
            **self.first["edition"],
            "id": new_id(),
            "collection_id": collection,
            "number": number,
            "catalogue_number": number,
        }
        listing = Listing(
            id=number,
            edition_id=row["id"],
            collection_id=collection,
            template="",
            topic="other",
            number=number,
            period="",
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
            purposes=EVERY,
            people=400,
            tables=6,
            price_micros=2_000_000,
            currency="EUR",
            priced_as="",
            wording=said(),
        )
        listing = replace(listing, **more)
        with self.db.unit_of_work() as session:
            session.execute(insert(Base.metadata.tables["edition"]).values(**row))
            service.put(listing)
        self.listed.append(listing)
        return listing

    def remove(self, listing: Listing) -> None:
        """Take an edition out of the lists."""
        with self.db.unit_of_work():
            service.remove(listing.edition_id)
        self.listed.remove(listing)


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A market whose lists are empty."""
    made = factories.published(app)
    db = market_of(app).db
    first: dict[str, dict[str, Any]] = {}
    with db.unit_of_work() as session:
        service.remove(made.edition_id)
        for name, key in (("edition", made.edition_id), ("collection", made.collection_id)):
            table = Base.metadata.tables[name]
            row = session.execute(select(table).where(table.c.id == key)).mappings().one()
            first[name] = dict(row)
    return Shop(db, first)
