"""How passwords are kept: argon2id, so that each guess costs time and memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask_babel import lazy_gettext as _l

from app.core.config import Settings
from app.core.db import fact
from app.core.errors import Unavailable

#: So many are worked out at a time in a process: each takes 64 MiB and all of a core.
AT_ONCE = 2
PATIENCE_SECONDS = 10.0
_FEW = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _FEW.acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable(_l("Many people are signing in just now. Try again in a moment."))
    try:
        yield
    finally:
        _FEW.release()


@dataclass(frozen=True)
class Passwords:
    """Keeps and checks passwords at one cost.

    Attributes
    ----------
    hasher : PasswordHasher
        Sets the cost of new hashes; an old hash carries its own.
    nobody : str
        Checked when there is no such account, so that both answers take as long.
    """

    hasher: PasswordHasher
    nobody: str

    @classmethod
    def of(cls, settings: Settings) -> "Passwords":
        """Return what keeps passwords where these settings hold."""
        return CHEAP if settings.environment == "test" else COSTLY

    @classmethod
    def at(cls, hasher: PasswordHasher) -> "Passwords":
        """Return what keeps passwords at the cost of a hasher."""
        return cls(hasher, hasher.hash("nobody has this password"))

    def keep(self, password: str) -> str:
        """Return what is stored of a password."""
        with _one_of_few():
            return self.hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Say whether a password is the stored one; nothing fits where None is stored."""
        try:
            with _one_of_few():
                self.hasher.verify(self.nobody if stored is None else stored, password)
        except VerificationError:
            return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Say whether a stored password was kept at another cost than today's."""
        return self.hasher.check_needs_rehash(stored)


#: The cost that the library recommends.
COSTLY = Passwords.at(PasswordHasher())
#: Of the environment "test" alone: tests open thousands of accounts that nobody attacks.
CHEAP = Passwords.at(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def present() -> Passwords:
    """Return what keeps passwords in the market of the present unit of work."""
    return fact(Passwords)
