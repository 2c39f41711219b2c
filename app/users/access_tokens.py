"""Tokens: how a program reads, for its owner, what its owner may read.

None of them pays, and none changes anything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.core import audit
from app.core.clock import now
from app.core.db import session
from app.core.dialects import hold_alone
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor, Role
from app.users import access_token_text as text
from app.users import letters
from app.users.models import AccessToken, Membership, User

MOST_DAYS, USUAL_DAYS = 365, 90
MOST_OPEN = 20
USED_EVERY = timedelta(hours=1)


class Scope(StrEnum):
    """What a token may read beside what everybody may."""

    TABLES = "tables:read"
    ORDERS = "orders:read"


@dataclass(frozen=True)
class TokenView:
    """A token as its owner sees it.

    Attributes
    ----------
    shown : str
        How it begins.
    edition_id : str
        The only edition that it reads; empty for all.
    used_at : datetime or None
        To the hour.
    made_by : str
        Who made it, where it is a team's.
    """

    id: str
    user_id: str
    name: str
    shown: str
    scopes: frozenset[Scope]
    edition_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    made_by: str = ""

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= now()


def make(
    actor: Actor, name: str, scopes: frozenset[Scope], days: int = USUAL_DAYS, edition_id: str = ""
) -> str:
    """Make a token, and return its text: the only time that it can be had.

    One of a team counts while whoever made it is in the team.

    Raises
    ------
    Invalid
        Without a name or anything to read, or for too long.
    Conflict
        Where the account has too many already.
    """
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid(_l("Give it a name of at most 80 letters, by which you will know it again."))
    if not scopes:
        raise Invalid(_l("Choose at least one thing that it may read."))
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(_l("It may last from one day to a year."))
    # Of several requests at once each would count what was there before.
    hold_alone([f"tokens:{actor.user_id}"])
    if len(of_account(actor)) >= MOST_OPEN:
        raise Conflict(_l("You have %(n)s tokens. End one that you no longer need."), n=MOST_OPEN)
    whole = text.drawn()
    row = AccessToken(
        user_id=actor.user_id,
        name=name,
        shown=whole[: text.SHOWN],
        digest=text.hashed(whole),
        scopes=" ".join(sorted(scopes)),
        edition_id=edition_id,
        expires_at=now() + timedelta(days=days),
        made_by=actor.person_id,
    )
    session().add(row)
    session().flush()
    audit.record(actor.user_id, "make-token", "token", row.id)
    letters.ask(letters.Kind.ACCESS, actor.person_id or actor.user_id)
    return whole


def of_account(actor: Actor) -> tuple[TokenView, ...]:
    """Return the tokens of an account that were not ended, newest first."""
    rows = session().scalars(
        select(AccessToken)
        .where(AccessToken.user_id == actor.user_id, AccessToken.revoked_at.is_(None))
        .order_by(AccessToken.created_at.desc(), AccessToken.id)
    )
    return tuple(_view(row) for row in rows)


def ending(user_id: str, since: datetime, until: datetime) -> tuple[TokenView, ...]:
    """Return the tokens of an account that end in a time by themselves."""
    rows = session().scalars(
        select(AccessToken).where(
            AccessToken.user_id == user_id,
            AccessToken.revoked_at.is_(None),
            AccessToken.expires_at >= since,
            AccessToken.expires_at < until,
        )
    )
    return tuple(_view(row) for row in rows)


def end(actor: Actor, token_id: str) -> None:
    """End a token at once; an analyst of a team ends their own.

    Raises
    ------
    NotFound
    """
    row = session().get(AccessToken, token_id)
    if row is None or row.user_id != actor.user_id or row.revoked_at is not None:
        raise NotFound(_l("There is no such token."))
    if actor.person_id not in ("", row.made_by) and not actor.has(Role.BUYER):
        raise NotFound(_l("There is no such token."))
    row.revoked_at = now()
    audit.record(actor.user_id, "end-token", "token", row.id)


def found(whole: str) -> tuple[TokenView, Actor] | None:
    """Return the token of this text and whom it reads for; None where it does not count.

    What has not the form of a token is not looked up.
    """
    if not text.is_one(whole):
        return None
    row = session().scalar(select(AccessToken).where(AccessToken.digest == text.hashed(whole)))
    if row is None or row.revoked_at is not None or row.expires_at <= now():
        return None
    user = session().get(User, row.user_id)
    if user is None or not _is_open(user) or (user.team and not _is_in(row.made_by, user.id)):
        return None
    # A token reads what a buyer owns; it never has an operator's power.
    roles = frozenset({Role.BUYER}) if user.buyer else frozenset()
    return _view(row), Actor(user.id, roles, row.made_by)


def _is_open(user: User) -> bool:
    return user.closed_at is None and user.suspended_at is None


def _is_in(user_id: str, team_id: str) -> bool:
    """Say whether somebody is in a team, and not suspended."""
    person = session().get(User, user_id)
    here = session().get(Membership, (team_id, user_id))
    return person is not None and here is not None and _is_open(person)


def is_to_be_noted(token: TokenView) -> bool:
    """Say whether its use is to be noted: once an hour at most."""
    return token.used_at is None or now() - token.used_at >= USED_EVERY


def note_use(token_id: str) -> None:
    """Note that a token was used, to the hour."""
    hour = now().replace(minute=0, second=0, microsecond=0)
    session().execute(update(AccessToken).where(AccessToken.id == token_id).values(used_at=hour))


def _view(row: AccessToken) -> TokenView:
    return TokenView(
        row.id,
        row.user_id,
        row.name,
        row.shown,
        frozenset(Scope(one) for one in row.scopes.split()),
        row.edition_id,
        row.created_at,
        row.expires_at,
        row.used_at,
        row.made_by,
    )
