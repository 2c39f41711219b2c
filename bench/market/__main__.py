"""Compare price rules on invented markets: `python -m bench.market`.

Writes docs/benchmarks/market.json, market.md and market-*.svg. With `--quick` a few tiny markets
are played and nothing is written, to see that all works. With `--small` fewer worlds are played.
"""

import argparse
import tempfile
from pathlib import Path

from bench.market import plots, report
from bench.market.comparing import Markets
from bench.market.experiments import QUICK, SMALL, Effort, experiment

FOLDER = Path(__file__).parent.parent.parent / "docs" / "benchmarks"


def main(arguments: list[str] | None = None) -> None:
    """Play, and publish what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.market", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--small", action="store_true", help="fewer worlds and tries")
    options = parser.parse_args(arguments)
    effort = QUICK if options.quick else SMALL if options.small else Effort()
    with Markets(0 if options.quick else options.processes) as markets:
        findings = experiment(markets, effort)
    if not options.quick:
        report.publish(findings, FOLDER)
        plots.draw(findings, FOLDER)
        return
    with tempfile.TemporaryDirectory() as folder:
        report.publish(findings, Path(folder))
        plots.draw(findings, Path(folder))
        print((Path(folder) / "market.md").read_text())


if __name__ == "__main__":
    main()
