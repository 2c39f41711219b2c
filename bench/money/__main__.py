"""Money under load.

Run as `python -m bench.money [--quick] [--folder FOLDER] [PART ...]`; writes money.json and
money.md into docs/benchmarks, or with --quick only where a folder is named. Parts are webhooks,
payouts and, where it exists, machine; one after the other, all if none is named. Figures of
parts that were not measured stay as they are.
"""

import argparse
import importlib
import importlib.util
from pathlib import Path

from bench.money import report
from bench.money.figures import Row

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "benchmarks"
PARTS = ("webhooks", "payouts", "machine")


def measure(part: str, *, quick: bool) -> list[Row]:
    """Measure one part."""
    module = importlib.import_module(f"bench.money.{part}")
    return list(module.measure(quick=quick))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.money")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    parser.add_argument("--folder", type=Path, help="where the figures are written")
    given = parser.parse_args()
    known = [part for part in PARTS if importlib.util.find_spec(f"bench.money.{part}")]
    strange = set(given.parts) - set(known)
    if strange:
        parser.error(f"no such part: {', '.join(sorted(strange))}")
    folder: Path | None = given.folder or (None if given.quick else FOLDER)
    found: list[Row] = []
    for part in given.parts or known:
        rows = measure(part, quick=given.quick)
        found += rows
        if folder is not None:
            # After each part: what follows may take long.
            report.publish(rows, folder)
    print(report.page(report.merged([], found)))


if __name__ == "__main__":
    main()
