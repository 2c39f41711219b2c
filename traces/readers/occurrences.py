"""How often a record without a name of its own counts, where files overlap."""

from __future__ import annotations

import hashlib
from collections import Counter


class Occurrences:
    """Counts equal records: the largest count of all files, so that overlapping changes nothing.

    Two equal records of one file are both real. Only hashes are held, and only while reading.
    """

    def __init__(self) -> None:
        self._met: Counter[bytes] = Counter()
        self._of_file: Counter[bytes] = Counter()

    def begin_file(self) -> None:
        """Say that another file begins."""
        self._of_file.clear()

    def repeated(self, *key: str, once: bool = False) -> bool:
        """Return whether a record was counted before.

        Parameters
        ----------
        *key : str
            Whatever tells records apart.
        once : bool
            Whether the key names a single record, which then counts once.
        """
        text = "\x1f".join(key)
        hashed = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._of_file[hashed] += 1
        times = 1 if once else self._of_file[hashed]
        if times <= self._met[hashed]:
            return True
        self._met[hashed] = times
        return False
