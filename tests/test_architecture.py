"""The map in docs/architecture.md, the contracts and the folders are one."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]


def contract(name: str) -> dict[str, Any]:
    (found,) = [one for one in CONTRACTS if one["name"] == name]
    return dict(found)


def parts() -> set[str]:
    """The folders and modules of the application."""
    inside = (ROOT / "app").iterdir()
    return {
        path.stem
        for path in inside
        if any(path.glob("*.py")) or (path.suffix == ".py" and path.stem != "__init__")
    }


def folders() -> set[str]:
    """The folders of the project that git keeps, but hidden ones."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {path.split("/")[0] for path in listed.split() if "/" in path and path[0] != "."}


def named(heading: str) -> set[str]:
    """The names in the first column of a table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    first = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name.strip("/") for cell in first for name in re.findall(r"`([^`]+)`", cell)}


def test_the_map_names_every_folder_of_the_project_and_no_other() -> None:
    assert named("The folders") == folders()


def test_the_map_names_every_part_of_the_application_and_no_other() -> None:
    assert named("Inside app, from the door to the payout") == parts()


def test_the_map_lists_the_parts_in_the_order_that_the_build_holds() -> None:
    """Upstream first: whoever comes later may import what came before, never the other way."""
    layers = contract("one way: a step imports what lies upstream of it, never downstream")
    order = [name.strip() for layer in reversed(layers["layers"]) for name in layer.split("|")]
    rank = {
        name.strip(): number
        for number, layer in enumerate(reversed(layers["layers"]))
        for name in layer.split("|")
    }
    section = PAGE.split("## Inside app, from the door to the payout\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    listed = [name.strip("/") for cell in rows for name in re.findall(r"`([^`]+)`", cell)]
    assert set(order) == set(listed) - {"migrations"}
    ranks = [rank[name] for name in listed if name in rank]
    assert ranks == sorted(ranks)


def test_every_part_but_the_worker_and_the_engine_is_kept_from_the_engine() -> None:
    kept = set(contract("the worker alone loads engine and noise")["source_modules"])
    assert kept == {f"app.{name}" for name in parts() - {"worker", "engine", "migrations"}}


def test_every_feature_with_tables_is_alone_with_them() -> None:
    guarded = {
        module
        for one in CONTRACTS
        if one["type"] == "protected"
        for module in one["protected_modules"]
    }
    having = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "app").rglob("models.py")
    }
    assert having <= guarded


CHANGES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in CONTRIBUTING.split("## Where a change goes\n")[1].split("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith(("| change", "|---"))
]


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0])
def test_the_place_of_each_likely_change_is_there_and_found_by_its_word(row: list[str]) -> None:
    _change, place, word, _seconds = row
    (path,) = re.findall(r"`([^`]+)`", place)
    (searched,) = re.findall(r"`([^`]+)`", word)
    found = ROOT / path
    assert found.exists(), path
    texts = [found] if found.is_file() else sorted(found.rglob("*.py"))
    assert any(searched in text.read_text() for text in texts), searched


def test_at_least_ten_likely_changes_have_a_place() -> None:
    assert len(CHANGES) >= 10
