"""What every engine must be able to do for a measurement."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


class Engine(Protocol):
    """Runs Ibis expressions over registered tables, where the rows are.

    Attributes
    ----------
    own_hash : bool
        Whether it has a function `hash` of one or two values of any type, to 64 bits.
    """

    @property
    def own_hash(self) -> bool:
        """Tell whether the engine's own hash chooses among a person's records."""
        ...

    def stream(self, schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]") -> "ir.Table":
        """Hand rows to the engine, batch by batch, without collecting them here.

        Parameters
        ----------
        schema : pyarrow.Schema
            Columns are int64 or text.
        batches : iterable of pyarrow.RecordBatch
            Of that schema; read once, now or when the table is.

        Returns
        -------
        ibis Table
            Can be read once; `keep` what is needed more often.
        """
        ...

    def run(self, expression: "ir.Table") -> "pa.Table":
        """Compute a small result and return it."""
        ...

    def keep(self, expression: "ir.Table") -> "ir.Table":
        """Compute a large result once, keep it inside the engine and return its table."""
        ...
