"""Close a team: its name and details are forgotten, its documents stay as those of any buyer."""

from app.core import audit
from app.core.permissions import Actor
from app.endpoints import service as endpoints
from app.invoicing import service as invoicing
from app.orders import service as orders
from app.reviews import service as reviews
from app.users import service as users
from app.users import teams


def close(person: Actor, team_id: str) -> None:
    """Close a team that somebody may close: whether they may, and nobody pays, was asked before.

    Nobody reads what it bought any more. The book keeps its lines under the bare identifier, and
    invoices what they say, as with any account that is closed.
    """
    team = Actor(team_id, frozenset(), person.user_id)
    endpoints.forget(team_id)
    reviews.forget(team_id)
    invoicing.forget_details(team)
    orders.forget_billing(team)
    teams.dissolve(team_id)
    users.close(team)
    audit.record(person.user_id, "close-team", "user", team_id)


def refuse_open(team_id: str) -> None:
    """Refuse to close a team while a payment of its is under way.

    Raises
    ------
    PaymentOpen
    """
    orders.refuse_open([team_id])


def leave_every(person: Actor) -> None:
    """Take somebody out of every team, with their account; close those that nobody is in now."""
    for team_id in teams.leave_every(person.user_id):
        close(person, team_id)
