"""The list of what was erased, kept outside the database and so outside its backups.

A database that is restored from a backup has again what was erased since: the keys of rows, the
names of accounts. What is in this list is erased once more before a restored market opens
(`app.rights.restoring`). A line names an identifier, which nobody can guess and which says nothing
of anybody, and how it was erased; lines stand in a file for each day (UTC).

A line is written, to the disk, just before the commit that erases, so that no crash leaves anything
erased and not listed. Where the commit fails, a second line says that it was kept.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.clock import now
from app.core.config import Settings
from app.core.db import session

#: So many identifiers a process remembers.
LATE = 1_000
#: Where a session keeps the lines that its commit writes.
_LINES, _WRITTEN = "to be listed as erased", "listed as erased"


class Erasure(StrEnum):
    """What was erased."""

    OBJECT = "object"
    ACCOUNT = "account"


class ErasedList:
    """Which objects and accounts were erased.

    Parameters
    ----------
    folder : Path
        Not in the backups of the database, and not lost with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: What was listed here of late: it may be written again under the same name.
        self._late: deque[str] = deque(maxlen=LATE)

    @classmethod
    def of(cls, settings: Settings) -> "ErasedList":
        """Return the list that the settings name."""
        return cls(settings.erased_list or settings.instance / "erased")

    def note(self, kind: Erasure, identifier: str) -> None:
        """List something as erased with the change that is under way, and not if it fails.

        Raises
        ------
        RuntimeError
            Outside a unit of work.
        """
        here = session()
        if _LINES not in here.info:
            here.info[_LINES], here.info[_WRITTEN] = [], []
            event.listen(here, "before_commit", self._before_commit)
            event.listen(here, "after_commit", _committed)
            event.listen(here, "after_rollback", self._after_rollback)
        here.info[_LINES].append((kind, identifier))
        self._late.append(identifier)

    def written_again(self, identifier: str) -> None:
        """Tell the list that an object is there again under the same name."""
        if identifier in self._late:
            self._append("kept", [(Erasure.OBJECT, identifier)])

    def since(self, day: date) -> dict[Erasure, set[str]]:
        """Return what was erased on a day and later, and not kept after all."""
        found: dict[Erasure, set[str]] = {kind: set() for kind in Erasure}
        for path in self._files():
            if path.stem >= day.isoformat():
                for word, kind, identifier in _read(path):
                    if word == "erased":
                        found[kind].add(identifier)
                    else:
                        found[kind].discard(identifier)
        return found

    def forget_before(self, day: date) -> None:
        """Forget what was erased before a day: no backup is as old."""
        for path in self._files():
            if path.stem < day.isoformat():
                path.unlink()

    def _before_commit(self, here: Session) -> None:
        lines = here.info[_LINES]
        self._append("erased", lines)
        here.info[_WRITTEN], here.info[_LINES] = [*here.info[_WRITTEN], *lines], []

    def _after_rollback(self, here: Session) -> None:
        self._append("kept", here.info[_WRITTEN])
        here.info[_WRITTEN], here.info[_LINES] = [], []

    def _append(self, word: str, lines: Iterable[tuple[Erasure, str]]) -> None:
        text = "".join(f"{word} {kind} {identifier}\n" for kind, identifier in lines)
        if not text:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{now().date().isoformat()}.txt"
        # One write at the end of the file: lines of several processes do not mix.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("????-??-??.txt")) if self._folder.exists() else []


def _committed(here: Session) -> None:
    here.info[_WRITTEN] = []


def _read(path: Path) -> Iterator[tuple[str, Erasure, str]]:
    for line in path.read_text().splitlines():
        parts = line.split()
        # A line that a crash cut off was of a change that was not committed.
        if len(parts) == 3 and parts[0] in {"erased", "kept"} and parts[1] in set(Erasure):
            yield parts[0], Erasure(parts[1]), parts[2]
