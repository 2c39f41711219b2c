"""The stand-in's state: objects, idempotent answers and an outbox, in one SQLite file.

One request is one transaction, so an event is in the outbox exactly when what it tells of has
happened, and no crash loses one.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    hidden TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (delivered, due);
"""


class Transaction:
    """Everything one request reads and writes.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside an open transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection

    def add(
        self,
        kind: str,
        body: Mapping[str, Any],
        created: int,
        hidden: Mapping[str, Any] | None = None,
    ) -> None:
        """Store a new object."""
        self.sql.execute(
            "INSERT INTO objects (id, kind, created, body, hidden) VALUES (?, ?, ?, ?, ?)",
            (body["id"], kind, created, json.dumps(body), json.dumps(hidden or {})),
        )

    def save(self, body: Mapping[str, Any], hidden: Mapping[str, Any] | None = None) -> None:
        """Store an object again after a change."""
        self.sql.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
        if hidden is not None:
            self.sql.execute(
                "UPDATE objects SET hidden = ? WHERE id = ?", (json.dumps(hidden), body["id"])
            )

    def find(self, identifier: str, kind: str | None = None) -> dict[str, Any] | None:
        """Return an object, of one kind if that is given."""
        row = self.sql.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = coalesce(?, kind)",
            (identifier, kind),
        ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def hidden(self, identifier: str) -> dict[str, Any]:
        """Return what is kept with an object and not shown."""
        row = self.sql.execute("SELECT hidden FROM objects WHERE id = ?", (identifier,)).fetchone()
        return {} if row is None else dict(json.loads(row[0]))

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Return all objects of a kind, newest first."""
        for (body,) in self.sql.execute(
            "SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC", (kind,)
        ):
            yield json.loads(body)


class Store:
    """The file; every thread opens it for itself.

    Parameters
    ----------
    path : Path
        Made when missing, with its folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._open()
        try:
            connection.executescript(_TABLES)
        finally:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction that writes, and keep it only if nothing is raised."""
        connection = self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            done = False
            try:
                yield Transaction(connection)
                done = True
            finally:
                connection.execute("COMMIT" if done else "ROLLBACK")
        finally:
            connection.close()


def new_id(prefix: str) -> str:
    """Return an identifier that nobody takes for Stripe's."""
    return f"{prefix}_standin{secrets.token_hex(10)}"
