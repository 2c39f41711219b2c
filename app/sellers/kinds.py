from enum import StrEnum


class LookKind(StrEnum):
    """What of a public page was looked at."""

    PAGE = "page"
    PREVIEW = "preview"


class GoalKind(StrEnum):
    """What a goal is about.

    Editions sold in a month, cents earned in a month, people in the newest edition.
    """

    SOLD = "sold"
    EARNED = "earned"
    PEOPLE = "people"
