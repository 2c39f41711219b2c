"""Pages of a list that grows: a page begins after a line, not at a number of lines.

A list is as it was when its first page was read: what was published since is not in it, so
nothing comes twice and nothing is missed. The address of a page stays the same.
"""

from dataclasses import dataclass

#: A page shows so many collections, or editions of one.
SHOWN = 20
_LARGEST = 2**53


@dataclass(frozen=True)
class After:
    """Where a page begins.

    Attributes
    ----------
    key : int
        What the last line before it was sorted by.
    id : int
        That line's entry.
    until : int
        The last entry there was when the first page was read.
    """

    key: int
    id: int
    until: int

    def __str__(self) -> str:
        return f"{self.key}.{self.id}.{self.until}"

    @classmethod
    def parse(cls, text: str) -> "After | None":
        """Read the text form; None where it is none."""
        parts = text.split(".")
        if len(parts) != 3 or not all(each.isascii() and each.isdigit() for each in parts):
            return None
        key, number, until = (int(each[:20]) for each in parts)
        fits = max(key, number, until) < _LARGEST and number < 2**31 and until < 2**31
        return cls(key, number, until) if fits else None
