"""What the documentation promises is there, and what is there is documented."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from app import worker
from app.core.config import table
from tests.conftest import environment
from tools.settings_table import settings_table

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def test_the_table_of_settings_is_that_of_the_code() -> None:
    """Names, defaults and sentences; `python tools/settings_table.py` writes them there."""
    assert settings_table() in CONFIGURATION
    assert CONFIGURATION.count("| `MOISSON_") == len(table())


def test_every_command_is_documented_and_no_other(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    app = worker.create_app(environment(tmp_path, new_database("sqlite")))
    ours = set(app.cli.commands) - {"run", "shell", "routes"}
    commands = CONFIGURATION.split("\n## Commands")[1]
    documented = set(re.findall(r"^\| `([a-z-]+)(?: [A-Z]+)?` \|", commands, re.MULTILINE))
    assert ours == documented


def test_every_dependency_says_why_it_is_here_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    asked = {
        "Always": project["project"]["dependencies"],
        "For the demonstration": project["dependency-groups"]["demo"],
        "Extras": [one for extra in extras.values() for one in extra],
        "For development": project["dependency-groups"]["dev"],
    }
    page = (ROOT / "docs" / "dependencies.md").read_text()
    parts = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    for title, listed in asked.items():
        names = sorted(re.split(r"[\[<>=]", one)[0] for one in listed)
        assert re.findall(r"^\| ([a-z0-9-]+) \| (?!earns)", parts[title], re.MULTILINE) == names
    for extra, packages in extras.items():
        for one in packages:
            name = re.split(r"[\[<>=]", one)[0]
            assert f"| {name} | extra `{extra}`: " in parts["Extras"]


def test_every_extra_has_its_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = set(project["project"]["optional-dependencies"])
    locks = {lock.stem for lock in (ROOT / "locks").glob("*.txt")}
    # uv installs the others.
    assert locks == {"uv", "run", "dev"} | extras
    optional = CONFIGURATION.split("\n## Optional parts")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", optional, re.MULTILINE)) == extras


def test_the_locks_agree_and_hold_one_another() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "locks" / f"{name}.txt").read_text().splitlines()
        return {line.removesuffix(" \\") for line in lines if re.match(r"[a-z0-9]", line)}

    assert pins("run") < pins("postgresql") < pins("dev")
    assert pins("run") < pins("synthetic") < pins("dev")


@pytest.mark.parametrize("page", sorted(p.name for p in ROOT.glob("*.md")))
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / page).read_text()):
        assert (ROOT / target).exists(), target


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert sorted(set(numbers)) == sorted(numbers)


def test_the_lock_names_no_registry() -> None:
    for lock in (ROOT / "locks").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert "--index" not in text
