from pathlib import Path

import pytest

from app.core.config import load_settings
from app.core.errors import UnsafeConfiguration
from app.engine import opening as engines
from app.vault import opening as vaults

SAFE = {
    "MOISSON_ENV": "production",
    "MOISSON_BASE_URL": "https://market.example.org",
    "MOISSON_SECRET_KEY": "ab" * 32,
    "MOISSON_VAULT_KEY": "cd" * 32,
    "MOISSON_EDITION_SECRET": "ef" * 32,
    "MOISSON_STRIPE_KEY": "sk_live_x",
    "MOISSON_STRIPE_WEBHOOK_SECRET": "whsec_x",
    "MOISSON_MAIL_URL": "smtps://mail.example.org",
    "MOISSON_TRUSTED_PROXIES": "1",
}


def test_a_complete_production_starts(tmp_path: Path) -> None:
    settings = load_settings({**SAFE, "MOISSON_INSTANCE": str(tmp_path)})
    assert settings.production
    assert settings.rate_limits
    assert settings.log_format == "json"
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOISSON_SECRET_KEY", ""),
        ("MOISSON_SECRET_KEY", "dev"),
        ("MOISSON_VAULT_KEY", ""),
        ("MOISSON_VAULT_KEY", "z" * 64),
        ("MOISSON_VAULT_KEY", "ab" * 32),
        ("MOISSON_TRUSTED_PROXIES", "0"),
        ("MOISSON_VAULT_KEY", "ab" * 16),
        ("MOISSON_EDITION_SECRET", ""),
        ("MOISSON_EDITION_SECRET", "short"),
        ("MOISSON_EDITION_SECRET", "not hexadecimal, but long enough to pass"),
        ("MOISSON_BASE_URL", "http://market.example.org"),
        ("MOISSON_BASE_URL", ""),
        ("MOISSON_RATE_LIMITS", "off"),
        ("MOISSON_STRIPE_KEY", ""),
        ("MOISSON_STRIPE_WEBHOOK_SECRET", ""),
        ("MOISSON_MAIL_URL", ""),
        ("MOISSON_ENV", "prod"),
        ("MOISSON_REFUND_DAYS", "-1"),
        ("MOISSON_UPLOAD_MEGABYTES", "many"),
        ("MOISSON_ENV", ""),
        ("MOISSON_PAYOUT_EVERY", ""),
        ("MOISSON_SECRET_KEY", " " * 40),
        ("MOISSON_ENGINE", "abacus"),
        ("MOISSON_VAULT", ""),
        ("MOISSON_LIST_UNSUBSCRIBE", "mailto:a@b\nX: y"),
        ("MOISSON_LIST_UNSUBSCRIBE", "somewhere"),
    ],
)
def test_an_unsafe_production_does_not_start(tmp_path: Path, name: str, value: str) -> None:
    unsafe = {**SAFE, "MOISSON_INSTANCE": str(tmp_path), name: value}
    with pytest.raises(UnsafeConfiguration, match="MOISSON_"):
        load_settings(unsafe)


def test_a_secret_is_never_in_the_message(tmp_path: Path) -> None:
    unsafe = {**SAFE, "MOISSON_INSTANCE": str(tmp_path), "MOISSON_VAULT_KEY": "topsecret" * 8}
    with pytest.raises(UnsafeConfiguration) as caught:
        load_settings(unsafe)
    assert "topsecret" not in str(caught.value)


def test_a_local_installation_makes_its_secrets_once(tmp_path: Path) -> None:
    first, second = (load_settings({"MOISSON_INSTANCE": str(tmp_path)}) for _ in range(2))
    assert first == second
    assert len(first.vault_key) == 32
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    other = load_settings({"MOISSON_INSTANCE": str(tmp_path / "other")})
    assert other.secret_key != first.secret_key


def test_a_local_secret_that_is_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"MOISSON_VAULT_KEY": "%s"}' % ("ab" * 32))
    with pytest.raises(UnsafeConfiguration, match="MOISSON_SECRET_KEY"):
        load_settings({"MOISSON_INSTANCE": str(tmp_path)})


def test_the_kinds_that_a_setting_names_are_those_that_can_be_opened(tmp_path: Path) -> None:
    for name, kinds in (("MOISSON_ENGINE", engines.KINDS), ("MOISSON_VAULT", vaults.KINDS)):
        for kind in kinds:
            load_settings({"MOISSON_INSTANCE": str(tmp_path), name: kind})
