"""Why records were dropped or changed: a closed list, each with a plain sentence."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a record, a cell or a whole file gave less than it holds.

    A record is dropped for one reason, the first that applies. `CLIPPED` and `TOO_MANY_CELLS` count
    cells; `NO_DATA`, `UNKNOWN_HEADER` and `NOT_NEEDED` count files or members.
    """

    ADVERTISEMENT = "advertisement"
    AMBIGUOUS_DATE = "ambiguous_date"
    CARD_TOTAL = "card_total"
    CLIPPED = "clipped"
    DUPLICATE = "duplicate"
    FOREIGN_UNIT = "foreign_unit"
    FUTURE = "future"
    MISSING = "missing"
    NO_DATA = "no_data"
    NOT_COMPLETED = "not_completed"
    NOT_NEEDED = "not_needed"
    OTHER_ACCOUNT = "other_account"
    OTHER_CURRENCY = "other_currency"
    OTHER_PROFILE = "other_profile"
    OUT_OF_DOMAIN = "out_of_domain"
    OWN_TRANSFER = "own_transfer"
    PRIVATE_SESSION = "private_session"
    PRODUCTION = "production"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_SHORT = "too_short"
    TRAILER = "trailer"
    UNKNOWN_HEADER = "unknown_header"
    UNMATCHED = "unmatched"
    UNREADABLE = "unreadable"

    @property
    def sentence(self) -> str:
        """What happened, in English."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.ADVERTISEMENT: "An advertisement was shown: you did not choose it.",
    Reason.AMBIGUOUS_DATE: "The date can be read in two ways.",
    Reason.CARD_TOTAL: "The line sums up card payments that are listed one by one.",
    Reason.CLIPPED: "The number was outside the limits of the table and was set to the limit.",
    Reason.DUPLICATE: "The same record was already read.",
    Reason.FOREIGN_UNIT: "The unit is not one that we read.",
    Reason.FUTURE: "The date lies in the future.",
    Reason.MISSING: "The file has no value at this place.",
    Reason.NO_DATA: "The file is valid and holds no records.",
    Reason.NOT_COMPLETED: "The payment or the trip was not completed.",
    Reason.NOT_NEEDED: "No table asks for this file.",
    Reason.OTHER_ACCOUNT: "The record belongs to an account that you did not choose.",
    Reason.OTHER_CURRENCY: "The amount is in another currency.",
    Reason.OTHER_PROFILE: "The record belongs to another profile.",
    Reason.OUT_OF_DOMAIN: "The record holds a value that the table does not have.",
    Reason.OWN_TRANSFER: "The money moved between your own accounts.",
    Reason.PRIVATE_SESSION: "You were in a private session.",
    Reason.PRODUCTION: "The record is energy that you produced.",
    Reason.TOO_MANY_CELLS: "The month had more cells than one person may give.",
    Reason.TOO_SHORT: "The record was too short to count.",
    Reason.TRAILER: "The record is a trailer, a preview or a footer.",
    Reason.UNKNOWN_HEADER: "The columns of the file are not those that we know.",
    Reason.UNMATCHED: "What the amount is divided by is not in your files for that month.",
    Reason.UNREADABLE: "The record could not be read.",
}
