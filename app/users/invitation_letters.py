"""The e-mail that asks somebody into a team: one for each invitation, to the address typed.

Whoever it reaches may know nothing of this place, so it says who they may ask, and that nothing
follows where they do nothing.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database, session
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.letters import sending
from app.letters.letter import Letter
from app.letters.post import Post
from app.users.models import Invitation, User
from app.users.parts import MAY, NAMES, Part

JOB = "invitation-letter"


def ask(invitation_id: str) -> None:
    """Have the e-mail sent once the present unit of work is committed."""
    jobs.enqueue(JOB, f"{JOB}:{invitation_id}", {"invitation": invitation_id})


def compose(payload: Mapping[str, Any], site: str) -> Letter | None:
    """Return the e-mail of an invitation; None where it was withdrawn, answered or is over."""
    row = session().get(Invitation, payload["invitation"])
    if row is None or row.expires_at <= now():
        return None
    team, host = (session().get_one(User, one) for one in (row.team_id, row.invited_by))
    if team.closed_at is not None or team.suspended_at is not None or host.suspended_at is not None:
        return None
    # Of whoever has an account in its language, else in that of who invites: nobody is told which.
    chosen = select(User.locale).where(User.email == row.email, User.closed_at.is_(None))
    values = {
        "team": team.display_name,
        "name": NAMES[Part(row.part)],
        "may": MAY[Part(row.part)],
        "until": row.expires_at,
        "url": f"{site}/teams/join/{row.id}",
    }
    locale = session().scalar(chosen) or host.locale
    return Letter("invitation", row.email, locale, f"{JOB}-{row.id}", values)


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how this e-mail is made and sent."""
    sending.install_worker(handlers, db, settings, post, JOB, compose)
