"""Links in e-mails that work without signing in: to stop the e-mails, to leave a month out.

Opening one changes nothing: programs that look through e-mail open every link. A press of the
button there does, or the one request that an e-mail program sends (RFC 8058).
"""

from collections.abc import Collection

from app.notices.kinds import Kind
from app.users import tokens

#: E-mails are kept, and may be stopped, for years.
LIFE_SECONDS = 3 * 366 * 24 * 3600
STOP, LEAVE = "stop-e-mails", "leave-out"


def unsubscribe(site: str, user_id: str, kinds: Collection[Kind]) -> str:
    """Return the address that ends e-mails of some kinds."""
    return f"{site}/unsubscribe/{tokens.made(STOP, user_id, ' '.join(sorted(kinds)))}"


def stopped_by(token: str) -> tuple[str, frozenset[Kind]]:
    """Return whose e-mails a link stops, and of which kinds.

    Raises
    ------
    app.users.errors.BadToken
    """
    user_id, kinds = tokens.read(STOP, token, LIFE_SECONDS)
    return user_id, frozenset(Kind(kind) for kind in kinds.split() if kind in set(Kind))


def leave(site: str, user_id: str, template: str) -> str:
    """Return the address where somebody skips a month of a template, or stops."""
    return f"{site}/leave/{tokens.made(LEAVE, user_id, template)}"


def left_by(token: str) -> tuple[str, str]:
    """Return who leaves which template.

    Raises
    ------
    app.users.errors.BadToken
    """
    return tokens.read(LEAVE, token, LIFE_SECONDS)
