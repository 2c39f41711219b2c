"""What docs/money.md tells an auditor to run works on the files they download."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.core.clock import fixed_at
from app.core.db import Database
from app.ledger import chain
from app.ledger import service as book
from app.operator import audit_files
from app.statements.periods import month_of

pytestmark = pytest.mark.both_databases

ROOT = Path(__file__).resolve().parents[3]
START = datetime(2026, 1, 20, 12, tzinfo=UTC)


def recipe() -> str:
    section = (ROOT / "docs" / "money.md").read_text().split("## The chain\n")[1]
    (code,) = re.findall(r"```python\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    return str(code)


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    done = [sys.executable, "-W", "error", "-c", recipe()]
    return subprocess.run(done, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def files(app: Flask, db: Database, tmp_path: Path) -> Path:
    """The auditor's files of two months: some transactions of each wait for their link."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(20):
        # One of them is dated before what was linked already.
        at = START + timedelta(days=number if number != 15 else 2, microseconds=number)
        with fixed_at(at), db.unit_of_work():
            lines = {f"contributor:{name}": number for name in ("b", "B", "é", "a-b", "")}
            lines["pool:x"] = -5 * number - 1
            code = ("EUR", "CHF")[number % 2]
            book.post("sale", f"sale:{number}", code, {**lines, "provider": 1})
        if number in (5, 17):
            chain.extend(db)
    for month in (month_of(START.date()), month_of(START.date()).after):
        name = f"moisson-book-{month.first:%Y-%m}.csv"
        (folder / name).write_bytes(b"".join(audit_files.lines_csv(db, month)))
    return folder


def test_it_comes_to_our_head(db: Database, files: Path) -> None:
    done = run(files)
    assert done.returncode == 0, done.stderr
    with db.unit_of_work(write=False):
        head = chain.head()
    assert head.number == 18
    assert done.stdout == f"18 links hold, head {head.digest}\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sale:3,sale,", "sale:3,gift,", "link 4 does not hold"),
        (",contributor:B,2,", ",contributor:C,2,", "link 3 does not hold"),
        (",chain-head,", ",chain-head,", ""),
    ],
)
def test_it_finds_what_was_changed(files: Path, old: str, new: str, words: str) -> None:
    file = files / "moisson-book-2026-01.csv"
    text = file.read_text()
    assert old in text
    if words:
        file.write_text(text.replace(old, new))
    else:
        file.write_text(re.sub(r"[0-9a-f]{64}\n$", "0" * 64 + "\n", text))
    done = run(files)
    assert done.returncode == 1
    assert (words or "another head") in done.stderr
