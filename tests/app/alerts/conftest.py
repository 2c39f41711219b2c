"""Readers with alerts, in a market whose editions are written without being measured."""

import json
from dataclasses import dataclass
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update

from app.alerts import looking, service
from app.alerts.kinds import Rhythm
from app.core.db import Base
from app.core.permissions import Actor, Role
from app.jobs.models import Job
from app.market import market_of
from app.search.lists import Search
from app.search.service import Listing
from tests.app.search.conftest import Shop, shop
from tests.support import factories
from tests.support.inbox import read_mail

__all__ = ["shop"]


@dataclass
class Readers:
    """What they follow, and what they are told."""

    app: Flask
    shop: Shop

    def follow(
        self, asked: Search, rhythm: Rhythm = Rhythm.AT_ONCE, who: Actor | None = None
    ) -> tuple[Actor, str]:
        """Let somebody follow something."""
        reader = who or factories.account(self.app, Role.BUYER)
        with self.shop.db.unit_of_work():
            return reader, service.follow(reader, asked, rhythm)

    def published(self, at: datetime, listing: Listing) -> Listing:
        """An edition of an hour."""
        edition = Base.metadata.tables["edition"]
        with self.shop.db.unit_of_work() as unit:
            chosen = update(edition).where(edition.c.id == listing.edition_id)
            unit.execute(chosen.values(published_at=at))
        return listing

    def look(self) -> None:
        """Have everybody told, as the schedule does."""
        looking.look(self.shop.db)

    def mail(self) -> list[str]:
        """Every e-mail about alerts so far: heads and texts."""
        factories.run_jobs(self.app)
        folder = market_of(self.app).settings.instance / "mail"
        return [text for text, _ in read_mail(folder) if "List-Unsubscribe-Post" in text]

    def told(self) -> dict[str, list[int]]:
        """The editions in the e-mails of each alert, whether they are sent yet or not."""
        found: dict[str, list[int]] = {}
        with self.shop.db.unit_of_work(write=False) as unit:
            for row in unit.query(Job).filter(Job.kind == looking.JOB):
                payload = json.loads(row.payload)
                found.setdefault(payload["alert"], []).extend(payload["numbers"])
        return found


@pytest.fixture
def readers(app: Flask, shop: Shop) -> Readers:  # noqa: F811 - pytest finds it by its name
    """A market with readers."""
    return Readers(app, shop)
