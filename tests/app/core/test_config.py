from pathlib import Path

import pytest

from app.core.config import load_settings
from app.core.errors import UnsafeConfiguration

SAFE = {
    "MOISSON_ENV": "production",
    "MOISSON_BASE_URL": "https://market.example.org",
    "MOISSON_SECRET_KEY": "ab" * 32,
    "MOISSON_VAULT_KEY": "cd" * 32,
    "MOISSON_EDITION_SECRET": "ef" * 32,
    "MOISSON_STRIPE_KEY": "sk_live_x",
    "MOISSON_STRIPE_WEBHOOK_SECRET": "whsec_x",
    "MOISSON_MAIL_URL": "smtps://mail.example.org",
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
