"""What reading a release must not load."""

import subprocess
import sys

LIGHT = (
    "accountant",
    "errors",
    "loss",
    "noise.intervals",
    "plan.planning",
    "plan.tiers",
    "plan.workload",
    "release",
    "schema",
    "tables.table",
)


def test_reading_a_release_loads_no_engine_and_no_noise():
    code = (
        f"import sys\nimport {', '.join(f'privacy.{name}' for name in LIGHT)}\n"
        "heavy = {'ibis', 'diffprivlib', 'sklearn', 'duckdb', 'flask', 'sqlalchemy', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
