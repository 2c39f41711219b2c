"""Which vault keeps the rows: chosen by a setting, opened by datasets and releases alone."""

from collections.abc import Callable

from app.core.config import Settings
from app.core.errors import UnsafeConfiguration
from app.vault.interface import Vault
from app.vault.local import LocalVault


def _local(settings: Settings) -> Vault:
    return LocalVault(settings.instance / "vault", settings.vault_key)


#: A new kind is a file beside this one and a line here.
KINDS: dict[str, Callable[[Settings], Vault]] = {"local": _local}


def open_vault(settings: Settings) -> Vault:
    """Open the vault that the settings name.

    Raises
    ------
    UnsafeConfiguration
        For a kind that does not exist.
    """
    if settings.vault not in KINDS:
        raise UnsafeConfiguration(f"MOISSON_VAULT must be one of {', '.join(KINDS)}.")
    return KINDS[settings.vault](settings)
