"""The odometer of the market: all privacy accounts together, from charges and ceilings alone."""

from collections import Counter
from dataclasses import dataclass

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.consent import queries as consent
from app.core.permissions import Actor, Role, require
from app.releases import accounts as privacy_accounts
from app.releases import odometer
from app.releases import queries as releases
from app.releases.accounts import AccountView, CollectionCharges
from app.releases.odometer import Limit, Loss
from app.releases.queries import ChargeView

NEAREST = 20
A_PAGE = 50


@dataclass(frozen=True)
class AccountLine:
    """One account: what was spent, and the ceiling that holds for it (own or the market's)."""

    producer_id: str
    spent: Loss
    limit: Limit
    own: bool


@dataclass(frozen=True)
class CollectionLine:
    """What was charged for a collection; `rules` is None for finding categories."""

    rules: CollectionRules | None
    charged: CollectionCharges


@dataclass(frozen=True)
class MarketOdometer:
    """All privacy accounts together.

    Attributes
    ----------
    highest : Loss or None
        Of the account that has spent most.
    by_odds : tuple of (int, int, int)
        From, to (right guesses of 100), how many accounts.
    nearest : tuple of AccountLine
        Those with the least left of their ceiling, relative to it.
    charges, lost : int
        All charges, and those whose noise was lost in a crash.
    """

    accounts: int
    highest: Loss | None
    by_odds: tuple[tuple[int, int, int], ...]
    nearest: tuple[AccountLine, ...]
    collections: tuple[CollectionLine, ...]
    charges: int
    lost: int


@dataclass(frozen=True)
class ChargePage:
    """Some of all charges, newest first; page counts from 1."""

    charges: tuple[ChargeView, ...]
    page: int
    pages: int


def privacy(actor: Actor, market_ceiling: int) -> MarketOdometer:
    """Read the odometer of the market, whose ceiling is in millionths of rho.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    accounts = privacy_accounts.accounts()
    highest = max((_loss(a) for a in accounts), key=lambda loss: loss.guesses, default=None)
    lines = [_line(account, market_ceiling) for account in accounts]
    lines.sort(key=lambda line: (-line.limit.used_percent, line.producer_id))
    charged = privacy_accounts.charged_by_collection()
    return MarketOdometer(
        len(accounts),
        highest,
        odometer.by_odds(Counter(account.micro_rho for account in accounts)),
        tuple(lines[:NEAREST]),
        tuple(_collection(one) for one in charged),
        sum(one.charges for one in charged),
        sum(one.lost for one in charged),
    )


def charges(actor: Actor, page: int, total: int) -> ChargePage:
    """Return one page of all charges, of which there are `total`; beyond the last, the last.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    pages = max(1, -(-total // A_PAGE))
    chosen = min(max(1, page), pages)
    return ChargePage(releases.charges(first=(chosen - 1) * A_PAGE, most=A_PAGE), chosen, pages)


def _loss(account: AccountView) -> Loss:
    return odometer.loss_of(account.micro_rho, account.extra_delta)


def _line(account: AccountView, market_ceiling: int) -> AccountLine:
    own = consent.choices(account.producer_id).ceiling_micro_rho
    lower = own is not None and own < market_ceiling
    ceiling = own if own is not None and lower else market_ceiling
    limit = odometer.limit_of(ceiling, account.micro_rho)
    return AccountLine(account.producer_id, _loss(account), limit, lower)


def _collection(charged: CollectionCharges) -> CollectionLine:
    named = charged.collection_id
    return CollectionLine(collections.rules(named) if named else None, charged)
