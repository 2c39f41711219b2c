"""A command whose settings are refused says what to set, in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from app.core.errors import UnsafeConfiguration
from tests.support.selection import exhaustive_but

ROOT = Path(__file__).resolve().parents[2]
NO_KEY = (
    "moisson: No payment provider is chosen: set MOISSON_STRIPE_KEY to a key of Stripe's or, for "
    "the stand-in outside production, to standin_sk_local.\n"
)


def run(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**kept, "MOISSON_ENV": "test", "MOISSON_INSTANCE": str(folder), **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "command", exhaustive_but(["app migrate"], ["app --help", "app migrate", "app.worker run-jobs"])
)
def test_a_command_without_a_key_says_in_one_line_what_to_set(tmp_path: Path, command: str) -> None:
    app, command = command.split()
    done = run(tmp_path, "flask", "--app", app, command)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", NO_KEY)


def test_with_a_key_the_commands_are_listed(tmp_path: Path) -> None:
    done = run(tmp_path, "flask", "--app", "app", "--help", MOISSON_STRIPE_KEY="standin_sk_local")
    assert done.returncode == 0
    assert "verify-book" in done.stdout
    assert done.stderr == ""


def test_a_web_server_without_a_key_does_not_start_and_says_why(tmp_path: Path) -> None:
    done = run(tmp_path, "gunicorn", "--bind", "127.0.0.1:0", "app:create_app()")
    assert done.returncode != 0
    assert NO_KEY.removeprefix("moisson: ").strip() in done.stderr


def test_a_program_gets_the_error_itself(tmp_path: Path) -> None:
    with pytest.raises(UnsafeConfiguration, match="MOISSON_STRIPE_KEY"):
        create_app({"MOISSON_ENV": "test", "MOISSON_INSTANCE": str(tmp_path)})
