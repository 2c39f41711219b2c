"""Links that prove something: signed, for one purpose, and good for a time."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.core.config import Settings
from app.core.db import fact
from app.users.errors import BadToken


@dataclass(frozen=True)
class TokenKey:
    """What links are signed with."""

    secret: str

    @classmethod
    def of(cls, settings: Settings) -> "TokenKey":
        """Return the key that the settings hold."""
        return cls(settings.secret_key)

    def __repr__(self) -> str:
        return "TokenKey(...)"


def made(purpose: str, *parts: str) -> str:
    """Return a token for a purpose, signed in the market of the present unit of work."""
    return str(_serializer(purpose).dumps(list(parts)))


def read(purpose: str, token: str, seconds: int) -> tuple[str, str]:
    """Return the two parts of a token.

    Raises
    ------
    BadToken
        When it is older than so many seconds, or was not made here for this purpose.
    """
    try:
        first, second = _serializer(purpose).loads(token, max_age=seconds)
    except (BadSignature, ValueError, TypeError):
        raise BadToken(_l("This link is too old or incomplete. Ask for a new one.")) from None
    return str(first), str(second)


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(fact(TokenKey).secret, salt=f"moisson-{purpose}")
