"""Who acts, and what their roles allow."""

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.errors import Forbidden, NotFound


class Role(StrEnum):
    """What an account may do; one account may have several.

    An analyst reads what was bought and fills the bundle, but orders nothing: so acts who has that
    part in a team.
    """

    PRODUCER = "producer"
    BUYER = "buyer"
    ANALYST = "analyst"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Actor:
    """The account that asks for something.

    `person_id` is who acts where the account is a team's; empty where it is a person's own.
    """

    user_id: str
    roles: frozenset[Role]
    person_id: str = ""

    def has(self, role: Role) -> bool:
        """Say whether the account has a role."""
        return role in self.roles


#: The market itself: schedules and webhooks act as this.
SYSTEM = Actor("system", frozenset(Role))


def require(actor: Actor, role: Role) -> None:
    """Refuse an account without the role.

    Raises
    ------
    Forbidden
    """
    if not actor.has(role):
        raise Forbidden(_l("Your account does not have the role this page needs."))


def require_any(actor: Actor, *roles: Role) -> None:
    """Refuse an account that has none of some roles.

    Raises
    ------
    Forbidden
    """
    if not actor.roles & set(roles):
        raise Forbidden(_l("Your account does not have the role this page needs."))


def require_owner(actor: Actor, owner_id: str) -> None:
    """Refuse an object of somebody else as if it did not exist.

    Raises
    ------
    NotFound
    """
    if actor.user_id not in (owner_id, SYSTEM.user_id):
        raise NotFound(_l("This page does not exist, or it is not yours."))
