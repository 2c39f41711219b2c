"""The operator's measures, each by the service of what it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections import queries as collections_queries
from app.collections import service as collections
from app.core.permissions import Actor, Role, require
from app.orders import queries as orders_queries
from app.orders import service as orders
from app.payouts import service as payouts
from app.releases import queries as releases_queries
from app.releases import service as releases
from app.users import queries as users_queries
from app.users import service as users


@dataclass(frozen=True)
class Measure:
    """One thing the operator may do.

    Attributes
    ----------
    words
        What it is called.
    act : callable
        By whom, about what, and why.
    find : callable
        The whole identifier for its beginning, as pages show it.
    """

    words: Any
    act: Callable[[Actor, str, str], None]
    find: Callable[[str], str] = users_queries.identified


MEASURES = {
    "hold-payouts": Measure(_l("Hold the payouts of an account"), payouts.hold),
    "clear-payouts": Measure(_l("Let the payouts of an account go"), payouts.clear),
    "review-sale": Measure(
        _l("Let what a large sale earned go"),
        lambda actor, about, _reason: orders.review(actor, about),
        orders_queries.identified,
    ),
    "suspend": Measure(_l("Suspend an account"), users.suspend),
    "lift-suspension": Measure(
        _l("Lift the suspension of an account"),
        lambda actor, about, reason: users.suspend(actor, about, reason, lift=True),
    ),
    "take-down": Measure(
        _l("Stop selling an edition"), releases.take_down, releases_queries.identified
    ),
    "close-collection": Measure(
        _l("Close a collection"), collections.close, collections_queries.identified
    ),
}


def take(actor: Actor, measure: str, about: str, reason: str) -> None:
    """Take a measure; it is written into the log with its reason.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.OPERATOR)
    chosen = MEASURES[measure]
    chosen.act(actor, chosen.find(about.strip().lower()), reason)
