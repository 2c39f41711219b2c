from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.collections import queries as collections
from app.collections.rules import CollectionRules, Purpose
from app.collections.templates import collection_of, collections_of, every_template
from app.consent import queries as consent
from app.contributions.models import Contribution
from app.core.clock import now
from app.core.db import session
from app.core.permissions import Actor
from app.datasets import slices
from app.earnings import queries as earnings
from app.orders import queries as orders
from app.releases import queries as releases
from app.releases.periods import next_closing, open_period
from pricing.money import Money


@dataclass(frozen=True)
class Tile:
    """What somebody gives to one template, as their home shows it.

    Attributes
    ----------
    period : str
        The month that goes in next, "YYYY-MM".
    waits : bool
        Whether theirs waits for it.
    missing : bool
        Whether their last export ends before that month.
    earned : Money
        What it has earned them so far.
    closed : bool
        Whether no more can be given to it: it counts as stopped.
    purposes : frozenset of Purpose
        What its statistics may be sold for.
    format_ids : tuple of str
        The formats of the files that were read last; none of a diary.
    """

    template: str
    rules: CollectionRules
    first_month: str
    last_month: str
    imported_at: datetime
    period: str
    closes_at: datetime
    waits: bool
    skipped: bool
    stopped: bool
    missing: bool
    earned: Money
    closed: bool
    purposes: frozenset[Purpose]
    format_ids: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """What somebody agreed to for one thing that they give.

    Attributes
    ----------
    purposes : frozenset of Purpose
        Agreed to for it and not refused for all.
    since : datetime
        When they began to give it.
    explicit_at : datetime or None
        When they agreed explicitly, where it is about health.
    """

    template: str
    purposes: frozenset[Purpose]
    since: datetime
    explicit_at: datetime | None
    stopped: bool


def agreements(actor: Actor) -> tuple[Agreement, ...]:
    """Return what somebody agreed to for each thing that they give, or gave."""
    granted = consent.granted(actor.user_id)
    chosen = select(Contribution).where(Contribution.user_id == actor.user_id)
    return tuple(
        Agreement(
            row.template,
            _agreed(row, granted),
            row.joined_at,
            row.explicit_at,
            row.stopped_at is not None,
        )
        for row in session().scalars(chosen.order_by(Contribution.template))
    )


def _agreed(row: Contribution, granted: frozenset[Purpose]) -> frozenset[Purpose]:
    return granted & {Purpose(each) for each in row.purposes.split()}


def templates_of(actor: Actor) -> tuple[str, ...]:
    """Return the templates that somebody gives to, or did."""
    chosen = select(Contribution.template).where(Contribution.user_id == actor.user_id)
    return tuple(session().scalars(chosen.order_by(Contribution.template)))


def has_given(actor: Actor, template: str) -> bool:
    """Say whether somebody gives to a template, or did."""
    return session().get(Contribution, (actor.user_id, template)) is not None


def gives(actor: Actor, template: str) -> bool:
    """Say whether somebody gives to a template."""
    row = session().get(Contribution, (actor.user_id, template))
    return row is not None and row.stopped_at is None


def tiles(actor: Actor) -> tuple[Tile, ...]:
    """Return what somebody gives."""
    chosen = select(Contribution).where(Contribution.user_id == actor.user_id)
    rows = session().scalars(chosen.order_by(Contribution.template)).all()
    granted = consent.granted(actor.user_id)
    return tuple(tile for row in rows if (tile := _tile(row, granted)) is not None)


def _tile(row: Contribution, granted: frozenset[Purpose]) -> Tile | None:
    taking = collection_of(row.template)
    # What is closed is still somebody's own: they see it, and can erase it.
    collection = taking or next(iter(collections_of(row.template)), None)
    if collection is None:
        return None
    rules, period = collections.rules(collection), open_period()
    editions = {each.id for each in releases.editions_of(rules)}
    micros = sum(
        amount for edition, amount in earnings.earned(row.user_id).items() if edition in editions
    )
    return Tile(
        row.template,
        rules,
        row.first_month,
        row.last_month,
        row.imported_at,
        period,
        next_closing(),
        slices.has_given(row.user_id, collection, period),
        row.skipped == period,
        row.stopped_at is not None or taking is None,
        row.last_month < period or _is_old(row),
        Money(micros, rules.currency),
        taking is None,
        _agreed(row, granted),
        tuple(row.format_ids.split()),
    )


def _is_old(row: Contribution) -> bool:
    """Say whether somebody's cells are of another version of their template."""
    template = every_template().get(row.template)
    return template is not None and template.version != row.template_version


def count_given(actor: Actor) -> tuple[int, int]:
    """Count the templates of which somebody has the open month, and those of which they miss it."""
    period = open_period()
    chosen = select(Contribution.last_month).where(
        Contribution.user_id == actor.user_id,
        Contribution.stopped_at.is_(None),
        Contribution.skipped != period,
    )
    there = [last >= period for last in session().scalars(chosen)]
    return sum(there), len(there) - sum(there)


def givers() -> frozenset[str]:
    """Return who gives month after month."""
    chosen = select(Contribution.user_id).where(Contribution.stopped_at.is_(None))
    return frozenset(session().scalars(chosen.distinct()))


def earned_so_far(every: Iterable[CollectionRules]) -> dict[str, Money]:
    """Return what one person who gave every month has earned with each template, as released."""
    editions = {
        edition.id: rules
        for rules in every
        for edition in releases.editions_of(rules)
        if edition.published_at
    }
    each = orders.per_share_until(tuple(editions), now()) if editions else {}
    found: dict[str, Money] = {}
    for edition_id, micros in each.items():
        rules = editions[edition_id]
        known = found.get(rules.template, Money.zero(rules.currency))
        found[rules.template] = known + Money(micros, rules.currency)
    return found


def earned_by_one(rules: CollectionRules) -> Money:
    """Return what one person who gave every month has earned so far, in released figures."""
    editions = tuple(each.id for each in releases.editions_of(rules) if each.published_at)
    each = orders.per_share_until(editions, now()) if editions else {}
    return Money(sum(each.values()), rules.currency)
