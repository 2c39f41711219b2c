import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from tests.traces.making import spotify
from traces.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> tuple[int, str, str]:
    out, complaints = io.StringIO(), io.StringIO()
    code = main(arguments, out, complaints)
    return code, out.getvalue(), complaints.getvalue()


def test_formats_counts_and_cells_are_printed(tmp_path: Path) -> None:
    (made,) = spotify.make(7)
    paths = []
    for number, (_, content) in enumerate(made.files):
        paths.append(tmp_path / f"secret{number}.json")
        paths[-1].write_bytes(content)
    code, out, complaints = run(*map(str, paths))
    assert (code, complaints) == (0, "")
    assert "# formats: spotify/extended/v1\n" in out
    assert f"# kept: {made.kept}\n" in out
    assert "# dropped, too_short: 3 (The record was too short to count.)\n" in out
    lines = [line for line in out.splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert {
        (row["template"], row["month"], tuple(row["cell"].split())): (float(row["measures"]),)
        for row in rows
    } == made.totals
    assert "secret" not in out


def test_only_the_wanted_templates_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(spotify.make(7)[0].files[0][1])
    _, out, _ = run(str(path), "--template", "listening_kind")
    assert "listening_kind,2025-03" in out
    assert "listening,2025-03" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "File 1: We do not know this kind of file."),
        (("--zone", "Mars"), "One of your answers cannot be used."),
    ],
)
def test_a_refusal_is_said_without_a_name(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"?")
    code, out, complaints = run(str(path), *arguments)
    assert (code, out) == (1, "")
    assert words in complaints
    assert "secret" not in complaints


def test_a_file_that_is_not_there_is_said() -> None:
    assert run("/nowhere/secret") == (2, "", "One of the files cannot be opened.\n")


def test_the_library_loads_the_standard_library_alone() -> None:
    """It will also run in a browser."""
    code = (
        "import sys; before = set(sys.modules); import traces, traces.__main__;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "new = {name for name in new if not name.startswith('_sysconfigdata')};"
        "print(sorted(new - set(sys.stdlib_module_names) - {'traces'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
