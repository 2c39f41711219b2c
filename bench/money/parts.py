"""Processes of a market on this machine: started here, ended here, and what they cost."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.money.figures import BenchError

ROOT = Path(__file__).resolve().parent.parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def until(condition: Callable[[], bool], seconds: float, pause: float = 0.1) -> float:
    """Wait until something holds; return how long it took.

    Raises
    ------
    BenchError
        When the time is over.
    """
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise BenchError(f"waited {seconds:.0f} seconds in vain")
        time.sleep(pause)
    return time.monotonic() - begun


class BenchProcess:
    """One process of ours, with what it writes in a file.

    Parameters
    ----------
    name : str
        Of the part, and of its log.
    arguments : tuple of str
        Of the Python that runs this.
    """

    def __init__(
        self, name: str, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def said(self, words: str) -> bool:
        """Say whether the log has these words.

        Raises
        ------
        BenchError
            When the process has ended.
        """
        if self._process.poll() is not None:
            raise BenchError(f"{self.name} ended: {self.log.read_text()[-2000:]}")
        return words in self.log.read_text()

    def wait(self, seconds: float) -> None:
        """Wait for a process that ends by itself, with success."""
        if self._process.wait(seconds) != 0:
            raise BenchError(f"{self.name} failed: {self.log.read_text()[-2000:]}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the process with SIGKILL, which leaves no time to clean up, and wait for its end."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it, gently if it listens."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def answering(port: int) -> bool:
    """Say whether something listens at a port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds that a process and its descendants, ended ones too, have used."""
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = Path(f"/proc/{entry}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # Behind the name, which may hold spaces: state, parent, ..., four times in ticks.
        fields = text.rpartition(")")[2].split()
        children.setdefault(int(fields[1]), []).append(int(entry))
        spent[int(entry)] = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        total += spent.get(one, 0.0)
        waiting += children.get(one, [])
    return total
