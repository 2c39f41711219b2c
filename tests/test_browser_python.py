"""Set-up fetches the browser's Python with npm, and holds it to its pinned hash."""

import base64
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools.browser_python import NAMES, PIN, ROOT, STAMP, NotFetched, fetch

NPM = """#!{python}
import pathlib, shutil, sys
folder = sys.argv[sys.argv.index("--pack-destination") + 1]
assert "--ignore-scripts" in sys.argv
shutil.copy({archive!r}, pathlib.Path(folder, "pyodide.tgz"))
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A package as npm gives it, with more in it than a page needs."""
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as packed:
        for name in (*NAMES, "console.html"):
            content = name.encode() * 1_000
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture(autouse=True)
def npm(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for npm: gives that archive."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "npm"
    path.write_text(NPM.format(python=sys.executable, archive=str(archive)))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return path


def pin(archive: Path) -> str:
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return f"pyodide@1.2.3 sha512-{base64.b64encode(digest).decode()}"


def test_what_a_page_needs_is_put_in_place_once_packed_too(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "share" / "pyodide"
    assert fetch(pin(archive), folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {STAMP, *NAMES, *(f"{name}.gz" for name in NAMES)}
    plain = (folder / "pyodide.mjs").read_bytes()
    assert plain == b"pyodide.mjs" * 1_000
    assert gzip.decompress((folder / "pyodide.mjs.gz").read_bytes()) == plain
    assert list(folder.parent.iterdir()) == [folder]
    assert not fetch(pin(archive), folder)


def test_another_pin_replaces_what_was_there(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "share" / "pyodide"
    folder.mkdir(parents=True)
    (folder / STAMP).write_text("sha512-other")
    (folder / "old.mjs").write_text("old")
    assert fetch(pin(archive), folder)
    assert not (folder / "old.mjs").exists()


def test_what_is_not_as_pinned_is_not_put_in_place(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "share" / "pyodide"
    wanted = pin(archive)
    with archive.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(NotFetched, match="not what was pinned"):
        fetch(wanted, folder)
    assert not folder.exists()


@pytest.mark.parametrize("missing", [True, False], ids=["no npm", "npm fails"])
def test_set_up_goes_on_without_it_and_says_so_in_a_line(
    npm: Path, tmp_path: Path, missing: bool
) -> None:
    if missing:
        npm.unlink()
    else:
        npm.write_text("#!/bin/sh\nexit 1\n")
    code = f"import sys; sys.prefix = {str(tmp_path)!r}; import runpy;"
    code += "runpy.run_path('tools/browser_python.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
    assert "read by the server" in done.stdout


def test_the_pin_names_one_version_and_its_hash() -> None:
    package, integrity = PIN.read_text().split()
    name, version = package.split("@")
    assert name == "pyodide"
    assert version.replace(".", "").isdigit()
    assert len(base64.b64decode(integrity.removeprefix("sha512-"))) == 64
