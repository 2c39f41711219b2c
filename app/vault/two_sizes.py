"""One vault: large objects in one place, small ones in another."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager

import pyarrow as pa

from app.vault.interface import RowsWriter
from app.vault.local import LocalVault
from app.vault.small import SmallObjects


class TwoSizes:
    """A vault whose small objects lie in the database.

    Parameters
    ----------
    large : LocalVault
    small : SmallObjects
    """

    def __init__(self, large: LocalVault, small: SmallObjects) -> None:
        self._large, self._small = large, small

    def exists(self, object_id: str) -> bool:
        """Tell whether an object can be read."""
        return self._small.exists(object_id) or self._large.exists(object_id)

    def present(self, object_ids: Collection[str]) -> frozenset[str]:
        """Return which of many objects can be read."""
        small = self._small.present(object_ids)
        rest = [one for one in object_ids if one not in small]
        return small | frozenset(one for one in rest if self._large.exists(one))

    def write(self, object_id: str, schema: pa.Schema) -> AbstractContextManager[RowsWriter]:
        """Write a large object; it exists once the block ends without an error, and not before.

        Raises
        ------
        ObjectExists
        """
        return self._large.write(object_id, schema)

    def write_small(self, object_id: str, batch: pa.RecordBatch) -> None:
        """Write a small object, with the change that is under way.

        Raises
        ------
        ObjectExists
        """
        self._small.write(object_id, batch)

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch.

        Raises
        ------
        ObjectMissing, ObjectUnreadable
        """
        found = self._small.find(object_id)
        return self._large.batches(object_id) if found is None else iter((found,))

    def erase(self, object_id: str) -> None:
        """Erase key and rows at once; nothing happens where there is none."""
        if not self._small.erase(object_id):
            self._large.erase(object_id)

    def sweep(self) -> None:
        """Finish what a crash left half done."""
        self._large.sweep()
