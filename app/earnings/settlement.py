"""Settling: what contributors earned moves from the pools to their accounts.

One contributor at a time where a decision waits for it, all of them in one pass for each
edition else. Both come to the same balances, to the millionth.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Select, cast, exists, func, literal, not_, select

from app.catalog.price_lists import currency
from app.core.db import Database, session
from app.core.dialects import insert_into, room_for
from app.earnings import queries as earnings
from app.earnings.models import EarningPosition, EditionSettlement, Giving
from app.ledger import accounts, bulk
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.orders import queries as orders
from app.releases import queries as releases


@dataclass(frozen=True)
class Settled:
    """What was moved: of how many editions, how many contributors' parts, and how much."""

    editions: int = 0
    parts: int = 0
    micros: int = 0

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(
            self.editions + other.editions, self.parts + other.parts, self.micros + other.micros
        )


def settle(user_id: str) -> Settled:
    """Move what a contributor earned since the last time from the pools to their account.

    Correct under several workers: the contributor's account is held until the unit of work
    ends. After a refund earnings may have fallen; the difference then goes back, and may
    leave a negative balance, which later earnings make good.
    """
    account = accounts.contributor(user_id)
    ledger.hold_shared([accounts.EVERYBODY])
    ledger.hold([account])
    giving, done = earnings.gives(user_id), Settled()
    for edition, part in earnings.parts(user_id).items():
        own, given = part.moves(giving=giving)
        if not own and not given:
            continue
        position = session().get(EarningPosition, (user_id, edition))
        if position is None:
            position = EarningPosition(
                user_id=user_id,
                edition_id=edition,
                settled_micros=0,
                settlements=0,
                donated_micros=0,
            )
            session().add(position)
        position.settlements += 1
        position.settled_micros += own + given
        position.donated_micros += given
        ledger.post(
            "settlement",
            f"settle:{user_id}:{edition}:{position.settlements}",
            currency(),
            {accounts.pool(edition): own + given, account: -own, accounts.DONATIONS: -given},
        )
        done += Settled(0, 1, own + given)
    session().flush()
    return done


def waive(user_id: str) -> None:
    """Book what is owed to a contributor as given up, to the market's own account."""
    settle(user_id)
    account = accounts.contributor(user_id)
    owed = -ledger_queries.balance(account, currency()).micros
    if owed > 0:
        ledger.post(
            "waiver",
            f"waiver:{user_id}",
            currency(),
            {account: owed, accounts.PLATFORM: -owed},
        )


def settle_all(db: Database) -> Settled:
    """Settle every contributor: for each edition one statement, one transaction, one commit.

    The database does the work; what it costs grows with the parts that moved. May be killed
    anywhere and run twice: an edition is settled whole or not at all, and what was moved is
    moved no more. Givers are settled one by one, because a part of theirs has two ways to go.
    """
    done = Settled()
    with db.unit_of_work(write=False):
        sold = session().scalars(select(orders.per_share_select().subquery().c.edition_id))
        editions = sorted(sold)
    for edition_id in editions:
        # Read first: on SQLite a unit that writes keeps all others waiting.
        with db.unit_of_work(write=False):
            moved = session().scalar(select(exists(_moves(edition_id))))
        if moved:
            with db.unit_of_work(), room_for(bulk.ROOM_KIBIBYTES):
                done += _settle_edition(edition_id)
    with db.unit_of_work(write=False):
        givers = earnings.apart()
    for user_id in givers:
        with db.unit_of_work():
            done += settle(user_id)
    return done


def _settle_edition(edition_id: str) -> Settled:
    ledger.hold([accounts.EVERYBODY])
    row = session().get(EditionSettlement, edition_id, populate_existing=True)
    if row is None:
        row = EditionSettlement(edition_id=edition_id, passes=0)
    pool = accounts.pool(edition_id)
    posted = bulk.post_selected(
        "settlement",
        f"settle-all:{edition_id}:{row.passes + 1}",
        currency(),
        _moves(edition_id),
        against=pool,
    )
    if posted is None:
        return Settled()
    row.passes += 1
    session().add(row)
    _remember(edition_id, bulk.lines_select(posted.id, but=pool))
    return Settled(1, posted.lines, -posted.micros)


def _moves(edition_id: str) -> Select[str, int]:
    """Return the query for the lines of an edition's settlement: account and millionths.

    What each share earned is read once and is a number in the query: a sale that commits
    meanwhile cannot count for some and not for others.
    """
    sums = orders.per_share_select()
    sums = sums.where(sums.selected_columns.edition_id == edition_id)
    each = literal(int(session().execute(sums).one().per_share_micros), BigInteger)
    shares = releases.shares_select()
    part = shares.where(shares.selected_columns.edition_id == edition_id).subquery("part")
    position = EarningPosition
    moved = part.c.shares * each - func.coalesce(position.settled_micros, 0)
    return (
        select(accounts.contributors(part.c.producer_id), cast(-moved, BigInteger))
        .outerjoin_from(
            part,
            position,
            (position.user_id == part.c.producer_id) & (position.edition_id == edition_id),
        )
        .where(
            moved != 0,
            func.coalesce(position.donated_micros, 0) == 0,
            not_(part.c.producer_id.in_(select(Giving.user_id).where(Giving.until.is_(None)))),
        )
        .order_by(part.c.producer_id)
    )


def _remember(edition_id: str, lines: Select[str, int]) -> None:
    """Add what was booked to the positions: from the lines themselves, so that both agree."""
    line = lines.subquery()
    made = select(
        accounts.user_of(line.c.account),
        literal(edition_id),
        -line.c.micros,
        literal(1),
        literal(0),
    ).where(line.c.micros != 0)
    added = insert_into(EarningPosition).from_select(
        ["user_id", "edition_id", "settled_micros", "settlements", "donated_micros"], made
    )
    session().execute(
        added.on_conflict_do_update(
            index_elements=["user_id", "edition_id"],
            set_={
                "settled_micros": EarningPosition.settled_micros + added.excluded.settled_micros,
                "settlements": EarningPosition.settlements + 1,
            },
        )
    )
