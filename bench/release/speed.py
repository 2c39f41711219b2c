"""Seconds for one bounded count and sum by one key, from a Parquet file to figures."""

import statistics
import sys
from dataclasses import dataclass, field

from bench.release import data, ours
from bench.release.environments import HOME, PEERS, PeerError
from bench.release.scores import OURS
from bench.release.workloads import MONEY_BY_ONE

ROWS = 1_000_000
MANY = 10_000_000
BOUND = 3
NEVER = ("diffprivlib",)
"""Libraries that do not bound contributions themselves."""


@dataclass
class Speed:
    """Median seconds by library, and what went wrong.

    Parameters
    ----------
    seconds : dict of str to float
    many : float or None
        Ours over ten times the rows.
    rows : int
    troubles : dict of str to str
    """

    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    many: float | None = None
    troubles: dict[str, str] = field(default_factory=dict)


def measure(quick: bool, only: tuple[str, ...] = ()) -> Speed:
    """Time every library three times, in one thread each."""
    done = Speed(ROWS // 10 if quick else ROWS)
    file = data.write(data.crowd(done.rows, 5), HOME / "data" / "crowd.parquet")
    done.seconds[OURS] = statistics.median(ours.seconds(MONEY_BY_ONE, file, BOUND))
    job = MONEY_BY_ONE.job(str(file), BOUND, 1, 0.0) | {"id": "clock", "clock": True}
    for peer in PEERS:
        if peer.name in NEVER or (only and peer.name not in only):
            continue
        sys.stderr.write(f"{peer.title}\n")
        try:
            peer.prepare()
            taken = peer.answer([job])[f"{MONEY_BY_ONE.name}/seconds"]
            done.seconds[peer.title] = float(statistics.median(taken.tolist()))
        except PeerError as error:
            done.troubles[peer.title] = str(error)
    if not quick:
        large = data.write(data.crowd(MANY, 6), HOME / "data" / "many.parquet")
        done.many = statistics.median(ours.seconds(MONEY_BY_ONE, large, BOUND))
        large.unlink()
    return done
