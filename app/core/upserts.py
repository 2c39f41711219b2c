"""Inserting a row once, many times a second: the statement is made once, not for each row."""

from typing import Any

from sqlalchemy import Insert, inspect
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import Base, session


class Once:
    """Inserts rows of a table, each unless one of its unique values is taken.

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
