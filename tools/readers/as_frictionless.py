"""Validate the Data Package of a bought table: as_frictionless.py FOLDER."""

import sys
from pathlib import Path

import frictionless

report = frictionless.validate(str(Path(sys.argv[1]) / "bought" / "datapackage.json"))
assert report.valid, report.flatten(["type", "message"])
rows = sum(task.stats["rows"] for task in report.tasks if task.stats.get("rows"))
print(f"frictionless: {len(report.tasks)} files fit, {rows} rows")
