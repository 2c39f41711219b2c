"""Without a key of a sandbox nothing is asked of Stripe, and the reason is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


KEYS = ("", "sk_live_refused", "standin_sk_local")


@pytest.mark.exhaustive
@pytest.mark.parametrize("key", KEYS)
def test_the_sandbox_suite_is_skipped_with_its_reason(key: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-m", "stripe_sandbox"]
    done = subprocess.run(
        [*command, "tests/sandbox/test_stripe.py"],
        cwd=ROOT,
        env={**os.environ, "MOISSON_SANDBOX_KEY": key, "PYTEST_ADDOPTS": "-p no:randomly"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "set MOISSON_SANDBOX_KEY to a test key" in done.stdout
    assert "10 skipped" in done.stdout
    assert "passed" not in done.stdout
