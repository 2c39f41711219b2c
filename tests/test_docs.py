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
    documented = set(re.findall(r"^\| `([a-z-]+)(?: [A-Z]+)?` \|", CONFIGURATION, re.MULTILINE))
    assert ours == documented


def test_every_dependency_says_why_it_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        listed += group
    words = set(re.findall(r"[a-z0-9-]+", (ROOT / "docs" / "dependencies.md").read_text()))
    names = {re.split(r"[\[<>=]", one)[0].removeprefix("pytest-") for one in listed}
    assert not names - words


@pytest.mark.parametrize("page", sorted(p.name for p in ROOT.glob("*.md")))
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / page).read_text()):
        assert (ROOT / target).exists(), target


def test_the_lock_names_no_registry() -> None:
    for lock in (ROOT / "locks").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert "--index" not in text
