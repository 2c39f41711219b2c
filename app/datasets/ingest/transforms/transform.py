"""What any way to read a column must do."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Protocol, Self


@dataclass(frozen=True)
class Written:
    """How the cells of a column are written, seen over the whole file.

    Parameters
    ----------
    date_form : str
        "ymd", "dmy" or "mdy": the order in which a date is written.
    decimal : str
        "." or ","; "" where the cells leave it open.
    """

    date_form: str = ""
    decimal: str = ""


class Transform(Protocol):
    """Turns the text of a cell into a label.

    Attributes
    ----------
    KEY : str
        As it is stored in rules and answers.
    WORDS : str
        As it stands in the form, translated where it is shown.
    HAS_EDGES : bool
        Whether the owner gives inner edges.
    """

    KEY: ClassVar[str]
    WORDS: ClassVar[Any]
    HAS_EDGES: ClassVar[bool]

    @classmethod
    def values(cls, categories: tuple[str, ...], edges: tuple[Decimal, ...]) -> tuple[str, ...]:
        """Return the public domain, from what the owner listed or what the calendar has.

        Parameters
        ----------
        categories : tuple of str
            What was listed, if anything.
        edges : tuple of Decimal
            Inner edges, increasing, if the way has any.
        """
        ...

    @classmethod
    def configured(cls, edges: tuple[Decimal, ...], written: Written) -> Self:
        """Return a reader of cells that are written so."""
        ...

    def label(self, text: str) -> str:
        """Return the label of a cell.

        Raises
        ------
        Refused
            For a cell that cannot be read so.
        """
        ...
