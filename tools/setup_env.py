"""Create the virtual environment and install the locked packages into it.

Standard library only, because it runs before anything is installed. Each lock is
installed again only when it changes: its hash is kept in a file inside the environment.

    python3 tools/setup_env.py locks/run.txt locks/postgresql.txt
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("MOISSON_VENV", ROOT / ".venv"))
PYTHON = VENV / "bin" / "python"


def fail(message: str) -> None:
    """Print what is missing and what to do about it, and stop."""
    sys.exit(f"\nmoisson: {message}\n")


def create() -> None:
    """Create the virtual environment, or say which system package is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 (run by whatever python3 there is)
        fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    if PYTHON.exists():
        return
    print("moisson: creating the virtual environment", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        fail(
            "'python3 -m venv' does not work here. On Debian and Ubuntu:\n"
            "  sudo apt-get install python3-venv\nthen run make again."
        )


def install(locks: list[Path]) -> None:
    """Install those locks that are not installed yet."""
    wanted = {lock: hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks}
    new = [lock for lock in locks if _installed(lock) != wanted[lock]]
    if not new:
        return
    names = ", ".join(lock.name for lock in new)
    print(f"moisson: installing the packages of {names} (once)", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        command = _installer(Path(folder))
        for lock in new:
            # The lock is complete, so nothing is resolved again: that also leaves out what a
            # package names but the part of it that is used here never imports (tool.uv in
            # pyproject.toml).
            told = [*command, "--no-deps", "--require-hashes", "-r", str(lock)]
            subprocess.run(told, check=True)
            _stamp(lock).write_text(wanted[lock])


def _stamp(lock: Path) -> Path:
    return VENV / f"{lock.stem}.sha256"


def _installed(lock: Path) -> str | None:
    """Return the hash of the lock that was installed under this name, if one was."""
    stamp = _stamp(lock)
    return stamp.read_text() if stamp.exists() else None


def _installer(folder: Path) -> list[str]:
    """Return the beginning of the command that installs: uv's, or pip's where uv does not run.

    uv installs the same packages in a tenth of the time. Where it is not on the path it is
    fetched by pip into a folder that is thrown away.
    """
    uv = shutil.which("uv")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    if not uv:
        # Only as a wheel: to build it from its source takes a compiler and many minutes.
        fetch = ["--target", str(folder), "--only-binary", ":all:", "--require-hashes"]
        told = [*pip, *fetch, "-r", str(ROOT / "locks" / "uv.txt")]
        fetched = subprocess.run(told, check=False, stderr=subprocess.DEVNULL)
        if fetched.returncode == 0:
            uv = str(folder / "bin" / "uv")
    if uv:
        return [uv, "pip", "install", "-q", "--python", str(PYTHON)]
    # Python compiles a module when it is first imported; most installed ones never are.
    return [*pip, "--no-compile"]


def fetch_browser_python() -> None:
    """Fetch what reads files in a visitor's browser; where that fails, say so and go on."""
    subprocess.run([str(PYTHON), str(ROOT / "tools" / "browser_python.py")], check=False)


def compile_translations() -> None:
    """Compile the message catalogues whose source is newer than the compiled file."""
    for source in (ROOT / "app" / "translations").rglob("*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(
                [
                    str(VENV / "bin" / "pybabel"),
                    "-q",
                    "compile",
                    "-i",
                    str(source),
                    "-o",
                    str(compiled),
                ],
                check=True,
            )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        if not (ROOT / name).exists():
            fail(f"There is no {name}; EXTRAS knows: synthetic postgresql.")
    create()
    install([ROOT / name for name in sys.argv[1:]])
    fetch_browser_python()
    compile_translations()
