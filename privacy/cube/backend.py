"""Measure on any Ibis backend, outside the product.

The product has an engine of its own, locked down; this one trusts the backend it is given.
"""

from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend


class IbisEngine:
    """Runs expressions where a backend keeps its tables.

    Parameters
    ----------
    backend : ibis backend
        Such as `ibis.duckdb.connect()`. Rows and kept results stay in it as temporary tables.
    """

    def __init__(self, backend: "BaseBackend") -> None:
        self._backend = backend
        self.own_hash = backend.name == "duckdb"
        self._names = (f"moisson_kept_{number}" for number in count())

    def stream(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> "ir.Table":
        """Put rows into a temporary table of the backend, batch by batch.

        Parameters
        ----------
        schema : pyarrow.Schema
            Columns are int64 or text.
        batches : iterable of pyarrow.RecordBatch
            Of that schema; read once, now.
        """
        name = next(self._names)
        table = self._backend.create_table(name, schema=schema, temp=True)
        for batch in batches:
            self._backend.insert(name, pa.Table.from_batches([batch], schema))
        return table

    def run(self, expression: "ir.Table") -> "pa.Table":
        """Compute a small result and return it."""
        return self._backend.to_pyarrow(expression)

    def keep(self, expression: "ir.Table") -> "ir.Table":
        """Compute a large result once and return its table."""
        return self._backend.create_table(next(self._names), expression, temp=True)
