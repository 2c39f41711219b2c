"""A number that a reader brings along, beside a released figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite

from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid
from privacy.tables.rollup import Figure

LONGEST = 30
#: No figure of a table comes near; numbers beyond cannot be written on a page.
LARGEST = 1e15


@dataclass(frozen=True)
class OwnNumber:
    """What can be said of a reader's number and a released figure.

    Attributes
    ----------
    place : int
        Of the line that it is set beside.
    margin : float
        Half of the reader's own interval (95 %), 0 where theirs is exact.
    difference, low, high : float
        Theirs less the released figure, with the interval of both noises together.
    """

    place: int
    figure: Figure
    own: float
    margin: float
    difference: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether the two are further apart than noise takes them in 95 of 100."""
        return self.low > 0 or self.high < 0


def beside(figures: Sequence[Figure], place: str, own: str, margin: str = "") -> OwnNumber | None:
    """Set a number beside one of some figures; None where nothing was typed.

    Parameters
    ----------
    place, own, margin : str
        As typed: which figure, from 0; the number; half of its own interval, or nothing.

    Raises
    ------
    Invalid
        For what is no number.
    """
    if not own.strip():
        return None
    at = int(place) if place.isdecimal() and len(place) < 6 else -1
    if not 0 <= at < len(figures):
        raise Invalid(_l("Choose the line that your number is about."))
    typed, half = _number(own), abs(_number(margin)) if margin.strip() else 0.0
    figure = figures[at]
    difference = typed - figure.value
    # Two independent errors: half widths of both sides add up as their squares.
    above, below = hypot(figure.value - figure.low, half), hypot(figure.high - figure.value, half)
    return OwnNumber(at, figure, typed, half, difference, difference - below, difference + above)


def _number(text: str) -> float:
    """Read a number as people write it, in English or French."""
    plain = "".join(text.split()).replace("\u202f", "").replace("−", "-")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        found = float(plain) if len(plain) <= LONGEST else float("nan")
    except ValueError:
        found = float("nan")
    if not isfinite(found) or abs(found) > LARGEST:
        raise Invalid(_l("That is no number. Write it as 1234.5."))
    return found
