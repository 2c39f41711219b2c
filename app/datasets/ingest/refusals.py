"""Reading one cell, or saying why it cannot be read; no message repeats a cell."""

from datetime import date
from decimal import Decimal

from app.datasets.ingest import cells, messages
from app.datasets.ingest.messages import Message


class Refused(Exception):
    """A cell that does not fit; never leaves this module."""

    def __init__(self, message: Message, **params: str | int) -> None:
        self.message = message
        self.params = params
        super().__init__()


def check_text(text: str) -> None:
    """Refuse a blank cell, and one that a spreadsheet would run.

    Raises
    ------
    Refused
    """
    if not text.strip():
        raise Refused(messages.BLANK)
    if cells.is_formula(text):
        raise Refused(messages.FORMULA)


def read_number(text: str, sign: str = "") -> Decimal:
    """Read a number, with the decimal sign of its column where that is known.

    Raises
    ------
    Refused
    """
    if not text.strip():
        raise Refused(messages.BLANK)
    value = cells.number(text, sign)
    if value is not None:
        return value
    if text.strip().lstrip("+-").casefold() in cells.NOT_FINITE:
        raise Refused(messages.NOT_FINITE)
    raise Refused(messages.FORMULA if cells.is_formula(text) else messages.NOT_A_NUMBER)


def read_day(text: str, form: str) -> date:
    """Read a date.

    Parameters
    ----------
    form : str
        "ymd", "dmy" or "mdy".

    Raises
    ------
    Refused
    """
    check_text(text)
    when = cells.day(text, form)
    if when is None:
        raise Refused(messages.NOT_A_DATE, form=cells.FORM_NAMES[form])
    return when


def read_hour(text: str) -> int:
    """Read the hour of a time of day.

    Raises
    ------
    Refused
    """
    check_text(text)
    hour = cells.hour(text)
    if hour is None:
        raise Refused(messages.NOT_A_TIME)
    return hour
