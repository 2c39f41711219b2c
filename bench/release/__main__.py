"""Measure the release beside other libraries: `python -m bench.release`.

Writes docs/benchmarks/release.json and release.md. `--only` runs some parts and leaves the
others' figures as they are.
"""

import argparse
import importlib
import sys

from bench.release import accuracy, pages, report, speed

PARTS = ("accuracy", "speed", "cube", "cells", "optimality")
ELSEWHERE = {
    "cube": (report.CUBE, "bench.cube", "All a release asks of the engine, beside plain queries."),
    "optimality": (
        report.OPTIMALITY,
        "bench.optimality",
        "How far the noise of plans is from the least that any Gaussian mechanism needs for the "
        "same tables, by a lower bound from the dual; and from earlier accounting. With measures "
        "of more than two knots noise is shaped along them: the last lines set it beside noise "
        "that is the same all along, as earlier plans have it.",
    ),
    "cells": (report.CELLS, "bench.cells", "What noise, tables and intervals take, by cells."),
}


def measure_accuracy(options: argparse.Namespace) -> None:
    """Compare errors and publish them."""
    done = accuracy.measure(options.runs, options.quick, tuple(options.peer))
    rows = pages.accuracy_rows(done)
    report.publish(report.ACCURACY, pages.accuracy_page(done, rows), rows, ("rmse_",))


def measure_speed(options: argparse.Namespace) -> None:
    """Compare seconds and publish them."""
    done = speed.measure(options.quick, tuple(options.peer))
    rows = pages.speed_rows(done)
    prefixes = ("seconds_bounded_", "seconds_vs_fastest_peer")
    report.publish(report.SPEED, pages.speed_page(done, rows), rows, prefixes)


def measure_elsewhere(part: str, quick: bool) -> None:
    """Publish the figures of another benchmark, where it offers them."""
    title, module, words = ELSEWHERE[part]
    try:
        figures = importlib.import_module(module).figures
    except (ImportError, AttributeError):
        sys.stderr.write(f"{module} offers no figures\n")
        return
    rows = [
        report.row(str(one["name"]), float(one["value"]), str(one["unit"]), str(one["how"]))
        for one in figures(quick=quick)
    ]
    report.publish(title, f"{words}\n\n{report.listed(rows)}", rows, tuple(r["name"] for r in rows))


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.release", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        help='run these peers anew, the others keep their last scores; "none" runs none',
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="few runs, to see that all works")
    options = parser.parse_args()
    if options.quick:
        options.runs = min(options.runs, 10)
    for part in options.only or PARTS:
        if part == "accuracy":
            measure_accuracy(options)
        elif part == "speed":
            measure_speed(options)
        else:
            measure_elsewhere(part, options.quick)


if __name__ == "__main__":
    main()
