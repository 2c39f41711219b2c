from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_day
from app.datasets.ingest.transforms.transform import Written

QUARTERS = ("Q1", "Q2", "Q3", "Q4")


@dataclass(frozen=True)
class Quarter:
    """Read a date, keep its quarter: "Q1".

    Parameters
    ----------
    form : str
        "ymd", "dmy" or "mdy".
    """

    form: str = "ymd"
    KEY: ClassVar[str] = "quarter"
    WORDS: ClassVar[Any] = _l("quarter of a date")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the four quarters."""
        return QUARTERS

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], written: Written) -> "Quarter":
        """Return a reader of dates written in an order."""
        return cls(written.date_form or "ymd")

    def label(self, text: str) -> str:
        """Name the quarter of a date."""
        return QUARTERS[(read_day(text, self.form).month - 1) // 3]
