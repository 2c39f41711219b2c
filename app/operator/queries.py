"""What the operator sees. Nothing here is computed from rows, nor counts what only rows tell."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.permissions import Actor, Role, require
from app.jobs import queries as jobs
from app.jobs.states import JobState
from app.operator import books, verifying
from app.operator.books import Balance
from app.operator.verifying import Verification
from app.orders import queries as orders
from app.orders.states import OrderState
from app.payouts import queries as payouts
from app.reconciliation import cover as reserve
from app.reconciliation import queries as reconciliations
from app.reconciliation.cover import CoverReport
from app.releases import queries as releases
from app.releases.queries import EditionView
from app.releases.states import EditionState
from app.users import queries as users
from app.webhooks import queries as webhooks


@dataclass(frozen=True)
class Overview:
    """The market at a glance.

    The chains are verified by the worker: the overview shows what came of the last time.
    """

    accounts: int
    collections: int
    editions: Mapping[EditionState, int]
    jobs: Mapping[JobState, int]
    orders: Mapping[OrderState, int]
    payouts_under_way: int
    messages: int
    books: tuple[Balance, ...]
    verification: Verification | None
    reconciliation: reconciliations.ReconciliationView | None
    reserve: CoverReport | None


@dataclass(frozen=True)
class CollectionLine:
    """A collection and its editions."""

    rules: CollectionRules
    owner: str
    editions: tuple[EditionView, ...]


def overview(actor: Actor) -> Overview:
    """Return the market at a glance.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    rules = collections.all_collections()
    states = releases.by_state()
    return Overview(
        users.count(),
        len(rules),
        {state: states.get(state, 0) for state in EditionState},
        jobs.counted(),
        {state: orders.counted().get(state, 0) for state in OrderState},
        len(payouts.under_way()),
        webhooks.count(),
        books.balances(),
        verifying.latest(),
        reconciliations.latest_reconciliation(),
        reserve.latest(),
    )


def collection_lines(actor: Actor) -> tuple[CollectionLine, ...]:
    """Return every collection with its editions."""
    require(actor, Role.OPERATOR)
    return tuple(
        CollectionLine(one, users.display_name(one.owner_id), releases.every_edition_of(one.id))
        for one in collections.all_collections()
    )
