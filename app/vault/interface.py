"""What any vault must do, wherever it keeps its rows."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa


class RowsWriter(Protocol):
    """Takes the rows of one object, batch by batch."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch of the object's schema."""
        ...


class KeyRing(Protocol):
    """Keeps the wrapped data key of each object, away from the objects.

    Whoever has a copy of the objects, and the master key, can then read nothing.
    """

    def keep(self, object_id: str, wrapped: bytes) -> bool:
        """Keep a key; return whether the object had none."""
        ...

    def find(self, object_id: str) -> bytes | None:
        """Return an object's key."""
        ...

    def forget(self, object_id: str) -> None:
        """Forget an object's key; nothing happens where there is none."""
        ...

    def afterwards(self, step: Callable[[], None]) -> None:
        """Do something once what was kept and forgotten is so for good; at once where it is."""
        ...


class Vault(Protocol):
    """Rows at rest, encrypted with one key for each object. Objects never change."""

    def exists(self, object_id: str) -> bool:
        """Tell whether an object can be read."""
        ...

    def present(self, object_ids: Collection[str]) -> frozenset[str]:
        """Return which of many objects can be read."""
        ...

    def write(self, object_id: str, schema: pa.Schema) -> AbstractContextManager[RowsWriter]:
        """Write an object; it exists once the block ends without an error, and not before.

        Raises
        ------
        ObjectExists
        """
        ...

    def write_small(self, object_id: str, batch: pa.RecordBatch) -> None:
        """Write an object of a few hundred rows, with the change that is under way.

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
