"""A folder in memory for what tests write, where the machine has one."""

import os
import shutil
from pathlib import Path

#: Files of a run take less than half of it.
ROOM = 4 * 1024**3


def in_memory(folder: Path = Path("/dev/shm")) -> Path | None:  # noqa: S108
    """Return a folder that is kept in memory; None where there is none, or little room."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return None
    return folder if shutil.disk_usage(folder).free >= ROOM else None
