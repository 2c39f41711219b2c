"""Public names: what may stand where everybody reads who somebody is."""

import unicodedata

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.db import session
from app.core.errors import Invalid
from app.users.models import User

#: Control characters and marks that turn the direction of writing: they make one name look another.
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")


class BadName(Invalid):
    """A public name that would mislead whoever reads it."""


def checked(name: str, user_id: str = "", *, operator: bool = False) -> str:
    """Return a public name as it is kept.

    Raises
    ------
    BadName
        Where it hides something, or is that of somebody who runs the market.
    """
    kept = " ".join(unicodedata.normalize("NFKC", name).split())
    if any(unicodedata.category(each) in HIDDEN for each in kept):
        raise BadName(_l("Choose a name without hidden characters."))
    running = select(User.display_name).where(User.operator, User.id != user_id)
    if not operator and _bare(kept) in {_bare(one) for one in session().scalars(running)} - {""}:
        raise BadName(_l("This is the name of somebody who runs the market. Choose another one."))
    return kept


def _bare(name: str) -> str:
    """Leave out what makes two names look different only to a machine."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in plain if each.isalnum())
