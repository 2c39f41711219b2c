"""Read the descriptions of tables, and a bought table with one: as_mlcroissant.py FOLDER."""

import sys
from pathlib import Path

import mlcroissant

folder = Path(sys.argv[1])
described = sorted(folder.glob("*.croissant.json"))
for path in described:
    assert not mlcroissant.Dataset(jsonld=path).metadata.ctx.issues.errors, path
rows = list(mlcroissant.Dataset(jsonld=folder / "bought" / "croissant.json").records("figures"))
assert rows
print(f"mlcroissant: {len(described)} tables described, {len(rows)} figures read")
