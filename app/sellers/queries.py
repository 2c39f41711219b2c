"""What a seller sees of their own sales, and of how often their pages were looked at.

Exact is only what their income page tells them already: sales of editions of which they hold
shares. All else is in steps, of finished weeks, or public.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select

from app.catalog.price_lists import currency
from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.clock import now
from app.core.db import session
from app.core.errors import NotFound
from app.earnings import queries as earnings
from app.orders import queries as orders
from app.search import queries as lists
from app.search.lists import Entry
from app.search.queries import Front
from app.sellers.kinds import GoalKind, LookKind
from app.sellers.likeness import nearest
from app.sellers.models import Goal, LookCount
from app.sellers.steps import Step, rate, step_of
from app.sellers.topic_share import Share, share_of
from app.sellers.weeks import Weeks, finished, monday_of
from pricing.money import Money

MONTHS = 12
#: So many of the newest editions are shown one by one; so many collections are compared.
SHOWN, COMPARED = 12, 2_000


@dataclass(frozen=True)
class Traffic:
    """What came of looks at some pages, in finished weeks.

    Attributes
    ----------
    looks, previews, begun : Step
        Pages shown, previews of a column opened, orders begun by others.
    paid : int or Step
        Orders that others paid: exact where the seller's income page tells it.
    """

    looks: Step
    previews: Step
    begun: Step
    paid: int | Step

    @property
    def conversion(self) -> tuple[float, float] | None:
        """Between which two shares of the looks the paid orders lie; None where little is told."""
        return rate(self.paid, self.looks)


@dataclass(frozen=True)
class Month:
    """What was sold in a month, and what it earned the seller."""

    month: str
    sold: int
    earned: Money


@dataclass(frozen=True)
class GoalView:
    """A goal and how far it is reached: this month, or by the newest edition.

    Attributes
    ----------
    reached : int
        Editions, cents or people.
    title : str
        Of the collection; empty for all.
    """

    id: str
    kind: GoalKind
    collection_id: str
    title: str
    target: int
    reached: int
    set_at: datetime

    @property
    def percent(self) -> int:
        """How much of it is reached, 100 at most."""
        return min(100, 100 * max(0, self.reached) // self.target)


@dataclass(frozen=True)
class Line:
    """A collection that somebody sells from.

    Attributes
    ----------
    traffic : Traffic or None
        None where somebody else founded it.
    months : tuple of Month
        Of the editions that the seller holds shares of, latest last.
    people : int or None
        Of the newest edition on sale.
    """

    rules: CollectionRules
    founded: bool
    traffic: Traffic | None
    months: tuple[Month, ...]
    people: int | None

    @property
    def sold(self) -> int:
        """Editions sold in all months."""
        return sum(month.sold for month in self.months)

    @property
    def earned(self) -> Money:
        """What they earned the seller."""
        return sum((month.earned for month in self.months), Money.zero(currency()))


@dataclass(frozen=True)
class Overview:
    """All that an account sells."""

    weeks: Weeks
    lines: tuple[Line, ...]
    months: tuple[Month, ...]
    goals: tuple[GoalView, ...]


@dataclass(frozen=True)
class EditionLine:
    """An edition with what came of looks at its page."""

    edition_id: str
    number: int
    people: int
    traffic: Traffic


@dataclass(frozen=True)
class InTopic:
    """What is a collection's founder's of what a topic offers and sells.

    Attributes
    ----------
    editions, people : tuple of int
        Own and all: editions on sale, people in the newest edition of each collection. Public.
    sales : Share or None
        Of the sales of all sellers; None where it would tell of one of them.
    """

    topic: str
    editions: tuple[int, int]
    people: tuple[int, int]
    sales: Share | None


@dataclass(frozen=True)
class Detail:
    """A founder's figures of one collection.

    Attributes
    ----------
    weekly : tuple of (date, Step, Step)
        Monday, looks and previews of each finished week.
    own : Entry or None
        The newest edition on sale.
    like : tuple of Entry
        Editions of others that are most like it.
    """

    line: Line
    weeks: Weeks
    weekly: tuple[tuple[date, Step, Step], ...]
    editions: tuple[EditionLine, ...]
    topic: InTopic
    own: Entry | None
    like: tuple[Entry, ...]


@dataclass(frozen=True)
class _Edition:
    id: str
    collection_id: str
    number: int
    people: int


@dataclass(frozen=True)
class _Facts:
    """What pages of a seller are made of, read once for all their collections."""

    weeks: Weeks
    founded: Mapping[str, CollectionRules]
    held: Mapping[str, CollectionRules]
    shares: Mapping[str, int]
    editions: Sequence[_Edition]
    sales: Sequence[orders.MonthSales]
    looks: Mapping[tuple[str, str, str], int]
    begun: Mapping[str, int]
    paid: Mapping[str, int]


def sold_by(user_id: str) -> dict[str, CollectionRules]:
    """Return the collections that somebody founded, or holds shares of editions of."""
    founded, held, *_ = _own(user_id)
    return {**held, **founded}


def overview(user_id: str) -> Overview:
    """Return the figures of all that somebody sells."""
    facts = _facts(user_id)
    every = {**facts.held, **facts.founded}
    lines = tuple(
        sorted(
            (_line(rules, facts) for rules in every.values()),
            key=lambda line: (not line.founded, line.rules.title),
        )
    )
    return Overview(facts.weeks, lines, _months(facts.sales, facts.shares), _goals(user_id, lines))


def detail(user_id: str, collection_id: str) -> Detail:
    """Return the figures of a collection to its founder.

    Raises
    ------
    NotFound
        Where it is somebody else's.
    """
    facts = _facts(user_id, only=collection_id)
    if collection_id not in facts.founded:
        raise NotFound(_l("There is no such page, or it is not yours."))
    rules = facts.founded[collection_id]
    topic, own, like = _compared(user_id, rules, facts.weeks)
    return Detail(
        _line(rules, facts),
        facts.weeks,
        _weekly(collection_id, facts.weeks),
        tuple(
            EditionLine(one.id, one.number, one.people, _traffic([one.id], one.id, facts))
            for one in facts.editions[:SHOWN]
        ),
        topic,
        own,
        like,
    )


def goal_row(user_id: str, kind: GoalKind, collection_id: str) -> Goal | None:
    """Return a seller's goal of a kind, for a service to write."""
    chosen = select(Goal).where(
        Goal.user_id == user_id, Goal.kind == kind, Goal.collection_id == collection_id
    )
    return session().scalars(chosen).one_or_none()


def goals_of(user_id: str) -> tuple[Goal, ...]:
    """Return the goals that somebody set, oldest first: for their export."""
    return tuple(session().scalars(_goals_select(user_id)))


def _goals_select(user_id: str) -> Select[Goal]:
    return select(Goal).where(Goal.user_id == user_id).order_by(Goal.set_at, Goal.id)


def _own(
    user_id: str,
) -> tuple[
    dict[str, CollectionRules], dict[str, CollectionRules], dict[str, int], dict[str, _Edition]
]:
    """Return what somebody founded, holds shares of, these shares, and the editions of both."""
    founded = {
        rules.id: rules
        for rules in collections.owned_by(user_id)
        if rules.public and not rules.withdrawn and not rules.template
    }
    shares = earnings.shares_of(user_id)
    found = lists.of_sellers(founded, shares)
    editions = {row[0]: _Edition(*row) for row in found}
    held = collections.rules_of({one.collection_id for one in editions.values()} - set(founded))
    return founded, held, shares, editions


def _facts(user_id: str, only: str = "") -> _Facts:
    founded, held, shares, editions = _own(user_id)
    if only:
        founded = {only: founded[only]} if only in founded else {}
        editions = {key: one for key, one in editions.items() if one.collection_id == only}
    weeks = finished(now())
    span = weeks.since, weeks.until
    of_founded = [one.id for one in editions.values() if one.collection_id in founded]
    sales = orders.sold_by_month(tuple(shares), _first_month(now()))
    if only:
        sales = tuple(sale for sale in sales if sale.collection_id == only)
    else:
        # Of what is not on sale any more, too.
        missing = {sale.collection_id for sale in sales} - set(founded) - set(held)
        held |= collections.rules_of(missing) if missing else {}
    return _Facts(
        weeks,
        founded,
        held,
        shares,
        tuple(editions.values()),
        sales,
        _looks(founded, weeks),
        orders.begun_by_others(of_founded, user_id, *span),
        orders.sold_to_others(of_founded, user_id, *span),
    )


def _first_month(at: datetime) -> datetime:
    year, month = divmod(at.year * 12 + at.month - MONTHS, 12)
    return at.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _looks(collection_ids: Iterable[str], weeks: Weeks) -> dict[tuple[str, str, str], int]:
    """Return the looks of some weeks, by collection, edition ("" for its own page) and kind."""
    place = LookCount.collection_id, LookCount.edition_id, LookCount.kind
    chosen = select(*place, func.sum(LookCount.count)).where(*_within(collection_ids, weeks))
    rows = session().execute(chosen.group_by(*place))
    return {(of, edition, kind): int(count) for of, edition, kind, count in rows}


def _weekly(collection_id: str, weeks: Weeks) -> tuple[tuple[date, Step, Step], ...]:
    place = LookCount.day, LookCount.kind
    chosen = select(*place, func.sum(LookCount.count)).where(*_within([collection_id], weeks))
    sums: Counter[tuple[date, str]] = Counter()
    for day, kind, count in session().execute(chosen.group_by(*place)):
        sums[monday_of(day), kind] += int(count)
    return tuple(
        (monday, step_of(sums[monday, LookKind.PAGE]), step_of(sums[monday, LookKind.PREVIEW]))
        for monday in weeks.mondays
    )


def _within(collection_ids: Iterable[str], weeks: Weeks) -> tuple[ColumnElement[bool], ...]:
    return (
        LookCount.collection_id.in_(list(collection_ids)),
        LookCount.day >= weeks.begin.isoformat(),
        LookCount.day < weeks.end.isoformat(),
    )


def _line(rules: CollectionRules, facts: _Facts) -> Line:
    editions = [one for one in facts.editions if one.collection_id == rules.id]
    founded = rules.id in facts.founded
    return Line(
        rules,
        founded,
        _traffic([one.id for one in editions], "", facts, rules.id) if founded else None,
        _months([sale for sale in facts.sales if sale.collection_id == rules.id], facts.shares),
        editions[0].people if editions else None,
    )


def _traffic(
    edition_ids: Sequence[str], edition_id: str, facts: _Facts, collection_id: str = ""
) -> Traffic:
    """Return what came of looks at one edition, or at a collection and all its editions."""

    def looks(kind: LookKind) -> Step:
        return step_of(
            sum(
                count
                for (of, edition, what), count in facts.looks.items()
                if what == kind and (of == collection_id or edition == edition_id != "")
            )
        )

    paid = sum(facts.paid.get(edition, 0) for edition in edition_ids)
    known = all(edition in facts.shares for edition in edition_ids)
    return Traffic(
        looks(LookKind.PAGE),
        looks(LookKind.PREVIEW),
        step_of(sum(facts.begun.get(edition, 0) for edition in edition_ids)),
        paid if known else step_of(paid),
    )


def _months(sales: Iterable[orders.MonthSales], shares: Mapping[str, int]) -> tuple[Month, ...]:
    sold: Counter[str] = Counter()
    earned: Counter[str] = Counter()
    for sale in sales:
        sold[sale.month] += sale.sales
        earned[sale.month] += sale.per_share_micros * shares[sale.edition_id]
    first, names = _first_month(now()), []
    for number in range(MONTHS):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        names.append(f"{year:04d}-{month + 1:02d}")
    return tuple(Month(name, sold[name], Money(earned[name], currency())) for name in names)


def _goals(user_id: str, lines: Sequence[Line]) -> tuple[GoalView, ...]:
    by_id = {line.rules.id: line for line in lines}
    found = []
    for row in session().scalars(_goals_select(user_id)):
        of = [by_id[row.collection_id]] if row.collection_id in by_id else []
        if row.collection_id and not of:
            continue
        kind, chosen = GoalKind(row.kind), of or lines
        reached = {
            GoalKind.SOLD: sum(line.months[-1].sold for line in chosen),
            GoalKind.EARNED: sum(line.months[-1].earned.micros for line in chosen) // 10_000,
            GoalKind.PEOPLE: max((line.people or 0 for line in chosen), default=0),
        }[kind]
        found.append(
            GoalView(
                row.id,
                kind,
                row.collection_id,
                of[0].rules.title if of else "",
                row.target,
                reached,
                row.set_at,
            )
        )
    return tuple(found)


def _compared(
    user_id: str, rules: CollectionRules, weeks: Weeks
) -> tuple[InTopic, Entry | None, tuple[Entry, ...]]:
    """Return a founder's part of a topic, and what is like their newest edition of it."""
    founders = collections.founders_of(rules.topic)
    mine = {of for of, founder in founders.items() if founder == user_id}
    fronts = lists.fronts_of_topic(rules.topic, COMPARED)
    counted = lists.counted_of_topic(rules.topic)
    sold: Counter[str] = Counter()
    for of, count in orders.sold_by_collection(weeks.since, weeks.until).items():
        if of in founders:
            sold[founders[of]] += count
    topic = InTopic(
        rules.topic,
        (sum(count for of, count in counted.items() if of in mine), sum(counted.values())),
        (_people(fronts, mine), sum(front.people for front in fronts)),
        share_of(sold, user_id),
    )
    own = next((front for front in fronts if front.collection_id == rules.id), None)
    if own is None:
        return topic, None, ()
    like = nearest(own, [front for front in fronts if front.collection_id not in mine])
    wanted = [own.entry_id, *(front.entry_id for front in like)]
    entries = {entry.id: entry for entry in lists.with_numbers(wanted)}
    return (
        topic,
        entries.get(own.entry_id),
        tuple(entries[front.entry_id] for front in like if front.entry_id in entries),
    )


def _people(fronts: Iterable[Front], mine: set[str]) -> int:
    return sum(front.people for front in fronts if front.collection_id in mine)
