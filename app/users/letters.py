"""The e-mails about an account: asked for in the transaction that needs them, sent by a job.

A job holds the account's identifier alone: the address is looked up and the link is signed when
the message is made, so that neither waits in the list of jobs.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database, new_id, session
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.letters import sending
from app.letters.letter import Letter
from app.letters.post import Post
from app.users import tokens
from app.users.models import User

JOB = "account-letter"
#: So long a link to change a password holds.
RESET_LIFE = timedelta(hours=1)


class Kind(StrEnum):
    """The e-mails about an account; each has its template."""

    VERIFY = "verify"
    KNOWN = "known"
    RESET = "reset"
    ACCESS = "access"


def ask(kind: Kind, user_id: str | None) -> None:
    """Have an e-mail to a person sent once the present unit of work is committed.

    For nobody as much is done, and nothing is sent: how long it takes tells nobody whether there
    is an account.
    """
    key, nobody = new_id(), new_id()
    user = session().get(User, user_id or nobody)
    asked = {"at": now().isoformat(), "fingerprint": fingerprint(user)}
    payload = {"letter": kind.value, "user": user_id or nobody, "key": key, **asked}
    jobs.enqueue(JOB, f"{JOB}:{key}", payload)


def fingerprint(user: User | None) -> str:
    """Return what changes when the password does, so that a link to change it works once."""
    kept = "" if user is None else user.password_hash
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def compose(payload: Mapping[str, Any], site: str) -> Letter | None:
    """Return an e-mail about an account.

    None where the account was closed meanwhile, and for a link to change a password that was
    changed since it was asked for, or that was asked for longer ago than such a link holds.
    """
    kind = Kind(payload["letter"])
    chosen = select(User).where(
        User.id == payload["user"], User.closed_at.is_(None), User.team.is_(False)
    )
    user = session().scalars(chosen).one_or_none()
    if user is None:
        return None
    too_old = now() > datetime.fromisoformat(payload["at"]) + RESET_LIFE
    if kind is Kind.RESET and (too_old or payload["fingerprint"] != fingerprint(user)):
        return None
    values = {"url": f"{site}{_path(kind, user)}"}
    return Letter(kind.value, user.email, user.locale, payload["key"], values)


def _path(kind: Kind, user: User) -> str:
    if kind is Kind.VERIFY:
        return f"/verify/{tokens.made(kind, user.id, user.email)}"
    if kind is Kind.RESET:
        return f"/password/reset/{tokens.made(kind, user.id, fingerprint(user))}"
    return "/account/tokens" if kind is Kind.ACCESS else "/login"


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how these e-mails are made and sent."""
    sending.install_worker(handlers, db, settings, post, JOB, compose)
