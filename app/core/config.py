"""Settings: a table of fields, read once from the environment, refused when unsafe.

docs/configuration.md shows the same table; `tools/settings_table.py` writes it there, and a test
keeps it so.
"""

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from app.core.errors import UnsafeConfiguration

PROJECT = Path(__file__).resolve().parent.parent.parent
#: No rate of tax is higher than the price without it.
MOST_VAT = 10_000
ENVIRONMENTS = ("development", "test", "production")
PERIODS = ("hour", "day", "week", "month")
MEGABYTE = 1024 * 1024
#: Shortest secret that production accepts, in characters.
SHORTEST = 32
#: Takes the variable's name and its text; returns the value or refuses it.
Parser = Callable[[str, str], Any]


@dataclass(frozen=True)
class Setting:
    """One field of the table.

    Attributes
    ----------
    variable : str
        Of the environment.
    default : str or None
        As it would be typed; None where there is none in production, and a local installation
        makes a secret of its own.
    parse : callable
    says : str
        What it means, for docs/configuration.md.
    shown : str
        The default in words, where it is not what stands in `default`.
    strict : bool
        Whether a variable that is there and empty is refused, not taken for the default.
    """

    variable: str
    default: str | None
    parse: Parser
    says: str
    shown: str = ""
    strict: bool = False


def _text(_name: str, text: str) -> str:
    return text.strip()


def _address(_name: str, text: str) -> str:
    return text.strip().rstrip("/")


def _whole(name: str, text: str) -> int:
    if not text.isdigit():
        raise UnsafeConfiguration(f"{name} must be a whole number.")
    return int(text)


def _megabytes(name: str, text: str) -> int:
    return _whole(name, text) * MEGABYTE


def _switch(_name: str, text: str) -> bool:
    return text != "off"


def _lines(_name: str, text: str) -> str:
    """Read a text of several lines: each line's end may be written as a backslash and an n."""
    lines = text.replace("\\n", "\n").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _key(name: str, text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UnsafeConfiguration(f"{name} must be 64 hex digits.")
    return key


def _hex_key(name: str, text: str) -> str:
    return _key(name, text).hex()


def _folder(_name: str, text: str) -> Path:
    return Path(text).resolve()


def _optional_folder(name: str, text: str) -> Path | None:
    return _folder(name, text) if text else None


def _contact(name: str, text: str) -> str:
    address = text.strip()
    fits = re.fullmatch(r"(mailto:|https://)[!-;=?-~]+", address)
    if address and fits is None:
        raise UnsafeConfiguration(f"{name} must be one address that begins with mailto: or https:.")
    return address


def _one_of(*values: str) -> Parser:
    def parse(name: str, text: str) -> str:
        if text not in values:
            raise UnsafeConfiguration(f"{name} must be one of {', '.join(values)}.")
        return text

    return parse


def _at_most(most: int, unit: str) -> Parser:
    def parse(name: str, text: str) -> int:
        value = _whole(name, text)
        if value > most:
            raise UnsafeConfiguration(f"{name} is {unit}, at most {most}.")
        return value

    return parse


def _country(name: str, text: str) -> str:
    if text and not re.fullmatch("[A-Z]{2}", text):
        raise UnsafeConfiguration(f"{name} must be two capital letters of a country.")
    return text


def _rates(name: str, text: str) -> tuple[tuple[str, int], ...]:
    rate = _at_most(MOST_VAT, "in hundredths of a percent")
    pairs = [each.partition("=") for each in text.replace(",", " ").split()]
    return tuple((_country(name, code or "?"), rate(name, points)) for code, _, points in pairs)


def _setting(
    variable: str,
    default: str | None,
    parse: Parser,
    says: str,
    shown: str = "",
    *,
    strict: bool = False,
) -> Any:
    return field(metadata={"setting": Setting(variable, default, parse, says, shown, strict)})


@dataclass(frozen=True)
class Settings:
    """All settings of one process; each line is a setting, its default, its form, its meaning."""

    environment: str = _setting(
        "MOISSON_ENV",
        "development",
        _one_of(*ENVIRONMENTS),
        "`development`, `test` or `production`",
        strict=True,
    )
    instance: Path = _setting(
        "MOISSON_INSTANCE",
        str(PROJECT / "instance"),
        _folder,
        "folder of the local database, vault, e-mails and secrets",
        "`instance/`",
    )
    base_url: str = _setting(
        "MOISSON_BASE_URL",
        "http://127.0.0.1:8000",
        _address,
        "the site's own address, for links in e-mails, returns from payment and metadata, where "
        "it should never change; https in production",
    )
    database_url: str = _setting(
        "MOISSON_DATABASE_URL",
        "",
        _text,
        "`postgresql://user@host/name` or `sqlite:///path`",
        "SQLite in the instance folder",
    )
    vault: str = _setting(
        "MOISSON_VAULT",
        "local",
        _one_of("local"),
        "where rows are kept: `local` is the instance folder",
        strict=True,
    )
    erased_list: Path | None = _setting(
        "MOISSON_ERASED_LIST",
        "",
        _optional_folder,
        "folder with the list of what was erased, which is erased once more after a restore: not "
        "in the database's backups, and not lost with it",
        "`erased/` in the instance folder",
    )
    backup_days: int = _setting(
        "MOISSON_BACKUP_DAYS",
        "14",
        _at_most(90, "in days"),
        "so many days backups are kept, and what was erased may still be in one; at most 90",
    )
    engine: str = _setting(
        "MOISSON_ENGINE",
        "duckdb",
        _one_of("duckdb"),
        "what counts an edition, in the worker",
        strict=True,
    )
    secret_key: str = _setting(
        "MOISSON_SECRET_KEY",
        None,
        _text,
        "signs cookies and links; at least 32 characters",
        "made locally",
    )
    vault_key: bytes = _setting(
        "MOISSON_VAULT_KEY",
        None,
        _key,
        "64 hex digits; wraps the key of each dataset. Losing it loses every row",
        "made locally",
    )
    edition_secret: str = _setting(
        "MOISSON_EDITION_SECRET",
        None,
        _hex_key,
        "64 hex digits; keys which records of a person are kept",
        "made locally",
    )
    mail_url: str = _setting(
        "MOISSON_MAIL_URL",
        "",
        _text,
        "`smtp://`, `smtp+tls://` or `smtps://user:password@host:port`",
        "none: terminal and `instance/mail`",
    )
    mail_from: str = _setting(
        "MOISSON_MAIL_FROM", "Moisson <market@localhost>", _text, "sender of e-mails"
    )
    list_unsubscribe: str = _setting(
        "MOISSON_LIST_UNSUBSCRIBE",
        "",
        _contact,
        "address of the header List-Unsubscribe: `mailto:` or `https:`",
        "none",
    )
    stripe_key: str = _setting(
        "MOISSON_STRIPE_KEY",
        "",
        _text,
        "a Stripe secret or restricted key; for the stand-in `standin_sk_local`, which `make run` "
        "and `make demo` set",
        "none: refused",
    )
    stripe_api_base: str = _setting(
        "MOISSON_STRIPE_API_BASE",
        "",
        _text,
        "where the stand-in listens; refused with a Stripe key",
        "`http://127.0.0.1:12111` with the stand-in",
    )
    stripe_webhook_secret: str = _setting(
        "MOISSON_STRIPE_WEBHOOK_SECRET",
        None,
        _text,
        "signing secret of the webhook; several separated by commas",
        "made locally",
    )
    trusted_proxies: int = _setting(
        "MOISSON_TRUSTED_PROXIES",
        "0",
        _whole,
        "how many proxies in front may set `X-Forwarded-*`",
    )
    limits_storage: str = _setting(
        "MOISSON_LIMITS_STORAGE",
        "memory://",
        _text,
        "where requests are counted: several processes that share it (`redis://…`) count together",
    )
    page_cache_bytes: int = _setting(
        "MOISSON_PAGE_CACHE_MEGABYTES",
        "16",
        _megabytes,
        "memory of each web process for public pages, which are made once a minute; 0: none",
    )
    rate_limits: bool = _setting(
        "MOISSON_RATE_LIMITS", "on", _switch, "`off` for tests; refused in production"
    )
    upload_bytes: int = _setting(
        "MOISSON_UPLOAD_MEGABYTES", "256", _megabytes, "largest upload, in megabytes"
    )
    account_bytes: int = _setting(
        "MOISSON_ACCOUNT_MEGABYTES",
        "4000",
        _megabytes,
        "what the files of one account may take together, in megabytes",
    )
    health_templates: bool = _setting(
        "MOISSON_HEALTH_TEMPLATES",
        "off",
        _switch,
        "`on`: people may give steps, sleep and sport, too, with a consent of its own",
    )
    browser_python: Path | None = _setting(
        "MOISSON_BROWSER_PYTHON",
        "",
        _optional_folder,
        "folder with the files of the npm package `pyodide`, which reads people's files in their "
        "own browser; an empty folder: the server reads them",
        "where set-up puts them",
    )
    refund_days: int = _setting(
        "MOISSON_REFUND_DAYS", "14", _whole, "a sale's earnings are paid out after so many days"
    )
    review_days: int = _setting(
        "MOISSON_REVIEW_DAYS",
        "120",
        _whole,
        "a first or large payout, and what a large sale earned, waits so many days unless the "
        "operator has looked at it; 0: never",
    )
    large_cents: int = _setting(
        "MOISSON_LARGE_CENTS",
        "50000",
        _whole,
        "from so many cents a sale or a payout is large, and a card is asked for its second proof",
    )
    payout_minimum_cents: int = _setting(
        "MOISSON_PAYOUT_MINIMUM_CENTS", "500", _whole, "smallest payout, in cents"
    )
    payout_every: str = _setting(
        "MOISSON_PAYOUT_EVERY",
        "hour",
        _one_of(*PERIODS),
        "how often everybody is paid: `hour`, `day`, `week` or `month`, at its beginning (UTC)",
        strict=True,
    )
    donation_to: str = _setting(
        "MOISSON_DONATION_TO",
        "",
        _text,
        "to whom goes what contributors give away, in words for their income page",
        "none: the operator names it",
    )
    issuer_name: str = _setting(
        "MOISSON_ISSUER_NAME", "Moisson", _text, "who issues invoices and credit notes"
    )
    issuer_address: str = _setting(
        "MOISSON_ISSUER_ADDRESS", "", _lines, "the address on them; `\\n` begins a line", "none"
    )
    issuer_registration: str = _setting(
        "MOISSON_ISSUER_REGISTRATION",
        "",
        _text,
        "the number in a register of companies, as it is to be printed",
        "none",
    )
    issuer_vat_number: str = _setting(
        "MOISSON_ISSUER_VAT_NUMBER", "", _text, "the issuer's VAT number", "none"
    )
    vat_basis_points: int = _setting(
        "MOISSON_VAT_BASIS_POINTS",
        "0",
        _at_most(MOST_VAT, "in hundredths of a percent"),
        "rate of the tax in the seller's country, in hundredths of a percent: `2000` is 20 %; "
        "`0`: the seller charges none. Orders placed before keep the rate they were placed with",
    )
    vat_country: str = _setting(
        "MOISSON_VAT_COUNTRY",
        "",
        _country,
        "the seller's country, two letters: the tax goes by the buyer's country then, and a "
        "business with a VAT number in another country of the European Union pays none (reverse "
        "charge)",
        "none: one rate for all buyers",
    )
    vat_rates: tuple[tuple[str, int], ...] = _setting(
        "MOISSON_VAT_RATES",
        "",
        _rates,
        "standard rates of other countries, such as `DE=1900 IT=2200`, in hundredths of a percent; "
        "a country of the European Union that is not named has the seller's rate, any other none",
        "none",
    )
    vat_prices: str = _setting(
        "MOISSON_VAT_PRICES",
        "gross",
        _one_of("gross", "net"),
        "`gross`: prices in the shop include the tax; `net`: it comes on top",
        strict=True,
    )
    vat_note: str = _setting(
        "MOISSON_VAT_NOTE",
        "",
        _text,
        "why no tax is charged, printed where the rate is 0",
        "none",
    )
    account_ceiling_micro_rho: int = _setting(
        "MOISSON_ACCOUNT_CEILING_MICRO_RHO",
        "500000",
        _whole,
        "most privacy loss of the people of one producer, over everything, in millionths of rho "
        "(69 of 100 guesses right at most; epsilon about 4.9 at delta 1e-6)",
    )
    security_contact: str = _setting(
        "MOISSON_SECURITY_CONTACT",
        "",
        _contact,
        "whom to tell of a hole in security: one address that begins with mailto: or https:, shown "
        "in `/.well-known/security.txt`",
        "no such page",
    )
    log_format: str = _setting(
        "MOISSON_LOG_FORMAT",
        "",
        _text,
        "one line an event",
        "`console`, `json` in production",
    )

    @property
    def production(self) -> bool:
        """Whether real people use this installation."""
        return self.environment == "production"


@dataclass(frozen=True)
class Refusal:
    """A combination of settings that production does not start with."""

    when: Callable[[Settings], bool]
    says: str


#: In production alone.
REFUSALS = (
    Refusal(
        lambda s: not s.base_url.startswith("https://"),
        "MOISSON_BASE_URL must begin with https:// in production.",
    ),
    Refusal(
        lambda s: len({s.secret_key, s.edition_secret, s.vault_key.hex()}) < 3,
        "MOISSON_SECRET_KEY, MOISSON_VAULT_KEY and MOISSON_EDITION_SECRET must differ: who learns "
        "one must not learn another.",
    ),
    Refusal(
        lambda s: s.trusted_proxies < 1,
        "MOISSON_TRUSTED_PROXIES must say how many proxies stand in front in production: https "
        "ends there, and without it all visitors would share one limit.",
    ),
    Refusal(lambda s: not s.rate_limits, "MOISSON_RATE_LIMITS cannot be off in production."),
    Refusal(
        lambda s: not s.stripe_key or not s.stripe_webhook_secret,
        "MOISSON_STRIPE_KEY and MOISSON_STRIPE_WEBHOOK_SECRET must be set in production.",
    ),
    Refusal(lambda s: not s.mail_url, "MOISSON_MAIL_URL must be set in production."),
)


def table() -> dict[str, Setting]:
    """Return every setting by the name of its field, in order."""
    return {each.name: each.metadata["setting"] for each in fields(Settings)}


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises
    ------
    UnsafeConfiguration
        When a needed secret is missing in production, or a value cannot be understood.
    """
    env = os.environ if environment is None else environment
    known = table()
    kind = _read(known["environment"], env)
    instance = _read(known["instance"], env)
    instance.mkdir(parents=True, exist_ok=True)
    kept = {} if kind == "production" else _kept_secrets(instance / "secrets.json")
    values = {name: _read(setting, env, kept) for name, setting in known.items()}
    values["database_url"] = values["database_url"] or f"sqlite:///{instance / 'moisson.db'}"
    values["erased_list"] = values["erased_list"] or instance / "erased"
    values["log_format"] = values["log_format"] or ("json" if kind == "production" else "console")
    settings = Settings(**values)
    for refusal in REFUSALS if settings.production else ():
        if refusal.when(settings):
            raise UnsafeConfiguration(refusal.says)
    return settings


def _read(setting: Setting, env: Mapping[str, str], kept: Mapping[str, str] | None = None) -> Any:
    given = env.get(setting.variable)
    if setting.default is None:
        secret = _secret(setting.variable, (given or "").strip(), kept or {})
        return setting.parse(setting.variable, secret)
    empty = given is None or (not given and not setting.strict)
    return setting.parse(setting.variable, setting.default if empty else str(given))


def _secret(variable: str, given: str, kept: Mapping[str, str]) -> str:
    value = given or kept.get(variable, "").strip()
    if variable == WEBHOOK_SECRET:
        # That of the provider is refused with its key, where that is missing, too.
        return value
    if not value:
        raise UnsafeConfiguration(f"{variable} must be set in production (64 hex digits).")
    if not kept and len(value) < SHORTEST:
        raise UnsafeConfiguration(f"{variable} is too short: use 64 random hex digits.")
    return value


WEBHOOK_SECRET = "MOISSON_STRIPE_WEBHOOK_SECRET"  # noqa: S105 (a name)


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
    made[WEBHOOK_SECRET] = f"whsec_{secrets.token_hex(24)}"
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
