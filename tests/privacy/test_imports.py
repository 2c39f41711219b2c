"""What reading a release must not load, and where names may be imported from."""

import ast
import subprocess
import sys
from pathlib import Path

import privacy

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "privacy"
#: Files and folders that only a worker loads: they read rows, draw noise or fit models.
WORKERS = {"bernoulli", "cube", "discovery", "drawing", "measure", "samplers", "synthetic"}


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in LIBRARY.rglob("*.py")}


def test_reading_a_release_loads_no_engine_and_no_noise():
    light = sorted(name for name in MODULES if not WORKERS & set(name.split(".")))
    assert {"privacy.release", "privacy.plan.planning", "privacy.tables.derived"} <= set(light)
    code = (
        f"import sys\nimport {', '.join(light)}\n"
        "heavy = {'ibis', 'diffprivlib', 'sklearn', 'scipy', 'mbi', 'jax', 'duckdb', 'flask',\n"
        "         'sqlalchemy', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def imported(path):
    """The names that a file imports from packages of the library."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for name in node.names:
                yield node.module, name.name


def test_names_are_imported_from_where_they_are_made():
    """From a folder only its modules; from the library itself only what its page documents."""
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    files = [
        path
        for folder in ("app", "bench", "pricing", "privacy", "tests", "tools")
        for path in (ROOT / folder).rglob("*.py")
    ]
    astray = [
        f"{path.relative_to(ROOT)}: {package}.{name}"
        for path in files
        for package, name in imported(path)
        if package in packages
        and f"{package}.{name}" not in MODULES
        and not (package == "privacy" and name in privacy.__all__)
    ]
    assert astray == []


def test_folders_hold_nothing_but_modules():
    for name, path in MODULES.items():
        if path.name == "__init__.py" and name != "privacy":
            (only,) = ast.parse(path.read_text()).body
            assert isinstance(only, ast.Expr), f"{name} says what it is for, and does nothing"


def test_tests_stand_where_what_they_test_stands():
    here = Path(__file__).parent
    for path in here.rglob("test_*.py"):
        if path.parent != here:
            place = path.relative_to(here)
            tested = LIBRARY / place.parent / place.name.removeprefix("test_")
            assert tested.exists(), f"{place} mirrors no module"
