"""What happened to somebody's contributions, from what the other parts know anyway.

Nothing is written down for each contributor: a sale costs the same, however many have a part in
it, and whoever looks pays for what they see.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from app.collections import queries as collections
from app.collections import wording
from app.collections.own_diaries import every_diary
from app.collections.rules import Purpose
from app.contributions import queries as contributions
from app.contributions.queries import Tile
from app.core.clock import now
from app.core.permissions import Actor
from app.notices.kinds import Kind
from app.orders import queries as orders
from app.payouts import queries as payouts
from app.payouts.states import PayoutState
from app.questions import queries as questions
from app.releases import queries as releases
from app.releases.periods import next_closing
from pricing.money import Money

#: So long before its day a month is announced.
AHEAD = timedelta(days=7)
#: The page goes back so far.
SHOWN = timedelta(days=90)
#: So many sales are told one by one; all of them stand on the page of what was earned.
MOST_SALES = 100


@dataclass(frozen=True)
class Notice:
    """Something that somebody is told.

    Attributes
    ----------
    about : str
        Title of what they give, in their language.
    path : str
        Where more stands.
    month : str
        "YYYY-MM", where it is about one.
    day : datetime or None
        By when something is to be done, or is done.
    people, guesses : int
        Released, of an edition; of 100 guesses whether they took part, so many are right at most.
    purpose : Purpose or None
        What it was bought for.
    amount : Money or None
    template : str
        What they give, where they can leave a month of it out.
    diary : bool
        Whether an entry of a diary is missing, and not a file.
    """

    kind: Kind
    at: datetime
    about: str
    path: str
    month: str = ""
    day: datetime | None = None
    people: int = 0
    guesses: int = 0
    purpose: Purpose | None = None
    amount: Money | None = field(default=None)
    template: str = ""
    diary: bool = False


def month_over() -> datetime:
    """Return when the open month is over: a file can then hold all of it."""
    return next_closing().replace(day=1)


def notices(actor: Actor, since: datetime, until: datetime | None = None) -> tuple[Notice, ...]:
    """Return what somebody is told of a time, newest first.

    Parameters
    ----------
    since, until : datetime
        From the first, and before the second; until now where there is none.
    """
    end = until or now()
    found = [
        *_about_the_next(contributions.tiles(actor)),
        *_of_editions(actor, since, end),
        *_paid(actor),
        *_questions(actor),
    ]
    told = (each for each in found if since <= each.at < end)
    return tuple(sorted(told, key=lambda each: (each.at, each.kind), reverse=True))


def _about_the_next(tiles: tuple[Tile, ...]) -> Iterator[Notice]:
    """Announce the month that goes in next, or say what it needs."""
    for tile in tiles:
        if tile.stopped or tile.skipped:
            continue
        at, about = next_closing() - AHEAD, tile.rules.title
        if tile.waits:
            path = f"/my-traces/{tile.template}"
            yield Notice(
                Kind.SOON, at, about, path, tile.period, tile.closes_at, template=tile.template
            )
        elif tile.missing:
            is_diary = tile.template in every_diary()
            path = f"/diary/{tile.template}" if is_diary else "/give"
            yield Notice(
                Kind.NEEDS,
                month_over(),
                about,
                path,
                tile.period,
                tile.closes_at,
                diary=is_diary,
            )


def _of_editions(actor: Actor, since: datetime, until: datetime) -> Iterator[Notice]:
    parts = releases.published_parts(actor.user_id)
    shares = {edition.id: part.shares or 0 for part, edition in parts}
    titles = {}
    for _, edition in parts:
        rules = collections.rules(edition.collection_id)
        titles[edition.id] = rules.title
        if edition.published_at is not None and since <= edition.published_at < until:
            yield Notice(
                Kind.MEASURED,
                edition.published_at,
                rules.title,
                f"/catalogue/{edition.id}",
                edition.period,
                people=edition.people,
                guesses=ceil(rules.guesses),
            )
    for sale in orders.sales_of(tuple(shares), since, until, MOST_SALES):
        earned = Money(sale.kept_micros * shares[sale.edition_id], sale.currency)
        about = titles[sale.edition_id]
        yield Notice(Kind.SOLD, sale.sold_at, about, "/income", purpose=sale.purpose, amount=earned)


def _questions(actor: Actor) -> Iterator[Notice]:
    """Tell of what somebody may answer, and of the answers to what they asked."""
    for each in questions.asked_of(actor):
        if each.asker_id != actor.user_id and not each.answer:
            about = wording.title(each.rules)
            yield Notice(Kind.ASKED, each.asked_at, about, f"/questions#to-answer-{each.id}")
    for each in questions.asked_by(actor.user_id):
        if each.answered_at is not None:
            about = wording.title(each.rules)
            yield Notice(Kind.ANSWERED, each.answered_at, about, f"/questions#asked-{each.id}")


def _paid(actor: Actor) -> Iterator[Notice]:
    for payout in payouts.payouts_of(actor.user_id):
        if payout.state is PayoutState.SENT:
            yield Notice(
                Kind.PAID, payout.ended_at or payout.at, "", "/income", amount=payout.amount
            )
