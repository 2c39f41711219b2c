from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_hour
from app.datasets.ingest.transforms.transform import Written

HOURS = tuple(f"{hour:02d}" for hour in range(24))


@dataclass(frozen=True)
class Hour:
    """Read a time of day, keep its hour: "14" for 14:32, 2:32 PM or 2026-03-14T14:32."""

    KEY: ClassVar[str] = "hour"
    WORDS: ClassVar[Any] = _l("hour of a time")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the twenty-four hours."""
        return HOURS

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], _written: Written) -> "Hour":
        """Return the reader."""
        return cls()

    def label(self, text: str) -> str:
        """Name the hour of a time."""
        return HOURS[read_hour(text)]
