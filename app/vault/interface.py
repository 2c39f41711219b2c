"""What any vault must do, wherever it keeps its rows."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa


class RowsWriter(Protocol):
    """Takes the rows of one object, batch by batch."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch of the object's schema."""
        ...


class Vault(Protocol):
    """Rows at rest, encrypted with one key for each object. Objects never change."""

    def exists(self, object_id: str) -> bool:
        """Tell whether an object can be read."""
        ...

    def write(self, object_id: str, schema: pa.Schema) -> AbstractContextManager[RowsWriter]:
        """Write an object; it exists once the block ends without an error, and not before.

        Raises
        ------
        ObjectExists
        """
        ...

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch.

        Raises
        ------
        ObjectMissing, ObjectUnreadable
        """
        ...

    def erase(self, object_id: str) -> None:
        """Erase key and rows at once; nothing happens where there is none."""
        ...

    def sweep(self) -> None:
        """Finish what a crash left half done."""
        ...
