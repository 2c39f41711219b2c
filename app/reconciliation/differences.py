"""How the book and the provider can disagree, and what to do about each.

Pure: lines and movements in, differences out. Nothing is repaired here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.payments.gateway import BalanceTransaction
from pricing.money import MICROS_PER_CENT

#: The provider's words for what each kind of our transactions is there.
TYPES = {
    "sale": ("charge", "payment"),
    "refund": ("refund", "payment_refund"),
    "refund-failed": ("refund_failure", "payment_failure_refund"),
    "transfer": ("transfer",),
    "reversal": ("transfer_refund",),
    "dispute": ("adjustment",),
    "reinstatement": ("adjustment",),
    "withdrawal": ("payout",),
    "withdrawal-failed": ("payout_failure", "payout_cancel"),
}


class Kind(StrEnum):
    """How the book and the provider can disagree."""

    ONLY_IN_BOOK = "only-in-book"
    ONLY_AT_PROVIDER = "only-at-provider"
    TWICE_AT_PROVIDER = "twice-at-provider"
    OTHER_AMOUNT = "other-amount"
    OTHER_CURRENCY = "other-currency"
    WRONG_NET = "wrong-net"
    OTHER_BALANCE = "other-balance"


class Remedy(StrEnum):
    """What to do about a difference; the pages say it in words and offer it where they can."""

    LOOK_AGAIN = "look-again"
    RUN_PAYOUTS = "run-payouts"
    GIVE_BACK = "give-back"
    REVERSE_ONE = "reverse-one"
    BOOK = "book"
    FIND_OUT = "find-out"
    ASK_PROVIDER = "ask-provider"
    SET_CURRENCY = "set-currency"
    WAIT = "wait"


@dataclass(frozen=True)
class Difference:
    """Something the book and the provider do not agree about; amounts in millionths.

    Attributes
    ----------
    kind, what : str
        A `Kind`; the provider's word for the movement, or ours for the transaction.
    key, source_id, movement_id : str
        Our key; the provider's names of the thing and of the movement. "" for none.
    at : str
        ISO 8601.
    """

    kind: str
    what: str
    key: str
    source_id: str
    book_micros: int
    provider_micros: int
    at: str
    movement_id: str = ""

    @property
    def remedy(self) -> Remedy:
        """What to do about it."""
        return remedy(self)

    @property
    def name(self) -> str:
        """What to look for: our key, or the provider's name."""
        return self.key or self.source_id or self.movement_id


@dataclass(frozen=True)
class BookLine:
    """A line of the account `provider`.

    Attributes
    ----------
    source_id, movement_id : str or None
        The provider's names for what it stands for and for the movement, where we know one.
    """

    key: str
    kind: str
    source_id: str | None
    micros: int
    at: datetime
    movement_id: str | None = None


def remedy(difference: Difference) -> Remedy:
    """Return what to do about a difference, by its kind and by what moved."""
    by_kind = {
        Kind.OTHER_AMOUNT: Remedy.FIND_OUT,
        Kind.OTHER_CURRENCY: Remedy.SET_CURRENCY,
        Kind.WRONG_NET: Remedy.ASK_PROVIDER,
        Kind.OTHER_BALANCE: Remedy.WAIT,
        Kind.ONLY_IN_BOOK: Remedy.FIND_OUT,
        Kind.TWICE_AT_PROVIDER: Remedy.REVERSE_ONE
        if difference.what == "transfer"
        else Remedy.GIVE_BACK,
    }
    found = by_kind.get(Kind(difference.kind))
    if found is not None:
        return found
    return {
        "charge": Remedy.LOOK_AGAIN,
        "payment": Remedy.LOOK_AGAIN,
        "refund": Remedy.LOOK_AGAIN,
        "payment_refund": Remedy.LOOK_AGAIN,
        "refund_failure": Remedy.LOOK_AGAIN,
        "payment_failure_refund": Remedy.LOOK_AGAIN,
        "adjustment": Remedy.LOOK_AGAIN,
        "payout": Remedy.LOOK_AGAIN,
        "payout_failure": Remedy.LOOK_AGAIN,
        "payout_cancel": Remedy.LOOK_AGAIN,
        "transfer": Remedy.RUN_PAYOUTS,
        "transfer_refund": Remedy.RUN_PAYOUTS,
    }.get(difference.what, Remedy.BOOK)


def match(
    book: Iterable[BookLine], movements: Iterable[BalanceTransaction], currency: str
) -> tuple[int, tuple[Difference, ...]]:
    """Pair lines with movements; return how many pairs agree, and every difference."""
    everything = list(movements)
    differences = [
        _found(Kind.OTHER_CURRENCY, None, each) for each in everything if each.currency != currency
    ]
    own = [each for each in everything if each.currency == currency]
    differences += [
        _found(Kind.WRONG_NET, None, each)
        for each in own
        if each.net_cents != each.amount_cents - each.fee_cents
    ]
    left = {each.id: each for each in own}
    by_source: dict[str, list[BalanceTransaction]] = {}
    for each in own:
        if each.source_id:
            by_source.setdefault(each.source_id, []).append(each)
    matched, nameless = 0, []
    for line in book:
        if line.source_id is None and line.movement_id is None:
            nameless.append(line)
            continue
        named = by_source.get(line.source_id or "", [])
        if line.movement_id is not None:
            named = [left[line.movement_id]] if line.movement_id in left else []
        found = _best(line, [each for each in named if each.id in left])
        if found is None:
            differences.append(_found(Kind.ONLY_IN_BOOK, line, None))
            continue
        del left[found.id]
        if _micros(found) == line.micros:
            matched += 1
        else:
            differences.append(_found(Kind.OTHER_AMOUNT, line, found))
    for line in nameless:
        alike = next((each for each in left.values() if _alike(line, each)), None)
        if alike is None:
            differences.append(_found(Kind.ONLY_IN_BOOK, line, None))
        else:
            del left[alike.id]
            matched += 1
    differences += _left_over(left, by_source)
    return matched, tuple(differences)


def _left_over(
    left: dict[str, BalanceTransaction], by_source: dict[str, list[BalanceTransaction]]
) -> list[Difference]:
    """Say of each movement that is in no line whether its twin is in one."""
    found = []
    for each in left.values():
        twins = [
            other
            for other in by_source.get(each.source_id or "", [])
            if other.id not in left and other.type == each.type
        ]
        kind = Kind.TWICE_AT_PROVIDER if twins else Kind.ONLY_AT_PROVIDER
        found.append(_found(kind, None, each))
    return found


def _best(line: BookLine, movements: list[BalanceTransaction]) -> BalanceTransaction | None:
    """Choose among the movements of one thing: some things take money and may give it back."""
    same = (each for each in movements if _micros(each) == line.micros)
    alike = (each for each in movements if each.type in TYPES.get(line.kind, ()))
    return next(same, None) or next(alike, None)


def _alike(line: BookLine, movement: BalanceTransaction) -> bool:
    return movement.type in TYPES.get(line.kind, ()) and _micros(movement) == line.micros


def _micros(movement: BalanceTransaction) -> int:
    return movement.net_cents * MICROS_PER_CENT


def _found(kind: Kind, line: BookLine | None, movement: BalanceTransaction | None) -> Difference:
    if movement is None:
        if line is None:
            raise ValueError("a difference is about a line or a movement")
        return Difference(
            kind, line.kind, line.key, line.source_id or "", line.micros, 0, line.at.isoformat()
        )
    return Difference(
        kind,
        movement.type,
        line.key if line else "",
        movement.source_id or "",
        line.micros if line else 0,
        _micros(movement),
        (line.at if line else movement.created).isoformat(),
        movement.id,
    )
