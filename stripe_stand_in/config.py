"""Settings of the stand-in, and where it refuses to run."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

KEY_PREFIX = "standin_"


class UnsafeStandIn(Exception):
    """The stand-in would run where real money or other machines are near."""

    user_message = "The stand-in for Stripe does not start here."


@dataclass(frozen=True)
class StandInConfig:
    """How one stand-in runs.

    Parameters
    ----------
    state : Path
        Its own SQLite file; made when missing.
    public_url : str
        Where browsers find its pages; on this machine.
    webhook_url, webhook_secret : str
        Address that receives every event, and the secret that signs it; "" sends none.
    fee_basis_points, fee_fixed : int
        The fee on a charge: ten-thousandths of the amount, and cents.
    settle_seconds : int
        Seconds from a charge until its money is available for transfers.
    clock : callable
        Seconds since 1970; what a control has added to them is kept in the state.
    durable : bool
        Whether every change is on the disk before it is answered.
    """

    state: Path
    public_url: str = "http://127.0.0.1:12111"
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    fee_basis_points: int = 150
    fee_fixed: int = 25
    settle_seconds: int = 0
    clock: Callable[[], float] = time.time
    durable: bool = True

    def __post_init__(self) -> None:
        require_loopback(self.public_url)
        if self.webhook_url:
            require_loopback(self.webhook_url)
            if not self.webhook_secret:
                raise UnsafeStandIn("a webhook address needs a secret")

    def now(self) -> int:
        """Return the whole second it is where nothing was added to the clock."""
        return int(self.clock())

    def fee(self, amount: int) -> int:
        """Return the fee on a charge, in cents, rounded to the nearest, halves up."""
        return min(amount, (amount * self.fee_basis_points + 5_000) // 10_000 + self.fee_fixed)


def require_loopback(url: str) -> None:
    """Refuse an address that is not plain HTTP on this machine.

    Raises
    ------
    UnsafeStandIn
        If it is not.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise UnsafeStandIn(f"only http addresses of this machine: {url}")


def is_loopback(host: str) -> bool:
    """Return whether a name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_real_money(environment: Mapping[str, str]) -> None:
    """Refuse to start beside a production setting or a live key.

    Raises
    ------
    UnsafeStandIn
        If either is in the environment; the key is not repeated.
    """
    if environment.get("MOISSON_ENV") == "production":
        raise UnsafeStandIn("MOISSON_ENV is production")
    for name, value in environment.items():
        if value.startswith(("sk_live_", "rk_live_")):
            raise UnsafeStandIn(f"{name} holds a live Stripe key")
