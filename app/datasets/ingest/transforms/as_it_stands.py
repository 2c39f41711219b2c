from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.transforms.transform import Written


@dataclass(frozen=True)
class AsItStands:
    """Keep the text, without the blanks around it."""

    KEY: ClassVar[str] = ""
    WORDS: ClassVar[Any] = _l("as it stands")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return what the owner listed."""
        return categories

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], _written: Written) -> "AsItStands":
        """Return the reader."""
        return cls()

    def label(self, text: str) -> str:
        """Return the text."""
        return text.strip()
