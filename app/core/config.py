"""Settings: read once from the environment, refused when unsafe.

Every variable is described in docs/configuration.md, and a test keeps it so.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import UnsafeConfiguration

PROJECT = Path(__file__).resolve().parent.parent.parent
#: No rate of tax is higher than the price without it.
MOST_VAT = 10_000
ENVIRONMENTS = ("development", "test", "production")


PERIODS = ("hour", "day", "week", "month")


@dataclass(frozen=True)
class Settings:
    """All settings of one process.

    Attributes
    ----------
    upload_bytes : int
        Largest accepted upload, in bytes.
    refund_days : int
        Days during which a sale may be refunded, so that its earnings are not yet paid out.
    payout_minimum_cents : int
        Smallest payout, in cents of the market's currency.
    payout_every : str
        How often everybody is paid: "hour", "day", "week" or "month".
    donation_to : str
        To whom goes what contributors give away, in words; empty while that is not settled.
    issuer_name, issuer_address, issuer_registration, issuer_vat_number : str
        Who issues invoices, as it stands on them; the address in lines.
    vat_basis_points : int
        Rate of the tax that prices include, in hundredths of a percent.
    vat_note : str
        Why no tax is charged, where none is.
    """

    environment: str
    instance: Path
    base_url: str
    database_url: str
    vault: str
    engine: str
    secret_key: str
    vault_key: bytes
    edition_secret: str
    mail_url: str
    mail_from: str
    list_unsubscribe: str
    stripe_key: str
    stripe_api_base: str
    stripe_webhook_secret: str
    trusted_proxies: int
    rate_limits: bool
    upload_bytes: int
    refund_days: int
    payout_minimum_cents: int
    payout_every: str
    donation_to: str
    issuer_name: str
    issuer_address: str
    issuer_registration: str
    issuer_vat_number: str
    vat_basis_points: int
    vat_note: str
    account_ceiling_micro_rho: int
    log_format: str

    @property
    def production(self) -> bool:
        """Whether real people use this installation."""
        return self.environment == "production"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises
    ------
    UnsafeConfiguration
        When a needed secret is missing in production, or a value cannot be understood.
    """
    env = os.environ if environment is None else environment
    kind = env.get("MOISSON_ENV", "development")
    if kind not in ENVIRONMENTS:
        raise UnsafeConfiguration(f"MOISSON_ENV must be one of {', '.join(ENVIRONMENTS)}.")
    instance = Path(env.get("MOISSON_INSTANCE", PROJECT / "instance")).resolve()
    instance.mkdir(parents=True, exist_ok=True)
    kept = {} if kind == "production" else _kept_secrets(instance / "secrets.json")

    def secret(name: str) -> str:
        value = env.get(name) or kept.get(name)
        if not value:
            raise UnsafeConfiguration(f"{name} must be set in production (64 hex digits).")
        if kind == "production" and len(value) < 32:
            raise UnsafeConfiguration(f"{name} is too short: use 64 random hex digits.")
        return value

    settings = Settings(
        environment=kind,
        instance=instance,
        base_url=env.get("MOISSON_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        database_url=env.get("MOISSON_DATABASE_URL") or f"sqlite:///{instance / 'moisson.db'}",
        vault=env.get("MOISSON_VAULT", "local"),
        engine=env.get("MOISSON_ENGINE", "duckdb"),
        secret_key=secret("MOISSON_SECRET_KEY"),
        vault_key=_key_bytes("MOISSON_VAULT_KEY", secret("MOISSON_VAULT_KEY")),
        edition_secret=_key_bytes("MOISSON_EDITION_SECRET", secret("MOISSON_EDITION_SECRET")).hex(),
        mail_url=env.get("MOISSON_MAIL_URL", ""),
        mail_from=env.get("MOISSON_MAIL_FROM", "Moisson <market@localhost>"),
        list_unsubscribe=env.get("MOISSON_LIST_UNSUBSCRIBE", ""),
        stripe_key=env.get("MOISSON_STRIPE_KEY", ""),
        stripe_api_base=env.get("MOISSON_STRIPE_API_BASE", ""),
        stripe_webhook_secret=env.get("MOISSON_STRIPE_WEBHOOK_SECRET", "")
        or ("" if kind == "production" else kept["MOISSON_STRIPE_WEBHOOK_SECRET"]),
        trusted_proxies=_integer(env, "MOISSON_TRUSTED_PROXIES", 0),
        rate_limits=env.get("MOISSON_RATE_LIMITS", "on") != "off",
        upload_bytes=_integer(env, "MOISSON_UPLOAD_MEGABYTES", 256) * 1024 * 1024,
        refund_days=_integer(env, "MOISSON_REFUND_DAYS", 14),
        payout_minimum_cents=_integer(env, "MOISSON_PAYOUT_MINIMUM_CENTS", 500),
        payout_every=env.get("MOISSON_PAYOUT_EVERY", "hour"),
        donation_to=env.get("MOISSON_DONATION_TO", "").strip(),
        issuer_name=env.get("MOISSON_ISSUER_NAME", "Moisson").strip(),
        issuer_address=_lines(env, "MOISSON_ISSUER_ADDRESS"),
        issuer_registration=env.get("MOISSON_ISSUER_REGISTRATION", "").strip(),
        issuer_vat_number=env.get("MOISSON_ISSUER_VAT_NUMBER", "").strip(),
        vat_basis_points=_integer(env, "MOISSON_VAT_BASIS_POINTS", 0),
        vat_note=env.get("MOISSON_VAT_NOTE", "").strip(),
        account_ceiling_micro_rho=_integer(env, "MOISSON_ACCOUNT_CEILING_MICRO_RHO", 500_000),
        log_format=env.get("MOISSON_LOG_FORMAT", "json" if kind == "production" else "console"),
    )
    _refuse_unsafe(settings)
    return settings


def _refuse_unsafe(settings: Settings) -> None:
    if settings.vat_basis_points > MOST_VAT:
        raise UnsafeConfiguration(
            f"MOISSON_VAT_BASIS_POINTS is in hundredths of a percent, at most {MOST_VAT}."
        )
    if settings.payout_every not in PERIODS:
        raise UnsafeConfiguration(f"MOISSON_PAYOUT_EVERY must be one of {', '.join(PERIODS)}.")
    if not settings.production:
        return
    if not settings.base_url.startswith("https://"):
        raise UnsafeConfiguration("MOISSON_BASE_URL must begin with https:// in production.")
    if not settings.rate_limits:
        raise UnsafeConfiguration("MOISSON_RATE_LIMITS cannot be off in production.")
    if not settings.stripe_key or not settings.stripe_webhook_secret:
        raise UnsafeConfiguration(
            "MOISSON_STRIPE_KEY and MOISSON_STRIPE_WEBHOOK_SECRET must be set in production."
        )
    if not settings.mail_url:
        raise UnsafeConfiguration("MOISSON_MAIL_URL must be set in production.")


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise UnsafeConfiguration(f"{name} must be a whole number.")
    return int(text)


def _lines(env: Mapping[str, str], name: str) -> str:
    """Read a text of several lines: each line's end may be written as a backslash and an n."""
    lines = env.get(name, "").replace("\\n", "\n").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _key_bytes(name: str, text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UnsafeConfiguration(f"{name} must be 64 hex digits.")
    return key


def _kept_secrets(path: Path) -> dict[str, str]:
    """Secrets of a local installation: made once, kept beside its database."""
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        pass
    made = {
        name: secrets.token_hex(32)
        for name in ("MOISSON_SECRET_KEY", "MOISSON_VAULT_KEY", "MOISSON_EDITION_SECRET")
    }
    made["MOISSON_STRIPE_WEBHOOK_SECRET"] = f"whsec_{secrets.token_hex(24)}"
    draft = path.with_name(f"secrets-{secrets.token_hex(6)}.json")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made, indent=1))
    try:
        # A hard link refuses to replace: of two processes starting at once, one wins.
        os.link(draft, path)
    except FileExistsError:
        made = dict(json.loads(path.read_text()))
    finally:
        draft.unlink()
    return made
