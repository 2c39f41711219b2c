"""Which vault keeps the rows: chosen by a setting, opened by datasets and releases alone."""

from collections.abc import Callable

from app.core.config import Settings
from app.core.db import Database
from app.core.erased import ErasedList
from app.core.errors import UnsafeConfiguration
from app.vault.database_keys import DatabaseKeys
from app.vault.interface import Vault
from app.vault.local import LocalVault
from app.vault.small import SmallObjects
from app.vault.two_sizes import TwoSizes


def _local(settings: Settings, db: Database) -> Vault:
    ring = DatabaseKeys(db, ErasedList.of(settings))
    large = LocalVault(settings.instance / "vault", settings.vault_key, ring)
    return TwoSizes(large, SmallObjects(db, settings.vault_key, ring))


#: A new kind is a file beside this one and a line here.
KINDS: dict[str, Callable[[Settings, Database], Vault]] = {"local": _local}


def open_vault(settings: Settings, db: Database) -> Vault:
    """Open the vault that the settings name.

    Raises
    ------
    UnsafeConfiguration
        For a kind that does not exist.
    """
    if settings.vault not in KINDS:
        raise UnsafeConfiguration(f"MOISSON_VAULT must be one of {', '.join(KINDS)}.")
    return KINDS[settings.vault](settings, db)
