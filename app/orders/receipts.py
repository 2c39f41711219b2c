"""The e-mail that says that an order is paid: what it was bought for, and where everything is.

Asked for in the unit of work that books the money, so that there is neither without the other; a
job sends it, and an e-mail program shows it once however often it is sent.
"""

from collections.abc import Mapping
from typing import Any

from app.core.config import Settings
from app.core.db import Database
from app.core.permissions import SYSTEM
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.letters import sending
from app.letters.letter import Letter
from app.letters.post import Post
from app.orders import queries
from app.orders.purposes import sentence
from app.users import queries as users
from app.users import teams

JOB = "receipt-letter"


def ask(order_id: str) -> None:
    """Have the e-mail sent once the present unit of work is committed."""
    jobs.enqueue(JOB, f"{JOB}:{order_id}", {"order": order_id})


def compose(payload: Mapping[str, Any], site: str) -> Letter | None:
    """Return the e-mail about a paid order; None where its buyer's account was closed.

    For a team it goes to whoever ordered while they are in it, else to the team's first owner.
    """
    order = queries.order(SYSTEM, payload["order"])
    account = users.user(order.buyer_id)
    if account is None:
        return None
    # Whoever was put out since they ordered reads nothing of the team's any more.
    within = order.placed_by in {one.user_id for one in teams.members(order.buyer_id)}
    buyer = (users.user(order.placed_by) if within else None) or account
    page = f"{site}/orders/{order.id}"
    values = {
        "order": order,
        "purpose": sentence(order.purpose, paid=True),
        "licence": f"{site}{order.licence.path}",
        "url": page,
        "invoice": f"{page}/invoice" if order.invoice else "",
    }
    return Letter("receipt", buyer.email, buyer.locale, f"{JOB}-{order.id}", values)


def install_worker(handlers: Handlers, db: Database, settings: Settings, post: Post) -> None:
    """Tell the worker how this e-mail is made and sent."""
    sending.install_worker(handlers, db, settings, post, JOB, compose)
