from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_day
from app.datasets.ingest.transforms.transform import Written

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Weekday:
    """Read a date, keep its day of the week: "Monday".

    Parameters
    ----------
    form : str
        "ymd", "dmy" or "mdy".
    """

    form: str = "ymd"
    KEY: ClassVar[str] = "weekday"
    WORDS: ClassVar[Any] = _l("day of the week of a date")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the seven days."""
        return WEEKDAYS

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], written: Written) -> "Weekday":
        """Return a reader of dates written in an order."""
        return cls(written.date_form or "ymd")

    def label(self, text: str) -> str:
        """Name the day of a date."""
        return WEEKDAYS[read_day(text, self.form).weekday()]
