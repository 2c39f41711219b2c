"""What an engine must do for a measurement, whichever it is."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


class Engine(Protocol):
    """Runs Ibis expressions over registered tables, where the rows are."""

    def run(self, expression: "ir.Table") -> "pa.Table":
        """Compute a small result and return it."""
        ...

    def keep(self, expression: "ir.Table") -> "ir.Table":
        """Compute a large result once, keep it inside the engine and return its table."""
        ...
