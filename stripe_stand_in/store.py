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

from stripe_stand_in.schema import prepare

#: So many connections are kept open for the next request.
_IDLE = 8


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
            "SELECT body FROM objects WHERE kind = ? ORDER BY created DESC, seq DESC", (kind,)
        ):
            yield json.loads(body)

    def newest(self, kind: str, count: int = 50) -> list[dict[str, Any]]:
        """Return the newest few objects of a kind."""
        rows = self.sql.execute(
            "SELECT body FROM objects WHERE kind = ? ORDER BY created DESC, seq DESC LIMIT ?",
            (kind, count),
        )
        return [json.loads(body) for (body,) in rows]

    def setting(self, name: str, default: Any) -> Any:
        """Return what a control has set, or what holds without."""
        row = self.sql.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set(self, name: str, value: Any) -> None:
        """Keep a setting for every process and for the next start."""
        self.sql.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )


class Store:
    """The file, and a few connections to it.

    Parameters
    ----------
    path : Path
        Made when missing, with its folder.
    durable : bool
        Whether every change is on the disk before it is answered.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path = path
        self._synchronous = "FULL" if durable else "OFF"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._idle: list[sqlite3.Connection] = []
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            prepare(connection)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to one thread at a time; opening one takes longer than asking."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction that writes, and keep it only if nothing is raised."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            done = False
            try:
                yield Transaction(connection)
                done = True
            finally:
                connection.execute("COMMIT" if done else "ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Look without keeping others from writing."""
        with self._connection() as connection:
            yield Transaction(connection)


def new_id(prefix: str) -> str:
    """Return an identifier that nobody takes for Stripe's."""
    return f"{prefix}_standin{secrets.token_hex(10)}"
