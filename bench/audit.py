"""Attack releases end to end, many times, and write down how well an attacker guesses.

Run as `python -m bench.audit`; writes docs/benchmarks/audit.json and audit.md.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
SCALE = 5
WORDS = """`tests/audit`, with {scale} times as many runs as the tests have. Each line is one
attack: two files that differ in one person with worst-case rows go through upload, vault,
engine, noise, release and CSV; the best attacker guesses which it was. *At least* is a lower
bound on the loss, wrong with a chance of at most {alpha}; for Gaussian noise it is told as the
shift mu and as the epsilon of that shift at delta {delta}. Honest lines must stay below the
claim, broken copies must not.

Measured {date} on {cores} cores ({machine}). Repeat with `make audit`.
"""


def main() -> None:
    """Run the audit and write its figures."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "audit.jsonl"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--everything", "tests/audit"],
            check=True,
            env={
                **os.environ,
                "MOISSON_AUDIT_SCALE": str(SCALE),
                "MOISSON_AUDIT_REPORT": str(found),
            },
        )
        lines = [json.loads(line) for line in found.read_text().splitlines()]
    lines.sort(key=lambda line: (not line["name"].startswith("honest"), line["name"], line["k"]))
    (FOLDER / "audit.json").write_text(json.dumps(lines, indent=2) + "\n")
    (FOLDER / "audit.md").write_text(page_of(lines))


def page_of(lines: list[dict[str, object]]) -> str:
    """Write the page beside the figures."""
    words = WORDS.format(
        scale=SCALE,
        alpha=lines[0]["alpha"],
        delta=lines[0]["delta"],
        date=datetime.now(tz=UTC).date(),
        cores=os.cpu_count(),
        machine=platform.machine(),
    )
    columns = {
        "name": "attack on",
        "mechanism": "noise",
        "k": "k",
        "epsilon_claimed": "epsilon claimed",
        "epsilon_at_least": "epsilon at least",
        "mu_claimed": "mu claimed",
        "mu_at_least": "mu at least",
        "right_guesses_of_100": "right guesses of 100",
        "runs": "runs",
    }
    rows = [
        "| "
        + " | ".join(str(line[name] if line[name] is not None else "") for name in columns)
        + " |"
        for line in lines
    ]
    head = "| " + " | ".join(columns.values()) + " |"
    return "\n".join(["# The audit", "", words, head, "|" + "---|" * len(columns), *rows, ""])


if __name__ == "__main__":
    main()
