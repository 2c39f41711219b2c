"""An environment of its own for each peer, and running a peer's script in it."""

import hashlib
import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.release.workloads import Floats

SCRIPTS = Path(__file__).parent / "peers"
HOME = Path(__file__).parent.parent.parent / ".bench"
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
    )
}
LONGEST = 3600


class PeerError(Exception):
    """A peer cannot be installed or cannot run; says why in one line."""


@dataclass(frozen=True)
class Peer:
    """A library that the release is compared with.

    Parameters
    ----------
    name : str
        Of its files under `peers/`.
    title : str
    ways, cube_ways : tuple of str
        The variants worth their time, on tables and on the cube; all where empty.
    cube_runs, runs : int or None
        Runs of the cube, and of all else, where as many as asked would take too long.
    searched : tuple of int
        The bounds among which its best is looked for.
    """

    name: str
    title: str
    ways: tuple[str, ...] = ()
    cube_ways: tuple[str, ...] = ()
    cube_runs: int | None = None
    runs: int | None = None
    searched: tuple[int, ...] = tuple(range(1, 8))

    @property
    def folder(self) -> Path:
        """Where its environment lies."""
        return HOME / self.name

    @property
    def requirements(self) -> Path:
        """What is installed into it."""
        return SCRIPTS / f"{self.name}.txt"

    def version(self) -> str:
        """Return the first requirement, pinned: the library itself."""
        return self.requirements.read_text().splitlines()[0]

    def prepare(self) -> None:
        """Make the environment, unless it stands and the requirements are unchanged.

        Raises
        ------
        PeerError
        """
        digest = hashlib.sha256(self.requirements.read_bytes()).hexdigest()
        stamp = self.folder / "requirements.sha256"
        if stamp.exists() and stamp.read_text() == digest:
            return
        venv.create(self.folder, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "-q", "-r", str(self.requirements)]
        _call([str(self.folder / "bin" / "python"), *install], "cannot be installed")
        stamp.write_text(digest)

    def answer(self, jobs: Sequence[dict[str, Any]]) -> dict[str, Floats]:
        """Run jobs in one process.

        Returns
        -------
        dict of str to (runs, cells) float64
            By job id, variant and statistic: "id/laplace/sum:paid".

        Raises
        ------
        PeerError
        """
        asked, out = HOME / f"{self.name}.json", HOME / f"{self.name}.npz"
        asked.write_text(json.dumps(jobs))
        python = str(self.folder / "bin" / "python")
        script = str(SCRIPTS / f"run_{self.name}.py")
        _call([python, "-W", "ignore", script, str(asked), str(out)], "cannot run")
        with np.load(out) as found:
            return {name: found[name] for name in found.files}


PEERS = (
    Peer("diffprivlib", "diffprivlib"),
    Peer("opendp", "OpenDP", cube_ways=("gaussian",)),
    Peer("pipelinedp", "PipelineDP", ways=("laplace",), cube_ways=("laplace",), cube_runs=20),
    Peer("smartnoise", "SmartNoise SQL", cube_runs=20),
    Peer(
        "tumult",
        "Tumult Analytics",
        cube_ways=("gaussian",),
        cube_runs=20,
        runs=20,
        searched=(3, 5, 7),
    ),
)


def _call(command: list[str], what: str) -> None:
    """Run a command; its last line of complaint, without paths and addresses, is the reason."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            env=os.environ | ONE_THREAD,
            cwd=HOME,
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"{what}: it took over an hour") from None
    sys.stderr.write(done.stdout if what == "cannot run" else "")
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if re.search(r"[Ee]rror|FAIL", line)]
        reason = (lines or done.stderr.splitlines() or ["no reason given"])[-1]
        raise PeerError(f"{what}: {re.sub(r'(https?:|file:)?/[^ ]+', '...', reason)[:300]}")
