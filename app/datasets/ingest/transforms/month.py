from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_day
from app.datasets.ingest.transforms.transform import Written

MONTHS = tuple(f"{month:02d}" for month in range(1, 13))


@dataclass(frozen=True)
class Month:
    """Read a date, keep its month: "01".

    Parameters
    ----------
    form : str
        "ymd", "dmy" or "mdy".
    """

    form: str = "ymd"
    KEY: ClassVar[str] = "month"
    WORDS: ClassVar[Any] = _l("month of a date")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the twelve months."""
        return MONTHS

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], written: Written) -> "Month":
        """Return a reader of dates written in an order."""
        return cls(written.date_form or "ymd")

    def label(self, text: str) -> str:
        """Name the month of a date."""
        return MONTHS[read_day(text, self.form).month - 1]
