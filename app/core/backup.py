"""A copy of a market that lies in its instance folder: the database, and the rows of the vault.

The database is copied at one moment, while the market goes on; then the sealed rows that the copy
names, which never change. Secrets are not copied, nor the list of what was erased: whoever has a
copy alone reads nothing in the vault, and what is erased later can be erased in the copy again.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Invalid

DATABASE, ROWS = "moisson.db", "vault"
FORM = "%Y-%m-%dT%H%M%SZ"


@dataclass(frozen=True)
class Copied:
    """What a backup did.

    Attributes
    ----------
    database : Path
    new, gone : int
        Objects of the vault that were copied, and that no longer are.
    old : int
        Copies of the database that were too old.
    """

    database: Path
    new: int
    gone: int
    old: int


def back_up(db: Database, vault: Path, folder: Path, days: int) -> Copied:
    """Copy a market into a folder, beside earlier copies; those older than some days go.

    Parameters
    ----------
    vault : Path
        Where the rows lie.
    days : int
        So long a copy is kept.

    Raises
    ------
    Invalid
        On PostgreSQL, which has its own ways.
    """
    if db.engine.dialect.name != "sqlite":
        raise Invalid("This copies SQLite. For PostgreSQL see docs/running.md.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / f"{now().strftime(FORM)}.db"
    _copy_database(Path(str(db.engine.url.database)), place)
    copies = folder / ROWS
    copies.mkdir(mode=0o700, exist_ok=True)
    new = 0
    for source in sorted(vault.iterdir()) if vault.exists() else ():
        # What is being written or erased begins with a dot.
        if not source.name.startswith(".") and not (copies / source.name).exists():
            new += _copy_object(source, copies)
    gone = 0
    for copied in copies.iterdir():
        if not (vault / copied.name).exists():
            shutil.rmtree(copied, ignore_errors=True)
            gone += 1
    return Copied(place, new, gone, _forget_old(folder, days))


def _copy_database(source: Path, place: Path) -> None:
    beside = place.with_suffix(".part")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(beside)) as copy:
        live.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.rename(place)


def _copy_object(source: Path, copies: Path) -> int:
    part = copies / f".{source.name}"
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(source, part)
    except (FileNotFoundError, shutil.Error):
        # Erased meanwhile.
        shutil.rmtree(part, ignore_errors=True)
        return 0
    part.rename(copies / source.name)
    return 1


def _forget_old(folder: Path, days: int) -> int:
    old = 0
    for copy in folder.glob("*.db"):
        made = datetime.strptime(copy.stem, FORM).replace(tzinfo=now().tzinfo)
        if made < now() - timedelta(days=days):
            copy.unlink()
            old += 1
    return old
