"""The library that reads, as one archive for the browser: its code, its data, the zone's clock."""

import io
import zipfile
import zoneinfo
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from app.contributions.reading import ZONE

#: What reading a file needs nothing of.
LEFT_OUT = ("__main__.py", "diaries", "diary.py", "how_to", "how_to.py")
#: So that the same content is the same archive.
WHEN = (1980, 1, 1, 0, 0, 0)


@cache
def archive() -> bytes:
    """Return the archive: the package `traces`, and the clock of the zone that people live in."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(_content().items()):
            packed.writestr(zipfile.ZipInfo(name, WHEN), content, zipfile.ZIP_DEFLATED, 9)
    return held.getvalue()


def _content() -> dict[str, bytes]:
    found: dict[str, bytes] = {f"zoneinfo/{ZONE}": _clock()}
    folders: list[tuple[str, Traversable]] = [("traces", files("traces"))]
    for place, folder in folders:
        for each in folder.iterdir():
            name = f"{place}/{each.name}"
            if place == "traces" and each.name in LEFT_OUT:
                continue
            if each.is_dir():
                folders.append((name, each))
            elif name.endswith((".py", ".toml")):
                found[name] = each.read_bytes()
    return found


def _clock() -> bytes:
    """Return the zone's file that this process reads, too: a browser's Python has none."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder, ZONE)
        if path.is_file():
            return path.read_bytes()
    return files("tzdata").joinpath("zoneinfo", ZONE).read_bytes()
