"""Create the virtual environment and install the locked packages into it.

Standard library only, because it runs before anything is installed. Each lock is
installed once: a stamp beside the environment remembers its hash.

    python3 tools/setup_env.py locks/run.txt locks/postgresql.txt
"""

import hashlib
import os
import shutil
import subprocess
import sys
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


def install(lock: Path) -> None:
    """Install a hashed lock with uv when it is on the path, otherwise with pip."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f"{lock.stem}.sha256"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"moisson: installing the packages of {lock.name} (once; a few minutes)", flush=True)
    uv = shutil.which("uv")
    head = (
        [uv, "pip", "install", "--python", str(PYTHON)]
        if uv
        else [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
        # What is imported is compiled when it is: most of what is installed never is.
        + ["--no-compile"]
    )
    # The lock is complete, so nothing is resolved again: that also leaves out what a package
    # names but the part of it that is used here never imports (tool.uv in pyproject.toml).
    subprocess.run([*head, "--no-deps", "--require-hashes", "-r", str(lock)], check=True)
    stamp.write_text(digest)


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
    for name in sys.argv[1:]:
        install(ROOT / name)
    compile_translations()
