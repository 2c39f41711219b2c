"""The database: one unit of work per request or job.

A unit of work is one transaction. Services and queries reach its session through
`session()` and never commit; `unit_of_work` commits once at the end. A service that
speaks to the outside saves its intent first and calls `checkpoint()`.
"""

import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, select
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.core.errors import UnsafeConfiguration

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """Return an identifier nobody can guess: 32 hex digits."""
    return uuid.uuid4().hex


@dataclass
class _Unit:
    session: Session
    facts: Mapping[type, object]
    engine: Engine
    writes: bool


F = TypeVar("F")
#: Where a session keeps what is to be done once it is committed.
_STEPS = "after commit"
#: Where the session of a unit that only reads keeps what it has read.
_READ = "read once"
#: Pages show so many digits of an identifier at least.
SHORTEST_NAME = 8
_current: ContextVar[_Unit | None] = ContextVar("unit_of_work", default=None)


class Database:
    """One database and its two ways in: reading, and writing.

    On SQLite a writing unit takes the write lock when it begins (BEGIN IMMEDIATE), so
    that what it read is still true when it writes; PostgreSQL locks rows instead.

    Parameters
    ----------
    url : str
    *facts : object
        What an application is configured with and its services need deep down, one of a type:
        each unit of work on this database finds them with `fact`.

    Raises
    ------
    UnsafeConfiguration
        Where the database's driver is not installed.
    """

    def __init__(self, url: str, *facts: object) -> None:
        self._facts = {type(fact): fact for fact in facts}
        if url.startswith("postgresql://"):
            url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        try:
            self.engine: Engine = create_engine(
                url,
                pool_pre_ping=not url.startswith("sqlite"),
                # An error of the database would otherwise quote what was written, in the log.
                hide_parameters=True,
            )
        except ImportError as error:
            raise UnsafeConfiguration(
                "MOISSON_DATABASE_URL names a database whose driver is not installed; "
                "for PostgreSQL run: make setup EXTRAS=postgresql"
            ) from error
        self.writing: Engine = self.engine
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self.writing = self.engine.execution_options(immediate=True)
        self._questions: dict[str, Callable[[], bool]] = {}

    def ask_first(self, about: str, question: Callable[[], bool], *, at_once: bool = True) -> None:
        """Check now whether this database may be used, and again before each unit of work.

        The check is not repeated once it was answered with yes.

        Parameters
        ----------
        about : str
            Names the question.
        question : callable
            May this database be used? False where that cannot be told yet; raises where not.
        at_once : bool
            Whether it is asked now, too.
        """
        self._questions[about] = question
        try:
            if at_once:
                self.ask()
        finally:
            # A process that is forked afterwards must not share a connection.
            self.dispose()

    def ask(self) -> None:
        """Ask what is to be asked before this database is used."""
        for about, question in list(self._questions.items()):
            if question():
                self._questions.pop(about, None)

    def never_ask(self, about: str) -> None:
        """Leave a question out: for whoever is to mend what it asks about."""
        self._questions.pop(about, None)

    @contextmanager
    def unit_of_work(self, *, write: bool = True) -> Iterator[Session]:
        """Open a transaction; commit at the end, roll back on any error."""
        if self._questions:
            self.ask()
        engine = self.writing if write else self.engine
        session = Session(engine, expire_on_commit=False)
        unit = _Unit(session, self._facts, self.engine, write)
        token = _current.set(unit)
        try:
            yield unit.session
            checkpoint()
        except BaseException:
            unit.session.rollback()
            raise
        finally:
            unit.session.close()
            _current.reset(token)

    @contextmanager
    def joined(self) -> Iterator[Session]:
        """Write with the present unit of work where it is writing, else in one of its own.

        For what belongs to a change that may be under way: committed, or rolled back, with it.
        A unit that has locked nothing yet is left alone, so that it goes on locking nothing.
        """
        present = self.present()
        if present is not None:
            yield present
            return
        with self.unit_of_work() as own:
            yield own

    def present(self) -> Session | None:
        """Return the session of the present unit of work, if it writes here and has begun."""
        unit = _current.get()
        if unit is None or unit.engine is not self.engine or not unit.writes:
            return None
        return unit.session if unit.session.in_transaction() else None

    def after_commit(self, step: Callable[[], None]) -> None:
        """Do something once the present unit of work is committed, and not if it is rolled back.

        At once where no unit of work is writing.
        """
        here = self.present()
        if here is None:
            step()
            return
        steps: list[Callable[[], None]] | None = here.info.get(_STEPS)
        if steps is None:
            steps = here.info[_STEPS] = []
            event.listen(here, "after_commit", _do_steps)
            event.listen(here, "after_rollback", lambda session: session.info[_STEPS].clear())
        steps.append(step)

    def scrub(self) -> None:
        """Make what was deleted unreadable in the database's own files too, as far as it can be.

        SQLite overwrites what is deleted (`secure_delete`); until its log is folded into the
        database file, the log holds what was. PostgreSQL keeps dead rows until it vacuums.

        Raises
        ------
        RuntimeError
            Where others were at work on it: to be tried again.
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if self.engine.dialect.name == "sqlite":
                busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
                if busy:
                    raise RuntimeError("the log is in use")
            else:
                connection.exec_driver_sql(
                    "VACUUM vault_key, user_account, user_session, catalogue_entry"
                )

    def is_there(self) -> bool:
        """Say whether there is a database; looking into a file that is not there would make one."""
        name = self.engine.url.database
        return self.engine.dialect.name != "sqlite" or (bool(name) and Path(str(name)).exists())

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _do_steps(done: Session) -> None:
    steps = list(done.info[_STEPS])
    done.info[_STEPS].clear()
    for step in steps:
        step()


def session() -> Session:
    """Return the session of the present unit of work.

    Raises
    ------
    RuntimeError
        Outside a unit of work.
    """
    unit = _current.get()
    if unit is None:
        raise RuntimeError("no unit of work is open")
    return unit.session


def is_in_unit_of_work() -> bool:
    """Say whether a unit of work is open here."""
    return _current.get() is not None


def read_once(place: Hashable, read: Callable[[], F]) -> F:
    """Return what this unit of work read before, and read it the first time.

    For what several parts of a page ask for, one beside the other. A unit that writes reads
    anew each time, so that it sees what it wrote.

    Parameters
    ----------
    place : hashable
        Names what is read, the function and its arguments for instance.
    read : callable
    """
    unit = _current.get()
    if unit is None or unit.writes:
        return read()
    known: dict[Hashable, Any] = unit.session.info.setdefault(_READ, {})
    if place not in known:
        known[place] = read()
    found: F = known[place]
    return found


def fact(kind: type[F]) -> F:
    """Return what the application of the present unit of work is configured with.

    Raises
    ------
    RuntimeError
        Outside a unit of work, or where the application has no such fact.
    """
    unit = _current.get()
    found = None if unit is None else unit.facts.get(kind)
    if not isinstance(found, kind):
        raise RuntimeError(f"no {kind.__name__} is known here")
    return found


def beginning_with(column: Any, text: str) -> str | None:
    """Return the one identifier that begins with a text, as pages show it shortened.

    None where there is none, or more than one.
    """
    if len(text) < SHORTEST_NAME or not text.isalnum():
        return None
    found = session().scalars(select(column).where(column.startswith(text)).limit(2)).all()
    return str(found[0]) if len(found) == 1 else None


def checkpoint() -> None:
    """Commit what was done so far.

    Only for the step before an outside call, whose intent must survive a crash.
    """
    unit = _current.get()
    if unit is None:
        raise RuntimeError("no unit of work is open")
    unit.session.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # FULL: a commit that was acknowledged survives a power cut, as money needs.
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
