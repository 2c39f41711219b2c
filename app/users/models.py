from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class User(Base):
    """An account: a person's, or that of a team, to which nobody can sign in."""

    __tablename__ = "user_account"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(2), default="en")
    producer: Mapped[bool] = mapped_column(Boolean, default=False)
    buyer: Mapped[bool] = mapped_column(Boolean, default=False)
    operator: Mapped[bool] = mapped_column(Boolean, default=False)
    team: Mapped[bool] = mapped_column(Boolean, default=False)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    #: When the payment provider first said that it knows who this is.
    identified_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    suspended_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class UserSession(Base):
    """One browser that is signed in; revoking it signs that browser out.

    `acting_for` is the team that whoever is signed in acts for there, while they are in it.
    """

    __tablename__ = "user_session"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    browser: Mapped[str] = mapped_column(String(80))
    acting_for: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class AccessToken(Base):
    """A token of an account; of its text only the hash is kept."""

    __tablename__ = "access_token"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    shown: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(200))
    #: The only edition whose tables it reads; empty for all of its owner's.
    edition_id: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    #: To the hour.
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    #: Who made it for a team: it counts while they are in it. Empty where it is a person's own.
    made_by: Mapped[str] = mapped_column(String(32), default="")


class Membership(Base):
    """Somebody's part in a team."""

    __tablename__ = "team_member"
    team_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id"), primary_key=True, index=True
    )
    part: Mapped[str] = mapped_column(String(10))
    joined_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Invitation(Base):
    """An address that was asked into a team; gone once it joined, refused, or was not wanted."""

    __tablename__ = "team_invitation"
    __table_args__ = (UniqueConstraint("team_id", "email"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    email: Mapped[str] = mapped_column(String(254), index=True)
    part: Mapped[str] = mapped_column(String(10))
    invited_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    expires_at: Mapped[datetime] = mapped_column(Moment)
