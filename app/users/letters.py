"""The e-mails about an account: asked for in the transaction that needs them, sent by a job.

A job holds the account's identifier alone: the address is looked up and the link is signed when
the message is made, so that neither waits in the list of jobs.
"""

import hashlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.core.config import Settings
from app.core.db import Database, new_id, session
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.letters.letter import Letter, message
from app.letters.post import Post
from app.users import tokens
from app.users.models import User

JOB = "account-letter"


class Kind(StrEnum):
    """The e-mails about an account; each has its template."""

    VERIFY = "verify"
    KNOWN = "known"
    RESET = "reset"


def ask(kind: Kind, user_id: str) -> None:
    """Have an e-mail sent once the present unit of work is committed."""
    key = new_id()
    jobs.enqueue(JOB, f"{JOB}:{key}", {"letter": kind.value, "user": user_id, "key": key})


def fingerprint(user: User) -> str:
    """Return what changes when the password does, so that a link to change it works once."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


def compose(kind: Kind, user_id: str, key: str, site: str) -> Letter | None:
    """Return an e-mail about an account; None where it was closed meanwhile."""
    chosen = select(User).where(User.id == user_id, User.closed_at.is_(None))
    user = session().scalars(chosen).one_or_none()
    if user is None:
        return None
    return Letter(kind.value, user.email, user.locale, key, {"url": f"{site}{_path(kind, user)}"})


def _path(kind: Kind, user: User) -> str:
    if kind is Kind.VERIFY:
        return f"/verify/{tokens.made(kind, user.id, user.email)}"
    if kind is Kind.RESET:
        return f"/password/reset/{tokens.made(kind, user.id, fingerprint(user))}"
    return "/login"


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how these e-mails are made and sent."""

    def send(payload: Mapping[str, Any], _progress: Callable[[int], None]) -> None:
        kind = Kind(payload["letter"])
        with db.unit_of_work(write=False):
            letter = compose(kind, payload["user"], payload["key"], settings.base_url)
        if letter is not None:
            post(message(letter, settings))

    handlers.add(JOB, send)
