from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_hour
from app.datasets.ingest.transforms.transform import Written

BLOCKS = tuple(f"{hour:02d}-{hour + 3:02d}" for hour in range(0, 24, 3))


@dataclass(frozen=True)
class HourBlock:
    """Read a time of day, keep which three hours it lies in: "12-15" for 14:32."""

    KEY: ClassVar[str] = "hour-block"
    WORDS: ClassVar[Any] = _l("three hours of a time")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the eight blocks of a day."""
        return BLOCKS

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], _written: Written) -> "HourBlock":
        """Return the reader."""
        return cls()

    def label(self, text: str) -> str:
        """Name the block of a time."""
        return BLOCKS[read_hour(text) // 3]
