"""A contributor's statement: their account in the book, read from their side.

The book credits what is owed, a negative number; here it is positive. What was given away never
touches their account: it is shown as earned and given, two lines that cancel out.
"""

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from sqlalchemy import select

from app.catalog.price_lists import currency
from app.collections import queries as collections
from app.core.db import session
from app.earnings.models import EarningPosition
from app.ledger import accounts, history
from app.ledger.queries import EntryView
from app.releases import queries as releases
from app.statements.periods import Period
from app.statements.statement import Line, Statement
from pricing.money import Money

#: What comes first of what was booked at the same moment.
_ORDER = {"settlement": 0, "payout": 1}


def statement(user_id: str, period: Period) -> Statement:
    """Return what was booked on a contributor's account in some days."""
    account, code = accounts.contributor(user_id), currency()
    opening = Money(-history.balance_before(account, code, period.start).micros, code)
    own = sorted(
        history.entries_between(account, code, period.start, period.end),
        key=lambda entry: (entry.at, _ORDER.get(entry.kind, len(_ORDER))),
    )
    given = history.entries_of(
        accounts.DONATIONS, code, _settlements(user_id), period.start, period.end
    )
    away = {entry.key: -entry.amount.micros for entry in given}
    releases_of = _releases([*own, *given])
    lines = [
        _line(entry, -entry.amount.micros + away.get(entry.key, 0), releases_of) for entry in own
    ]
    shown = {entry.key for entry in own}
    for entry in given:
        lines += _gift(entry, releases_of, alone=entry.key not in shown)
    # A settlement stands before what was given away of it.
    return Statement(period, opening, tuple(sorted(lines, key=lambda line: line.at)))


def _settlements(user_id: str) -> tuple[str, ...]:
    """Return the keys under which a contributor may have been settled alone, as givers are."""
    chosen = select(EarningPosition.edition_id, EarningPosition.settlements)
    rows = session().execute(chosen.where(EarningPosition.user_id == user_id))
    return tuple(
        f"settle:{user_id}:{edition}:{number}"
        for edition, count in rows
        for number in range(1, count + 1)
    )


def _releases(entries: Iterable[EntryView]) -> dict[str, str]:
    """Return the name of each release that settlements are about, by its edition."""
    # settle:<user>:<edition>:<n> or settle-all:<edition>:<n>
    editions = {entry.key.split(":")[-2] for entry in entries if entry.kind == "settlement"}
    found = {edition: releases.edition(edition) for edition in sorted(editions)}
    return {
        edition: f"{collections.rules(view.collection_id).title} {view.number}"
        for edition, view in found.items()
    }


def _line(entry: EntryView, micros: int, releases_of: Mapping[str, str]) -> Line:
    what = _what(entry, releases_of, earned=micros > 0)
    return Line(entry.at, what, _reference(entry.key), Money(micros, entry.amount.currency))


def _gift(entry: EntryView, releases_of: Mapping[str, str], *, alone: bool) -> Iterable[Line]:
    """Return what was given away; where nothing was kept, what was earned goes before it."""
    micros = -entry.amount.micros
    if alone:
        yield _line(entry, micros, releases_of)
    what = _("Given away") if micros > 0 else _("Taken back from what was given away")
    yield Line(entry.at, what, _reference(entry.key), Money(-micros, entry.amount.currency))


def _what(entry: EntryView, releases_of: Mapping[str, str], *, earned: bool) -> str:
    if entry.kind == "settlement":
        release = releases_of[entry.key.split(":")[-2]]
        text = (
            _("Earned by sales: %(release)s", release=release)
            if earned
            else _("Sales refunded: %(release)s", release=release)
        )
        return str(text)
    words = {
        "payout": _("Payout to your account"),
        "payout-refused": _("Payout refused by the provider, back in your account"),
        "waiver": _("Given up when the account was closed"),
        "reversal": _("Payout taken back by the market, owed to you again"),
        "sale": _("Spent on tables"),
        "refund": _("Spent on tables, given back"),
    }
    return str(words.get(entry.kind, entry.kind))


def _reference(key: str) -> str:
    """Return what of a key names the line: whose it is, its reader knows."""
    parts = key.split(":")
    named = parts[-2] if parts[0].startswith("settle") else parts[1]
    number = f" {parts[-1]}" if parts[0].startswith("settle") else ""
    return f"{parts[0]} {named[:8]}{number}"
