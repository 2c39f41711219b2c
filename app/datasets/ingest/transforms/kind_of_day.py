from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_day
from app.datasets.ingest.transforms.transform import Written

KINDS = ("weekday", "weekend")
_SATURDAY = 5


@dataclass(frozen=True)
class KindOfDay:
    """Read a date, keep whether it is a day from Monday to Friday, or of the weekend.

    Parameters
    ----------
    form : str
        "ymd", "dmy" or "mdy".
    """

    form: str = "ymd"
    KEY: ClassVar[str] = "kind-of-day"
    WORDS: ClassVar[Any] = _l("weekday or weekend of a date")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return both kinds."""
        return KINDS

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], written: Written) -> "KindOfDay":
        """Return a reader of dates written in an order."""
        return cls(written.date_form or "ymd")

    def label(self, text: str) -> str:
        """Name the kind of day of a date."""
        return KINDS[read_day(text, self.form).weekday() >= _SATURDAY]
