"""The tables of the stand-in's state, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

import sqlite3

VERSION = 3

_TABLES = """
CREATE TABLE objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    hidden TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0,
    event TEXT NOT NULL DEFAULT ''
);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE waiting (available_on INTEGER NOT NULL, currency TEXT NOT NULL, net INTEGER NOT NULL);
CREATE TABLE settled (currency TEXT PRIMARY KEY, net INTEGER NOT NULL);
CREATE TABLE held (account TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,
    PRIMARY KEY (account, currency))
"""

#: What lists are filtered by; without an index a list would read every object of its kind. The
#: time is in each index, because lists are ordered by it.
_FIELDS = (
    "charge currency destination payment_intent related_object.id source status transfer "
    "transfer_group type"
).split()

_INDEXES = (
    "CREATE INDEX IF NOT EXISTS objects_by_created ON objects (kind, created)",
    "CREATE INDEX IF NOT EXISTS objects_by_expiry ON objects "
    "(kind, json_extract(body, '$.status'), json_extract(body, '$.expires_at'))",
    *(
        f"CREATE INDEX IF NOT EXISTS objects_by_{name.replace('.', '_')} ON objects "
        f"(kind, json_extract(body, '$.{name}'), created)"
        for name in _FIELDS
    ),
    "CREATE INDEX IF NOT EXISTS answers_by_expiry ON answers (expires)",
    "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (delivered, due)",
    "CREATE INDEX IF NOT EXISTS outbox_by_event ON outbox (event)",
    "CREATE INDEX IF NOT EXISTS waiting_due ON waiting (available_on, currency, net)",
)

_OLD = ("objects", "answers", "outbox")


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or those of this version out of those of the version before."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have done it while this one waited for the lock.
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        _make(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _make(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        _make_tables(connection)
    else:
        _drop_indexes(connection)
    for statement in _INDEXES:
        connection.execute(statement)


def _make_tables(connection: sqlite3.Connection) -> None:
    names = {
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    earlier = "objects" in names
    if earlier:
        _drop_indexes(connection)
        for name in _OLD:
            connection.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    if earlier:
        _copy(connection)


def _drop_indexes(connection: sqlite3.Connection) -> None:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for (name,) in found:
        connection.execute(f"DROP INDEX {name}")


def _copy(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO objects (seq, id, kind, created, body, hidden) "
        "SELECT seq, id, kind, created, body, hidden FROM old_objects"
    )
    connection.execute(
        "INSERT INTO answers (key, request, status, body, expires) "
        "SELECT key, request, status, body, strftime('%s', 'now') + 86400 FROM old_answers"
    )
    connection.execute(
        "INSERT INTO outbox (seq, endpoint, payload, attempts, due, delivered, event) SELECT "
        "seq, endpoint, payload, attempts, due, delivered, json_extract(payload, '$.id') "
        "FROM old_outbox"
    )
    connection.execute(
        "INSERT INTO waiting (available_on, currency, net) SELECT "
        "json_extract(body, '$.available_on'), json_extract(body, '$.currency'), "
        "json_extract(body, '$.net') FROM objects WHERE kind = 'balance_transaction'"
    )
    connection.execute(
        "INSERT INTO held (account, currency, amount) SELECT json_extract(body, '$.destination'), "
        "json_extract(body, '$.currency'), sum(json_extract(body, '$.amount') - "
        "json_extract(body, '$.amount_reversed')) FROM objects WHERE kind = 'transfer' "
        "GROUP BY 1, 2"
    )
    for name in _OLD:
        connection.execute(f"DROP TABLE old_{name}")
