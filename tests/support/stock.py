"""A market with one published edition, made once in each process and copied for each test.

To list rows, close an edition and measure it takes half a second and comes out the same for
every test. So it is done once on each engine, before the first test's own market is built;
`factories.published` then copies database and vault into a market that is still new.
The copy is the test's own. What makes the markets of a process fit together is that they
have the same secrets.
"""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from flask import Flask
from sqlalchemy import exists, select, table

from app.core.db import Database
from app.core.permissions import Actor
from app.market import market_of

#: A market is new while none of these tables has a row.
EMPTY = ("user_account", "audit_entry", "job", "ledger_transaction")
SECRETS = {
    **{
        name: secrets.token_hex(32)
        for name in ("MOISSON_SECRET_KEY", "MOISSON_VAULT_KEY", "MOISSON_EDITION_SECRET")
    },
    "MOISSON_STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
}


def share_secrets(instance: Path) -> None:
    """Give a market the secrets that all markets of this process have, unless it has others."""
    instance.mkdir(parents=True, exist_ok=True)
    path = instance / "secrets.json"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps(SECRETS))


@dataclass(frozen=True)
class Edition:
    """What a test has to know of the edition that was made."""

    edition_id: str
    collection_id: str
    dataset_id: str
    producer: Actor


class Copies(Protocol):
    """Puts a kept database in the place of a test's own."""

    def __call__(self, url: str) -> None:
        """Make the database at an address a copy; nobody is connected."""


@dataclass
class Stock:
    """The kept markets of this process, one for each engine.

    Attributes
    ----------
    instance : Path
        Where the vault of the kept market is.
    """

    edition: Edition
    instance: Path
    copy: Copies
    kept: ClassVar[dict[str, Stock]] = {}

    def fill(self, app: Flask) -> Edition:
        """Make a new market a copy of the kept one."""
        settings = market_of(app).settings
        market_of(app).db.dispose()
        self.copy(settings.database_url)
        vault = settings.instance / "vault"
        shutil.copytree(self.instance / "vault", vault, dirs_exist_ok=True)
        return self.edition


def fitting(app: Flask) -> Stock | None:
    """Return the stock that a market may be filled from; None where it is not new or differs."""
    settings, db = market_of(app).settings, market_of(app).db
    found = Stock.kept.get(db.engine.dialect.name)
    same = settings.vault_key.hex() == SECRETS["MOISSON_VAULT_KEY"]
    if found is None or not same or market_of(app).connection.mode != "stand-in":
        return None
    return found if _is_new(db) else None


def _is_new(db: Database) -> bool:
    any_row = [exists(select(1).select_from(table(name))) for name in EMPTY]
    with db.unit_of_work(write=False) as s:
        return not any(s.execute(select(*any_row)).one())
