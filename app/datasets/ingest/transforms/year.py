from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_day
from app.datasets.ingest.transforms.transform import Written


@dataclass(frozen=True)
class Year:
    """Read a date, keep its year: "2026". Which years there are is listed, as categories are.

    Parameters
    ----------
    form : str
        "ymd", "dmy" or "mdy".
    """

    form: str = "ymd"
    KEY: ClassVar[str] = "year"
    WORDS: ClassVar[Any] = _l("year of a date (list the years)")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the years that the owner listed."""
        return categories

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], written: Written) -> "Year":
        """Return a reader of dates written in an order."""
        return cls(written.date_form or "ymd")

    def label(self, text: str) -> str:
        """Name the year of a date."""
        return str(read_day(text, self.form).year)
