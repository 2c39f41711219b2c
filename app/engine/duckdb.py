"""DuckDB, embedded and locked down."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from app.engine.errors import EngineError


class DuckDBEngine:
    """An in-memory DuckDB that reads nothing but what it is handed.

    Parameters
    ----------
    memory_limit : str
        As DuckDB writes it, such as "4GB".
    threads : int
        >= 1.
    own_hash : bool
        Whether records are chosen by DuckDB's own hash, or by the slower one that is equal on
        every engine.

    Notes
    -----
    Nothing ever spills to disk: DuckDB cannot encrypt temporary files without an extension it
    would have to download, and rows in plain text must not touch the disk. What does not fit
    into the memory limit is refused.
    """

    def __init__(self, memory_limit: str = "4GB", threads: int = 2, own_hash: bool = True) -> None:
        self.own_hash = own_hash
        self._connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "python_enable_replacements": False,
                "preserve_insertion_order": False,
            }
        )
        self._connection.execute("SET enable_logging = false")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        self._kept = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget all tables."""
        self._connection.close()

    def stream(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> ir.Table:
        """Register batches as a table that can be read once, without collecting them.

        Columns are int64 or text.
        """
        name = self._next_name()
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        self._connection.register(name, reader)
        kinds = {field.name: "int64" if field.type == pa.int64() else "string" for field in schema}
        return ibis.table(ibis.schema(kinds), name=name)

    def run(self, expression: ir.Table) -> pa.Table:
        """Compute a small result and return it.

        Raises
        ------
        EngineError
        """
        try:
            return self._connection.sql(_sql(expression)).to_arrow_table()
        except duckdb.Error as error:
            raise EngineError(type(error).__name__) from None

    def keep(self, expression: ir.Table) -> ir.Table:
        """Compute a result into a table of its own and return that.

        Raises
        ------
        EngineError
        """
        name = self._next_name()
        try:
            self._connection.execute(f"CREATE TEMP TABLE {name} AS {_sql(expression)}")
        except duckdb.Error as error:
            raise EngineError(type(error).__name__) from None
        return ibis.table(expression.schema(), name=name)

    def _next_name(self) -> str:
        self._kept += 1
        return f"kept_{self._kept}"


def _sql(expression: ir.Table) -> str:
    """Compile; whole numbers come back as 64 bits, as the expression promises, or fail."""
    columns = ", ".join(
        f"CAST({_quoted(name)} AS BIGINT) AS {_quoted(name)}"
        if kind.is_integer()
        else _quoted(name)
        for name, kind in expression.schema().items()
    )
    return f"SELECT {columns} FROM ({ibis.to_sql(expression, dialect='duckdb')})"  # noqa: S608 (names are quoted)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
