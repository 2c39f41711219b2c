"""What a browser loads to read a file: a closed list, each at an address of its content."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.contributions.in_browser import library

SCRIPT = "text/javascript"
#: The files of Pyodide's package that are served, with their types.
OF_PYTHON = {
    "pyodide.asm.mjs": SCRIPT,
    "pyodide.asm.wasm": "application/wasm",
    "pyodide.mjs": SCRIPT,
    "python_stdlib.zip": "application/zip",
}
WORKER = Path(__file__).resolve().parents[2] / "static" / "reading-worker.js"


@dataclass(frozen=True)
class Part:
    """A file for the browser.

    Attributes
    ----------
    kind : str
        Its media type.
    content : bytes
        Empty where it lies in a file.
    path, packed : Path or None
        Where it lies; the same packed with gzip.
    """

    kind: str
    content: bytes = field(default=b"", repr=False)
    path: Path | None = None
    packed: Path | None = None

    @property
    def size(self) -> int:
        """How many bytes a browser loads."""
        least = self.packed or self.path
        return least.stat().st_size if least else len(self.content)


@dataclass(frozen=True)
class Parts:
    """All that a browser loads.

    Attributes
    ----------
    by_place : mapping
        Each part by the two last pieces of its address: what changes with its content, its name.
    version : str
        Of the browser's Python; empty where it is not installed.
    make : dict
        How it was built: its worker asks for it.
    worker, traces : str
        What the addresses of these two change with.
    megabytes : int
        How much a browser loads, once.
    """

    by_place: Mapping[tuple[str, str], Part]
    version: str
    make: Mapping[str, Any]
    worker: str
    traces: str
    megabytes: int


def found(folder: Path) -> Parts:
    """Find the browser's Python in a folder, and put the rest beside it: once, at the start."""
    own = {
        "reading-worker.js": Part(SCRIPT, WORKER.read_bytes()),
        "traces.zip": Part("application/zip", library.archive()),
    }
    names = {name: hashlib.sha256(part.content).hexdigest()[:16] for name, part in own.items()}
    by_place = {(names[name], name): part for name, part in own.items()}
    version, make = _about(folder)
    for name, kind in OF_PYTHON.items() if version else ():
        packed = folder / f"{name}.gz"
        there = packed if packed.is_file() else None
        by_place[version, name] = Part(kind, path=folder / name, packed=there)
    megabytes = round(sum(part.size for part in by_place.values()) / 1_000_000)
    return Parts(
        by_place, version, make, names["reading-worker.js"], names["traces.zip"], megabytes
    )


def _about(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """Return the version of the package in a folder and its make; nothing where it is not whole."""
    if not all((folder / name).is_file() for name in OF_PYTHON):
        return "", {}
    try:
        version = json.loads((folder / "package.json").read_text())["version"]
        return str(version), json.loads((folder / "pyodide-lock.json").read_text())["info"]
    except (OSError, ValueError, KeyError):
        return "", {}
