"""What each edition earned a contributor, how much of it was moved, and who gets the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from app.core.db import session
from app.earnings.models import EarningPosition, Giving
from app.orders import queries as orders
from app.releases import queries as releases

EVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class EditionEarnings:
    """One contributor's part of one edition, in millionths.

    Attributes
    ----------
    earned : int
        By sales that stand.
    settled, donated : int
        Moved out of the pool so far; of it given away.
    """

    earned: int
    settled: int = 0
    donated: int = 0

    def moves(self, *, giving: bool) -> tuple[int, int]:
        """Return what settling moves to the contributor's account and to what is given away.

        A refund takes back what was given away before it takes from the contributor: nobody
        comes to owe money that they gave.
        """
        moved = self.earned - self.settled
        if moved >= 0:
            return (0, moved) if giving else (moved, 0)
        back = min(-moved, self.donated)
        return moved + back, -back


@dataclass(frozen=True)
class Sums:
    """A contributor's earnings of all editions, in millionths.

    Attributes
    ----------
    earned, waiting : int
        By sales that stand; of it what a refund may still take from the contributor.
    coming : int
        What settling now moves to their account; negative after refunds.
    given : int
        Given away, with what settling now gives away.
    """

    earned: int
    waiting: int
    coming: int
    given: int

    @property
    def free(self) -> int:
        """What is theirs and no refund can take any more."""
        return self.earned - self.given - self.waiting


@dataclass(frozen=True)
class GivingView:
    """A time in which a contributor gave away what they earned; until None while it lasts."""

    since: datetime
    until: datetime | None


def shares_of(user_id: str) -> dict[str, int]:
    """Return a contributor's released shares of each edition."""
    shares: dict[str, int] = {}
    for part in releases.participations(user_id):
        if part.shares:
            shares[part.edition_id] = shares.get(part.edition_id, 0) + part.shares
    return shares


def earned(user_id: str, until: datetime = EVER) -> dict[str, int]:
    """Return what each edition earned a contributor by sales that stand, in millionths."""
    return _earned(shares_of(user_id), until)


def _earned(shares: Mapping[str, int], until: datetime = EVER) -> dict[str, int]:
    each = orders.per_share_until(tuple(shares), until)
    return {edition: count * each.get(edition, 0) for edition, count in shares.items()}


def parts(user_id: str) -> dict[str, EditionEarnings]:
    """Return a contributor's part of every edition, as it is in the database now."""
    return _parts(user_id, shares_of(user_id))


def _parts(user_id: str, shares: Mapping[str, int]) -> dict[str, EditionEarnings]:
    chosen = select(EarningPosition).where(EarningPosition.user_id == user_id)
    rows = session().scalars(chosen.execution_options(populate_existing=True))
    kept = {row.edition_id: row for row in rows}
    totals = {edition: 0 for edition in kept} | _earned(shares)
    return {
        edition: EditionEarnings(total, kept[edition].settled_micros, kept[edition].donated_micros)
        if edition in kept
        else EditionEarnings(total)
        for edition, total in sorted(totals.items())
    }


@dataclass(frozen=True)
class Mature:
    """Which earnings are beyond refunds, and most likely beyond disputes.

    Attributes
    ----------
    until : datetime
        Sales up to then cannot be refunded any more.
    large_until : datetime or None
        Sales of `large_cents` or more that nobody looked at count up to then only.
    kept_percent : int
        Of what was earned after `large_until` so much is kept back.
    """

    until: datetime = EVER
    large_until: datetime | None = None
    large_cents: int = 0
    kept_percent: int = 0


def sums(user_id: str, mature: Mature = Mature()) -> Sums:  # noqa: B008 (it never changes)
    """Add up a contributor's earnings as they stand once settled."""
    # Read once: shares never change once they are released.
    giving, shares = gives(user_id), shares_of(user_id)
    old = _mature(shares, mature)
    total, waiting, coming, given = 0, 0, 0, 0
    for edition, part in _parts(user_id, shares).items():
        own, donated = part.moves(giving=giving)
        away = part.donated + donated
        total, coming, given = total + part.earned, coming + own, given + away
        # A refund takes from what was given away first.
        waiting += max(0, part.earned - old.get(edition, 0) - away)
    return Sums(total, waiting, coming, given)


def _mature(shares: Mapping[str, int], mature: Mature) -> dict[str, int]:
    if mature.large_until is None:
        return _earned(shares, mature.until)
    large = orders.LargeSales(mature.large_cents, mature.large_until)
    each = orders.per_share_until(tuple(shares), mature.until, large)
    oldest = orders.per_share_until(tuple(shares), mature.large_until)
    return {
        edition: count * (each.get(edition, 0) - _kept(each, oldest, edition, mature.kept_percent))
        for edition, count in shares.items()
    }


def _kept(each: Mapping[str, int], oldest: Mapping[str, int], edition: str, percent: int) -> int:
    """Return what is kept back of each share, rounded up, in millionths."""
    young = max(0, each.get(edition, 0) - oldest.get(edition, 0))
    return -(-young * percent // 100)


def gives(user_id: str) -> bool:
    """Say whether a contributor gives away what is settled for them now."""
    chosen = select(Giving.id).where(Giving.user_id == user_id, Giving.until.is_(None))
    return session().scalar(chosen) is not None


def givings(user_id: str) -> tuple[GivingView, ...]:
    """Return the times in which a contributor gave away what they earned, latest first."""
    chosen = select(Giving.since, Giving.until).where(Giving.user_id == user_id)
    rows = session().execute(chosen.order_by(Giving.since.desc(), Giving.id))
    return tuple(GivingView(since, until) for since, until in rows)


def apart() -> tuple[str, ...]:
    """Return the contributors who are settled one by one.

    They give their earnings away now, or did and a refund may still take some of it back.
    """
    giving = select(Giving.user_id).where(Giving.until.is_(None))
    gave = select(EarningPosition.user_id).where(EarningPosition.donated_micros != 0)
    return tuple(sorted(session().scalars(giving.union(gave))))
