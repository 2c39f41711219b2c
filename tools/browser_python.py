"""Fetch the Python that reads files inside a visitor's browser: Pyodide, from its npm package.

Standard library only. npm is asked for the package, its hash in locks/pyodide.npm is checked, and
the few files that a page needs are put into the environment's folder, each packed with gzip beside
it. Without npm the market works all the same: its server reads the files.

    .venv/bin/python tools/browser_python.py
"""

import base64
import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = ROOT / "locks" / "pyodide.npm"
FOLDER = Path(sys.prefix) / "share" / "pyodide"
#: What a page loads, and the files that tell of what version and make it is.
NAMES = (
    "package.json",
    "pyodide-lock.json",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide.mjs",
    "python_stdlib.zip",
)
STAMP = "integrity"
PATIENCE = 300


class NotFetched(Exception):
    """Why it is not there."""


def fetch(pin: str, folder: Path) -> bool:
    """Fetch the package that a pin names into a folder; return whether it was not there yet.

    Parameters
    ----------
    pin : str
        "name@version sha512-…", the hash as npm writes it.

    Raises
    ------
    NotFetched
    """
    package, integrity = pin.split()
    stamp = folder / STAMP
    if stamp.exists() and stamp.read_text() == integrity:
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = _packed(package, Path(scratch))
        if _integrity(archive) != integrity:
            raise NotFetched(f"what npm gave for {package} is not what was pinned")
        made = Path(scratch) / "made"
        _unpack(archive, made)
        (made / STAMP).write_text(integrity)
        shutil.rmtree(folder, ignore_errors=True)
        made.chmod(0o755)
        made.rename(folder)
    return True


def _packed(package: str, folder: Path) -> Path:
    """Let npm put the package's archive into a folder; nothing in it is run."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotFetched("npm is not here")
    told = [npm, "pack", package, "--ignore-scripts", "--pack-destination", str(folder)]
    try:
        subprocess.run(told, check=True, capture_output=True, timeout=PATIENCE)
        return next(folder.glob("*.tgz"))
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        raise NotFetched(f"npm could not fetch {package}") from error


def _integrity(archive: Path) -> str:
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as packed:
        for name in NAMES:
            member = packed.extractfile(f"package/{name}")
            if member is None:
                raise NotFetched(f"{name} is no file")
            content = member.read()
            (folder / name).write_bytes(content)
            smaller = gzip.compress(content, mtime=0)
            if len(smaller) < 0.9 * len(content):
                (folder / f"{name}.gz").write_bytes(smaller)


if __name__ == "__main__":
    try:
        if fetch(PIN.read_text(), FOLDER):
            print("moisson: fetched the Python that reads files in the browser (once)")
    except (NotFetched, OSError, KeyError, tarfile.TarError) as error:
        print(f"moisson: files are read by the server, not in the browser: {error}")
