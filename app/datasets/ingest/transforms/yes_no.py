from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest import messages
from app.datasets.ingest.refusals import Refused, check_text
from app.datasets.ingest.transforms.transform import Written
from traces.text import normalise

_YES = frozenset("yes y oui o vrai true t 1 ja si x".split())
_NO = frozenset("no n non faux false f 0 nein".split())


@dataclass(frozen=True)
class YesNo:
    """Read an answer in words or figures, keep "yes" or "no": oui, vrai, true and 1 are yes."""

    KEY: ClassVar[str] = "yes-no"
    WORDS: ClassVar[Any] = _l("yes or no, in any of its words")
    HAS_EDGES: ClassVar[bool] = False

    @classmethod
    def values(cls, _categories: tuple[str, ...], _edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return both answers."""
        return ("yes", "no")

    @classmethod
    def configured(cls, _edges: tuple[Decimal, ...], _written: Written) -> "YesNo":
        """Return the reader."""
        return cls()

    def label(self, text: str) -> str:
        """Name the answer."""
        check_text(text)
        word = normalise(text)
        if word in _YES or word in _NO:
            return "yes" if word in _YES else "no"
        raise Refused(messages.NOT_YES_OR_NO)
