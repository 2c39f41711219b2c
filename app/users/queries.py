from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.core.db import beginning_with, session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role
from app.users.models import Membership, User, UserSession
from app.users.parts import ROLES, Part


@dataclass(frozen=True)
class UserView:
    """An account as its owner's pages show it.

    Attributes
    ----------
    email : str
        Of a team that of the owner who has been in it longest.
    person : UserView or None
        Who acts, where the account is a team's.
    part : Part or None
        Which part they have in it.
    """

    id: str
    email: str
    display_name: str
    locale: str
    roles: frozenset[Role]
    verified: bool
    created_at: datetime
    person: "UserView | None" = None
    part: Part | None = None

    @property
    def actor(self) -> Actor:
        """The account as services ask for it."""
        return Actor(self.id, self.roles, self.person.id if self.person else "")


@dataclass(frozen=True)
class SessionView:
    """A signed-in browser."""

    id: str
    browser: str
    created_at: datetime


def _view(user: User) -> UserView:
    roles = {
        Role.PRODUCER: user.producer,
        Role.BUYER: user.buyer,
        Role.OPERATOR: user.operator,
    }
    return UserView(
        user.id,
        _first_address(user.id) if user.team else user.email,
        user.display_name,
        user.locale,
        frozenset(role for role, has in roles.items() if has),
        user.verified_at is not None,
        user.created_at,
    )


def _first_address(team_id: str) -> str:
    """Return where a team is written to: its owner of longest standing."""
    chosen = (
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.team_id == team_id, Membership.part == Part.OWNER)
        .order_by(Membership.joined_at, Membership.user_id)
    )
    return session().scalar(chosen.limit(1)) or ""


def user(user_id: str) -> UserView | None:
    """Return an open account."""
    found = session().get(User, user_id)
    return None if found is None or found.closed_at is not None else _view(found)


def user_of_session(session_id: str) -> UserView | None:
    """Return the account a browser is signed in to, unless that was revoked.

    Where they act for a team, the team's account: while both it and their part in it last.
    """
    chosen = (
        select(User, UserSession.acting_for)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.id == session_id,
            UserSession.revoked_at.is_(None),
            User.closed_at.is_(None),
            User.suspended_at.is_(None),
        )
    )
    found = session().execute(chosen).one_or_none()
    if found is None:
        return None
    person, acting_for = _view(found[0]), found[1]
    return (acting_for and _acting(person, acting_for)) or person


def _acting(person: UserView, team_id: str) -> UserView | None:
    chosen = (
        select(User, Membership.part)
        .join(Membership, Membership.team_id == User.id)
        .where(
            Membership.team_id == team_id,
            Membership.user_id == person.id,
            User.closed_at.is_(None),
            User.suspended_at.is_(None),
        )
    )
    found = session().execute(chosen).one_or_none()
    if found is None:
        return None
    part = Part(found[1])
    return replace(
        _view(found[0]),
        locale=person.locale,
        roles=ROLES[part],
        verified=person.verified,
        person=person,
        part=part,
    )


def address_of(user_id: str) -> str:
    """Return an account's e-mail address; its identifier once it is closed."""
    found = user(user_id)
    return user_id if found is None else found.email


def addresses(user_ids: Collection[str]) -> dict[str, str]:
    """Return the e-mail addresses of some open accounts, at most a thousand."""
    chosen = select(User.id, User.email).where(User.id.in_(user_ids), User.closed_at.is_(None))
    return {user_id: email for user_id, email in session().execute(chosen)}


def suspended() -> frozenset[str]:
    """Return the accounts that are suspended: never many."""
    return frozenset(session().scalars(select(User.id).where(User.suspended_at.is_not(None))))


def operators() -> frozenset[str]:
    """Return the accounts of those who run the market: never many."""
    chosen = select(User.id).where(User.operator, User.closed_at.is_(None))
    return frozenset(session().scalars(chosen))


def is_suspended(user_id: str) -> bool:
    """Say whether the operator suspended an account."""
    chosen = select(User.id).where(User.id == user_id, User.suspended_at.is_not(None))
    return session().scalar(chosen) is not None


def is_identified(user_id: str) -> bool:
    """Say whether the payment provider knows who has an account."""
    chosen = select(User.id).where(User.id == user_id, User.identified_at.is_not(None))
    return session().scalar(chosen) is not None


def by_email(email: str) -> UserView | None:
    """Return the open account with an address."""
    chosen = select(User).where(User.email == email.strip().lower(), User.closed_at.is_(None))
    found = session().scalars(chosen).one_or_none()
    return None if found is None else _view(found)


def open_sessions(user_id: str) -> tuple[SessionView, ...]:
    """Return the browsers that are signed in to an account, newest first."""
    chosen = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .order_by(UserSession.created_at.desc())
    )
    return tuple(SessionView(s.id, s.browser, s.created_at) for s in session().scalars(chosen))


def display_name(user_id: str) -> str:
    """Return the public name of an account, or an empty text."""
    return session().scalar(select(User.display_name).where(User.id == user_id)) or ""


def count() -> int:
    """Return how many people's accounts are open: public metadata, not of a release."""
    chosen = select(func.count()).where(User.closed_at.is_(None), User.team.is_(False))
    return session().scalar(chosen) or 0


def identified(text: str) -> str:
    """Return the account whose identifier begins with a text: for the operator.

    Raises
    ------
    NotFound
    """
    found = beginning_with(User.id, text)
    if found is None:
        raise NotFound(_l("There is no such account, or more than one begins like that."))
    return found
