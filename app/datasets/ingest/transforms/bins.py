from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.datasets.ingest.refusals import read_number
from app.datasets.ingest.transforms.transform import Written


@dataclass(frozen=True)
class Bins:
    """Read a number, keep the bin it falls into.

    Parameters
    ----------
    edges : tuple of Decimal
        Inner edges, increasing; a value on an edge belongs to the bin above.
    labels : tuple of str, optional
        One more than edges; named after them by default.
    sign : str
        The decimal sign of the column, where its cells tell.
    """

    edges: tuple[Decimal, ...]
    labels: tuple[str, ...] = ()
    sign: str = ""
    KEY: ClassVar[str] = "bins"
    WORDS: ClassVar[Any] = _l("number, in bins")
    HAS_EDGES: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.edges or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("Bins need increasing edges")
        if not self.labels:
            object.__setattr__(self, "labels", bin_labels(self.edges))
        if len(self.labels) != len(self.edges) + 1:
            raise ValueError("Bins need one more label than edges")

    @classmethod
    def values(cls, _categories: tuple[str, ...], edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the names of the bins."""
        return bin_labels(edges)

    @classmethod
    def configured(cls, edges: tuple[Decimal, ...], written: Written) -> "Bins":
        """Return a reader of numbers."""
        return cls(edges, sign=written.decimal)

    def label(self, text: str) -> str:
        """Name the bin of a number."""
        value = read_number(text, self.sign)
        return self.labels[sum(value >= edge for edge in self.edges)]


def bin_labels(edges: tuple[Decimal, ...]) -> tuple[str, ...]:
    """Name the bins between inner edges: "under 10", "10 to under 20", "20 and over"."""
    inner = [f"{a} to under {b}" for a, b in zip(edges, edges[1:], strict=False)]
    return (f"under {edges[0]}", *inner, f"{edges[-1]} and over")
