"""Where SQLite and PostgreSQL differ: each difference once, so that no feature asks which it is."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Insert,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    Text,
    cast,
    collate,
    column,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import Base, session

_COLON: ColumnElement[str] = literal_column("':'")


def is_postgresql(engine: Engine) -> bool:
    """Say which of the two databases it is."""
    return engine.dialect.name == "postgresql"


def has_one_writer(engine: Engine) -> bool:
    """Say whether a database lets one transaction write at a time, whichever rows it touches."""
    return not is_postgresql(engine)


def insert_into(table: type[Base], engine: Engine | None = None) -> Any:
    """Return an insert that can say what is to happen on a conflict.

    Parameters
    ----------
    engine : Engine, optional
        Of the database; by default that of the present unit of work.
    """
    served = _present() if engine is None else is_postgresql(engine)
    return (postgresql if served else sqlite).insert(table)


def month_of(moment: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return the month in UTC as YYYY-MM, inside the database."""
    if _present():
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM")
    return func.strftime("%Y-%m", moment)


def day_of(moment: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return the day in UTC as YYYY-MM-DD, inside the database."""
    if _present():
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")
    return cast(func.date(moment), String)


def before_colon(text: SQLColumnExpression[str]) -> ColumnElement[str]:
    """Return the part of a text before its first colon, all of it where there is none."""
    if _present():
        return func.split_part(text, _COLON, 1)
    return func.substr(text, 1, func.instr(text + _COLON, _COLON) - 1)


def found_by(table: str, asked: Iterable[Iterable[str]]) -> Select[int]:
    """Return the query for the rows of a table that have at least one stem of each word.

    Parameters
    ----------
    table : str
        Its `id` numbers its rows; PostgreSQL keeps their stems in its column `words`, SQLite in
        the FTS5 table `catalogue_words`.
    asked : iterable of iterable of str
        The stems of each word: letters and digits of ASCII alone.
    """
    number, served = column("id", Integer), _present()
    either = (" | " if served else " OR ").join
    quote = "'" if served else '"'
    every = (" & " if served else " AND ").join(
        f"({either(f'{quote}{stem}{quote}' for stem in stems)})" for stems in asked
    )
    if served:
        fits = text("words @@ CAST(:every AS tsquery)").bindparams(every=every)
        return select(number).select_from(text(table)).where(fits)
    fits = text("catalogue_words MATCH :every").bindparams(every=every)
    return (
        select(column("rowid", Integer).label("id"))
        .select_from(text("catalogue_words"))
        .where(fits)
    )


def looked_at_first() -> tuple[int, ...]:
    """Return how many of the newest rows that have words are looked at before all of them.

    FTS5 hands rows out from the newest on, and a list is nearly always full after a few. PostgreSQL
    plans by how many there are; a limit would make it go back through rows without the words.
    """
    return () if _present() else (60, 2_000)


def forget_words() -> None:
    """Leave nothing of changed stems in SQLite's index; PostgreSQL's goes when it vacuums."""
    if not _present():
        merged = "INSERT INTO catalogue_words (catalogue_words) VALUES ('optimize')"
        session().execute(text(merged))


def new_identifier() -> ColumnElement[str]:
    """Return the expression for an identifier nobody can guess, one for each row."""
    if _present():
        return func.replace(cast(func.gen_random_uuid(), Text), "-", "")
    return func.lower(func.hex(func.randomblob(16)))


def by_bytes(text: SQLColumnExpression[str], engine: Engine) -> ColumnElement[Any]:
    """Return an order by the bytes of a text, the same on both databases."""
    return collate(text, "C" if is_postgresql(engine) else "BINARY")


def hold_alone(names: Iterable[str]) -> None:
    """Wait until nobody else holds these names, and hold them until the unit of work ends.

    Where there is one writer, being it is enough.
    """
    _lock(names, func.pg_advisory_xact_lock)


def hold_shared(names: Iterable[str]) -> None:
    """Hold these names beside others who hold them so; whoever holds one alone is waited for."""
    _lock(names, func.pg_advisory_xact_lock_shared)


def hold_person(user_id: str) -> None:
    """Let nobody else write what this person has one of: of two clicks the second waits.

    A row that is not there yet cannot be locked, and both would insert it.
    """
    hold_alone([f"person:{user_id}"])


def _lock(names: Iterable[str], take: Callable[[Any], Any]) -> None:
    if _present():
        for name in sorted(set(names)):
            session().execute(select(take(func.hashtextextended(name, 0))))


@contextmanager
def room_for(kibibytes: int) -> Iterator[None]:
    """Let SQLite keep so much of what a large statement touches in memory.

    With its usual two megabytes each of a million lines goes to a page of an index that was
    just written out. PostgreSQL has room of its own.
    """
    connection = session().connection()
    if _present():
        yield
        return
    usual = int(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())
    connection.exec_driver_sql(f"PRAGMA cache_size = -{kibibytes}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {usual}")


def _present() -> bool:
    return session().get_bind().dialect.name == "postgresql"


class Once:
    """Inserts rows of a table, each unless one of its unique values is taken.

    Many times a second: the statement is made once, not for each row.

    Parameters
    ----------
    table : type
        Whose rows.
    """

    def __init__(self, table: type[Base]) -> None:
        local = inspect(table).local_table
        # Of an insert the rows are counted only where that is asked for.
        self._statements: dict[str, Insert] = {
            name: dialect.insert(local)
            .on_conflict_do_nothing()
            .execution_options(preserve_rowcount=True)
            for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
        }

    def insert(self, **values: Any) -> bool:
        """Insert a row in the present unit of work; return whether it was inserted.

        Of two transactions at once the second waits for the first. Every column is given:
        defaults of the model are not filled in.
        """
        statement = self._statements[session().get_bind().dialect.name]
        done: Any = session().execute(statement, values)
        return bool(done.rowcount == 1)
