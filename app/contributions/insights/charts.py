"""Where the columns of a chart stand, in the units of its picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

LEFT, RIGHT, TOP, BOTTOM = 58, 452, 14, 168
WIDTH, HEIGHT = 460, 196
#: So many names fit beneath the columns, and how near a name's middle may come to an edge.
MOST_NAMES, NEAR = 4, 36
MOST_TICKS = 4
_STEPS = (2, 5, 10)


@dataclass(frozen=True)
class Column:
    """One column: its name, its number, where it stands, whether its name is written."""

    name: str
    number: Fraction
    left: float
    top: float
    width: float
    height: float
    named: bool

    @property
    def middle(self) -> float:
        """Where its name stands, whole within the picture."""
        return min(max(self.left + self.width / 2, NEAR), WIDTH - NEAR)


@dataclass(frozen=True)
class Columns:
    """A chart of columns above ticks: (height in the picture, number)."""

    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, float], ...]


def columns(numbers: Mapping[str, Fraction], *, newest_named: bool = False) -> Columns:
    """Draw numbers, none below zero, in their order.

    Parameters
    ----------
    newest_named : bool
        Whether the last has its name beneath it for sure, instead of the first.
    """
    step = tick_step(max(numbers.values(), default=Fraction(0)))
    count = -(-max(numbers.values(), default=Fraction(0)) // step) or 1
    top = step * count
    room = (RIGHT - LEFT) / max(len(numbers), 1)
    every = -(-len(numbers) // MOST_NAMES) or 1
    made = []
    for place, (name, number) in enumerate(numbers.items()):
        height = float(number / top) * (BOTTOM - TOP)
        width = min(room * 0.72, 48)
        left = LEFT + room * place + (room - width) / 2
        named = (len(numbers) - 1 - place if newest_named else place) % every == 0
        made.append(Column(name, number, left, BOTTOM - height, width, height, named))
    ticks = tuple(
        (BOTTOM - n / count * (BOTTOM - TOP), float(step * n)) for n in range(int(count) + 1)
    )
    return Columns(tuple(made), ticks)


def tick_step(most: Fraction) -> Fraction:
    """Return a round step of which at most four reach the largest number.

    Examples
    --------
    >>> tick_step(Fraction(412))
    Fraction(200, 1)
    """
    if most <= 0:
        return Fraction(1)
    power = Fraction(1)
    while power * MOST_TICKS >= most:
        power /= 10
    while power * MOST_TICKS * 10 < most:
        power *= 10
    return next(power * n for n in _STEPS if power * n * MOST_TICKS >= most)
