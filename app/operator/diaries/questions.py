"""What is typed of a diary's questions, as the facts that `traces.diary` reads: pure."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40
#: Whole, without a sign or a point.
_NUMBER = re.compile(r"\d{1,6}\Z", re.ASCII)


class BadLine(ValueError):
    """A line of options that cannot be read.

    Parameters
    ----------
    n : int
        Its place, from zero.
    """

    def __init__(self, n: int) -> None:
        super().__init__("a line of options cannot be read")
        self.n = n


def key_of(label: str, taken: Iterable[str] = ()) -> str:
    """Return a key made from a label, another one than those taken.

    Examples
    --------
    >>> key_of("A café, or two?", ["a_cafe_or_two"])
    'a_cafe_or_two_2'
    """
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST].strip("_")
    first = words if words[:1].isalpha() else f"q_{words}".rstrip("_")
    known, key, n = set(taken), first, 1
    while key in known:
        n += 1
        key = f"{first}_{n}"
    return key


def options_of(text: str, *, numbers: bool, reserved: Iterable[str]) -> list[list[str | int]]:
    """Return the options of a question, one of each line: "English | French | number".

    Parameters
    ----------
    numbers : bool
        Whether each has a number.
    reserved : iterable of str
        Keys that no option may have.

    Raises
    ------
    BadLine
    """
    made: list[list[str | int]] = []
    taken = list(reserved)
    for n, line in enumerate(each for each in text.splitlines() if each.strip()):
        parts = [part.strip() for part in line.split("|")]
        wanted = 3 if numbers else 2
        if len(parts) != wanted or not all(parts) or (numbers and not _NUMBER.match(parts[2])):
            raise BadLine(n)
        key = key_of(parts[0], taken)
        taken.append(key)
        made.append([key, parts[0], parts[1], *(int(part) for part in parts[2:])])
    return made
