"""Teams: accounts that several people act for, so that what one of them buys is read by all.

A team's account buys and owns as a person's does, under the same rules. Nobody signs in to it:
people act for it while they are in it. It never offers data: who gives is always a person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update

from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.dialects import hold_alone
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import Actor
from app.users import invitation_letters, names
from app.users.models import AccessToken, Invitation, Membership, User, UserSession
from app.users.parts import Part

MOST_TEAMS, MOST_PEOPLE, MOST_INVITED = 10, 50, 20
INVITATION_LIFE = timedelta(days=14)
SHORTEST, LONGEST = 2, 80


@dataclass(frozen=True)
class Member:
    """Somebody in a team, as the others in it see them."""

    user_id: str
    display_name: str
    email: str
    part: Part
    joined_at: datetime


@dataclass(frozen=True)
class Invited:
    """An address that was asked into a team."""

    id: str
    team_id: str
    team: str
    email: str
    part: Part
    expires_at: datetime


@dataclass(frozen=True)
class Team:
    """A team as somebody in it sees it.

    Attributes
    ----------
    part : Part
        The reader's own.
    """

    id: str
    name: str
    part: Part
    joined_at: datetime


def found(person: Actor, name: str) -> str:
    """Found a team, as its owner; return its account.

    Raises
    ------
    Invalid
        For a name that cannot stand in a letter.
    Conflict
        Where they are in too many already.
    """
    kept = _checked(name)
    hold_alone([f"teams:{person.user_id}"])
    _refuse_too_many(person.user_id)
    team = User(
        id=new_id(),
        email="",
        display_name=kept,
        password_hash="",
        buyer=True,
        team=True,
        verified_at=now(),
    )
    team.email = f"team-{team.id}@invalid"
    session().add(team)
    session().flush()
    session().add(Membership(team_id=team.id, user_id=person.user_id, part=Part.OWNER))
    session().flush()
    audit.record(person.user_id, "found-team", "user", team.id)
    return team.id


def of_person(user_id: str) -> tuple[Team, ...]:
    """Return the teams that somebody is in, by name."""
    chosen = (
        select(User.id, User.display_name, Membership.part, Membership.joined_at)
        .join(Membership, Membership.team_id == User.id)
        .where(Membership.user_id == user_id, User.closed_at.is_(None))
        .order_by(User.display_name, User.id)
    )
    return tuple(
        Team(team_id, name, Part(part), at) for team_id, name, part, at in session().execute(chosen)
    )


def team(person: Actor, team_id: str) -> Team:
    """Return a team that somebody is in.

    Raises
    ------
    NotFound
    """
    for one in of_person(person.user_id):
        if one.id == team_id:
            return one
    raise NotFound(_l("There is no such page, or it is not yours."))


def members(team_id: str) -> tuple[Member, ...]:
    """Return who is in a team, those of longest standing first."""
    chosen = (
        select(User, Membership.part, Membership.joined_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.team_id == team_id)
        .order_by(Membership.joined_at, Membership.user_id)
    )
    return tuple(
        Member(user.id, user.display_name, user.email, Part(part), at)
        for user, part, at in session().execute(chosen)
    )


def people_behind(actor: Actor) -> frozenset[str]:
    """Return whose interest an account serves: its own, and of a team that of all in it."""
    if not actor.person_id:
        return frozenset({actor.user_id})
    chosen = select(Membership.user_id).where(Membership.team_id == actor.user_id)
    return frozenset({actor.user_id, actor.person_id, *session().scalars(chosen)})


def act_for(person: Actor, session_id: str, team_id: str) -> None:
    """Let a browser act for a team from now on; for nobody but its own account with "".

    Raises
    ------
    NotFound
    """
    row = session().get(UserSession, session_id)
    if row is None or row.user_id != person.user_id:
        raise NotFound(_l("There is no such page, or it is not yours."))
    row.acting_for = team(person, team_id).id if team_id else None


def rename(person: Actor, team_id: str, name: str) -> None:
    """Call a team otherwise: for its owners.

    Raises
    ------
    NotFound, Forbidden, Invalid
    """
    _require_owner(person, team_id)
    session().get_one(User, team_id).display_name = _checked(name)
    audit.record(person.user_id, "rename-team", "user", team_id)


def invite(person: Actor, team_id: str, email: str, part: Part) -> None:
    """Ask an address into a team, by e-mail: for its owners.

    Whether somebody has an account with it is not told, and changes nothing.

    Raises
    ------
    NotFound, Forbidden
    Conflict
        Where too many are in the team or were asked.
    """
    address = email.strip().lower()
    hold_alone([f"team:{team_id}"])
    _require_owner(person, team_id)
    if any(each.email == address for each in members(team_id)):
        raise Conflict(_l("This address is in the team already."))
    session().execute(
        delete(Invitation).where(Invitation.team_id == team_id, Invitation.expires_at <= now())
    )
    asked = invited(team_id)
    if any(each.email == address for each in asked):
        raise Conflict(_l("This address was asked already, and has not answered yet."))
    if len(asked) >= MOST_INVITED or len(asked) + _size(team_id) >= MOST_PEOPLE:
        raise Conflict(
            _l("There is no room for more. Withdraw an invitation, or remove somebody first.")
        )
    row = Invitation(
        team_id=team_id,
        email=address,
        part=part,
        invited_by=person.user_id,
        expires_at=now() + INVITATION_LIFE,
    )
    session().add(row)
    session().flush()
    audit.record(person.user_id, "invite", "user", team_id)
    invitation_letters.ask(row.id)


def invited(team_id: str) -> tuple[Invited, ...]:
    """Return which addresses were asked into a team and have not answered, by address."""
    return _invitations(Invitation.team_id == team_id)


def invitations_to(email: str) -> tuple[Invited, ...]:
    """Return which teams an address was asked into."""
    return _invitations(Invitation.email == email)


def invitation(email: str, invitation_id: str) -> Invited:
    """Return an invitation of somebody's own address.

    Raises
    ------
    NotFound
    """
    for one in _invitations(Invitation.email == email, Invitation.id == invitation_id):
        return one
    raise NotFound(
        _l(
            "There is no such invitation for your address. It may be over or withdrawn: ask "
            "whoever invited you for a new one, and sign in with the address that it is sent to."
        )
    )


def _invitations(*which: object) -> tuple[Invited, ...]:
    chosen = (
        select(Invitation, User.display_name)
        .join(User, User.id == Invitation.team_id)
        .where(Invitation.expires_at > now(), User.closed_at.is_(None), *which)  # type: ignore[arg-type]
        .order_by(Invitation.email, User.display_name, Invitation.id)
    )
    return tuple(
        Invited(row.id, row.team_id, name, row.email, Part(row.part), row.expires_at)
        for row, name in session().execute(chosen)
    )


def withdraw(person: Actor, team_id: str, invitation_id: str) -> None:
    """Take an invitation back: for owners.

    Raises
    ------
    NotFound, Forbidden
    """
    _require_owner(person, team_id)
    session().execute(
        delete(Invitation).where(Invitation.id == invitation_id, Invitation.team_id == team_id)
    )
    audit.record(person.user_id, "withdraw-invitation", "user", team_id)


def answer(person: Actor, email: str, invitation_id: str, *, join: bool) -> str:
    """Join the team that one's own, confirmed address was asked into, or refuse; return the team.

    Raises
    ------
    NotFound, Conflict
    """
    asked = invitation(email, invitation_id)
    hold_alone([f"team:{asked.team_id}", f"teams:{person.user_id}"])
    # Of two clicks the second finds it gone.
    asked = invitation(email, invitation_id)
    session().execute(delete(Invitation).where(Invitation.id == invitation_id))
    if not join:
        audit.record(person.user_id, "refuse-invitation", "user", asked.team_id)
        return asked.team_id
    _refuse_too_many(person.user_id)
    if _size(asked.team_id) >= MOST_PEOPLE:
        raise Conflict(_l("This team is full."))
    if session().get(Membership, (asked.team_id, person.user_id)) is None:
        session().add(
            Membership(team_id=asked.team_id, user_id=person.user_id, part=asked.part.value)
        )
    session().flush()
    audit.record(person.user_id, "join-team", "user", asked.team_id)
    return asked.team_id


def change_part(person: Actor, team_id: str, user_id: str, part: Part) -> None:
    """Give somebody another part in a team: for its owners.

    Raises
    ------
    NotFound, Forbidden
    Conflict
        Where no owner would be left.
    """
    hold_alone([f"team:{team_id}"])
    _require_owner(person, team_id)
    row = _member(team_id, user_id)
    if part is not Part.OWNER:
        _refuse_last_owner(row)
        _forget_invited_by(row)
    row.part = part
    session().flush()
    audit.record(person.user_id, "change-part", "user", user_id, team=team_id, part=part.value)


def remove(person: Actor, team_id: str, user_id: str) -> None:
    """Part from somebody, or leave: what they made and did for the team stops at once.

    Raises
    ------
    NotFound, Forbidden
    Conflict
        Where no owner would be left.
    """
    hold_alone([f"team:{team_id}"])
    if user_id != person.user_id:
        _require_owner(person, team_id)
    else:
        team(person, team_id)
    row = _member(team_id, user_id)
    _refuse_last_owner(row)
    _part_from(row)
    done = "leave-team" if user_id == person.user_id else "remove-from-team"
    audit.record(person.user_id, done, "user", user_id, team=team_id)


def alone_in(user_id: str) -> tuple[str, ...]:
    """Return the teams that nobody else is in."""
    return tuple(one.id for one in of_person(user_id) if _size(one.id) == 1)


def leave_every(user_id: str) -> tuple[str, ...]:
    """Take somebody out of every team, with their account; return the teams that nobody is in now.

    Where no owner is left, whoever has been in the team longest becomes one.
    """
    left_alone: list[str] = []
    rows = session().scalars(select(Membership).where(Membership.user_id == user_id))
    for team_id in sorted(row.team_id for row in rows):
        hold_alone([f"team:{team_id}"])
        row = session().get(Membership, (team_id, user_id), populate_existing=True)
        if row is None:
            continue
        _part_from(row)
        others = members(team_id)
        if not others:
            left_alone.append(team_id)
        elif not any(each.part is Part.OWNER for each in others):
            first = session().get_one(Membership, (team_id, others[0].user_id))
            first.part = Part.OWNER
            audit.record(user_id, "hand-team-over", "user", first.user_id, team=team_id)
    session().execute(delete(Invitation).where(Invitation.invited_by == user_id))
    session().flush()
    return tuple(left_alone)


def forget_address(email: str) -> None:
    """Forget that an address was asked into teams."""
    session().execute(delete(Invitation).where(Invitation.email == email.strip().lower()))


def dissolve(team_id: str) -> None:
    """Take everybody out of a team; its account is closed by whoever asks for this."""
    session().execute(delete(Invitation).where(Invitation.team_id == team_id))
    rows = session().scalars(select(Membership).where(Membership.team_id == team_id))
    for row in list(rows):
        _part_from(row)


def names_of(user_ids: Collection[str]) -> dict[str, str]:
    """Return how people are called inside a team: their public name, else their address."""
    chosen = select(User.id, User.display_name, User.email)
    rows = session().execute(chosen.where(User.id.in_(user_ids), User.closed_at.is_(None)))
    return {user_id: name or email for user_id, name, email in rows}


def _part_from(row: Membership) -> None:
    """End somebody's part in a team, and what they made, opened and began for it."""
    _forget_invited_by(row)
    session().execute(
        update(AccessToken)
        .where(
            AccessToken.user_id == row.team_id,
            AccessToken.made_by == row.user_id,
            AccessToken.revoked_at.is_(None),
        )
        .values(revoked_at=now())
    )
    session().execute(
        update(UserSession)
        .where(UserSession.user_id == row.user_id, UserSession.acting_for == row.team_id)
        .values(acting_for=None)
    )
    session().delete(row)
    session().flush()


def _forget_invited_by(row: Membership) -> None:
    """Forget whom somebody asked in: else they came back by an address of their own."""
    session().execute(
        delete(Invitation).where(
            Invitation.team_id == row.team_id, Invitation.invited_by == row.user_id
        )
    )


def _require_owner(person: Actor, team_id: str) -> None:
    if team(person, team_id).part is not Part.OWNER:
        raise Forbidden(_l("The owners of the team do that."))


def _member(team_id: str, user_id: str) -> Membership:
    row = session().get(Membership, (team_id, user_id), populate_existing=True)
    if row is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return row


def _refuse_last_owner(row: Membership) -> None:
    owners = [each for each in members(row.team_id) if each.part is Part.OWNER]
    if [each.user_id for each in owners] == [row.user_id]:
        raise Conflict(_l("A team has an owner. Make somebody else one first, or close the team."))


def _refuse_too_many(user_id: str) -> None:
    if len(of_person(user_id)) >= MOST_TEAMS:
        raise Conflict(_l("You are in %(n)s teams already: leave one first."), n=MOST_TEAMS)


def _size(team_id: str) -> int:
    chosen = select(func.count()).select_from(Membership).where(Membership.team_id == team_id)
    return session().scalar(chosen) or 0


def _checked(name: str) -> str:
    kept = names.checked(name)
    if not SHORTEST <= len(kept) <= LONGEST:
        raise Invalid(_l("Give the team a name of 2 to 80 letters."))
    # It stands in letters to people who know nothing of this place.
    if any(sign in kept.lower() for sign in ("/", "@", "www.", "http")):
        raise Invalid(_l("Give the team a name without an address in it."))
    return kept
