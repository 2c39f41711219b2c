"""What a person says about their files, and what must be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from traces.errors import InvalidDeclaration


class DateOrder(StrEnum):
    """Which of day, month and year comes first, second, third."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class QuestionKind(StrEnum):
    """What a file may leave open: a closed list."""

    ACCOUNT = "account"
    CURRENCY = "currency"
    DATE_ORDER = "date_order"
    PROFILE = "profile"
    UNIT = "unit"


@dataclass(frozen=True)
class Question:
    """What must be asked before a file can be read.

    Parameters
    ----------
    kind : QuestionKind
        What is asked; its answer is the field of `Declared` with the same name.
    format_id : str
        The format of the file that asks.
    options : tuple of str
        Possible answers. A profile's name may be among them: it comes from the file, goes to the
        file's owner alone, and must be neither stored nor logged. No `repr` shows it.
    """

    kind: QuestionKind
    format_id: str
    options: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Declared:
    """What the owner of some files says about them.

    Parameters
    ----------
    zone : str
        IANA name of the time zone that the person lives in.
    date_order : DateOrder or str, optional
        Order of dates, where a file leaves it open.
    profile : str, optional
        Their own profile, where several people share an account. Kept out of any `repr`.
    currency : str, optional
        Of amounts whose file names none: three capital letters.
    account : str, optional
        Which of several accounts, as in the question's options. Kept out of any `repr`.
    unit : str, optional
        The unit of a file that names none.
    today : date, optional
        Records after this day are dropped; by default the present day plus one, for all zones.
    """

    zone: str = "Europe/Paris"
    date_order: DateOrder | str | None = None
    profile: str | None = field(default=None, repr=False)
    currency: str | None = None
    account: str | None = field(default=None, repr=False)
    unit: str | None = None
    today: date | None = None

    def __post_init__(self) -> None:
        _zone(self.zone)
        if self.date_order is not None and self.date_order not in tuple(DateOrder):
            raise InvalidDeclaration()
        if self.currency is not None and not _is_currency(self.currency):
            raise InvalidDeclaration()

    @property
    def place(self) -> ZoneInfo:
        """The zone, ready for use."""
        return _zone(self.zone)

    @property
    def order(self) -> DateOrder | None:
        """The order of dates, if it was declared."""
        return None if self.date_order is None else DateOrder(self.date_order)

    @property
    def last_day(self) -> date:
        """The last day that a record may have."""
        return self.today or datetime.now(UTC).date()


def _is_currency(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def _zone(name: str) -> ZoneInfo:
    """Return the zone; an unknown name is refused without being repeated."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        unknown = True
    if unknown:
        raise InvalidDeclaration()
    raise AssertionError
