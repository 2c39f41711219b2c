"""Lay out the chart of a table: bars with whiskers, or a map of colours for two columns.

Ticks stand at round numbers, labels are whole, wrapped onto several lines where they
are long. No SVG is written here.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from privacy.tables.rollup import Figure

#: More lines than these are read in the table, not in a chart.
MOST_BARS, MOST_TILES = 40, 400
#: At the right stands the value of each bar.
WIDTH, LABELS, RIGHT = 480.0, 160.0, 84.0
LINE, PAD, LEAST_ROW = 19.0, 12.0, 32.0
LETTERS = 18
#: How wide a letter is, about.
LETTER = 10.0

Spoken = Callable[[str, str], str]


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, its label's lines, from where to where it and its whisker go.

    `says` reads its figure aloud.
    """

    top: float
    height: float
    label: tuple[str, ...]
    bar: tuple[float, float]
    whisker: tuple[float, float]
    figure: Figure
    says: str


@dataclass(frozen=True)
class Bars:
    """Bars over one axis: the size of the drawing, its ticks, where zero is."""

    width: float
    height: float
    zero: float
    ticks: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Tile:
    """One tile of a map: its place, how strong its colour is from 0 to 1, its figure."""

    x: float
    y: float
    strength: float
    figure: Figure
    says: str


@dataclass(frozen=True)
class Tiles:
    """A map of two columns: tiles, and the labels of both sides, whole.

    The labels at the top are `turned` upwards where they are wider than a tile; those at the left
    have several lines where they are long.
    """

    width: float
    height: float
    top: float
    tile: tuple[float, float]
    columns: tuple[tuple[float, str], ...]
    rows: tuple[tuple[float, tuple[str, ...]], ...]
    turned: bool
    tiles: tuple[Tile, ...]


def drawn(
    figures: Sequence[Figure], spoken: Spoken, says: Callable[[Figure], str]
) -> Bars | Tiles | None:
    """Lay out figures of one statistic: a map for two columns, bars for fewer; None for too many.

    Parameters
    ----------
    figures : sequence of Figure
    spoken : callable
        Returns what a value of a column is called.
    says : callable
        Returns a figure in a sentence.
    """
    if not figures:
        return None
    columns = len(figures[0].cell)
    if columns == 2 and len(figures) > 12 and len(figures) <= MOST_TILES:
        return _tiles(figures, spoken, says)
    return _bars(figures, spoken, says) if len(figures) <= MOST_BARS else None


def ticks(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """Return round numbers that cover a range: steps of 1, 2 or 5 times a power of ten.

    References
    ----------
    Heckbert (1990), Nice Numbers for Graph Labels, Graphics Gems.
    """
    if high <= low:
        high = low + 1
    rough = (high - low) / most
    power = 10 ** floor(log10(rough))
    step = next(power * size for size in (1, 2, 5, 10) if power * size >= rough * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(round(number * step, 12) for number in range(first, last + 1))


def _bars(figures: Sequence[Figure], spoken: Spoken, says: Callable[[Figure], str]) -> Bars:
    low = min(0.0, *(one.low for one in figures))
    high = max(0.0, *(one.high for one in figures))
    high = high if high > low else low + 1
    marks = [mark for mark in ticks(low, high) if low <= mark <= high]

    def at(value: float) -> float:
        return LABELS + (WIDTH - LABELS - RIGHT) * (value - low) / (high - low)

    made: list[Bar] = []
    top = PAD / 2
    for one in figures:
        words = " · ".join(spoken(value, axis) for axis, value in one.cell) or "–"
        label = _lines(words)
        height = max(LEAST_ROW, len(label) * LINE + PAD)
        ends = sorted((at(0.0), at(one.value)))
        made.append(
            Bar(
                top,
                height,
                label,
                (ends[0], ends[1]),
                (at(one.low), at(one.high)),
                one,
                says(one),
            )
        )
        top += height
    return Bars(WIDTH, top + 28, at(0.0), tuple((at(mark), mark) for mark in marks), tuple(made))


def _lines(words: str) -> tuple[str, ...]:
    return tuple(textwrap.wrap(words, LETTERS)) or ("–",)


def _tiles(figures: Sequence[Figure], spoken: Spoken, says: Callable[[Figure], str]) -> Tiles:
    sides = [list(dict.fromkeys(one.cell[side] for one in figures)) for side in (0, 1)]
    if len(sides[1]) > len(sides[0]):
        sides.reverse()
    down, across = sides
    wide = (WIDTH - LABELS - 4) / len(across)
    longest = max(len(spoken(value, axis)) for axis, value in across) * LETTER
    turned = longest > wide
    beside = [_lines(spoken(value, axis)) for axis, value in down]
    tall = max(28.0, max(map(len, beside)) * LINE + 6)
    top = (longest if turned else LINE) + 12
    most = max(abs(one.value) for one in figures) or 1.0
    tiles = []
    for one in figures:
        row = next(place for place in one.cell if place in down)
        column = next(place for place in one.cell if place in across)
        x, y = LABELS + across.index(column) * wide, top + down.index(row) * tall
        strength = abs(one.value) / most if one.distinct else 0.0
        tiles.append(Tile(x, y, round(strength, 3), one, says(one)))
    return Tiles(
        WIDTH,
        top + len(down) * tall + 4,
        top,
        (wide, tall),
        tuple(
            (LABELS + (place + 0.5) * wide, spoken(value, axis))
            for place, (axis, value) in enumerate(across)
        ),
        tuple((top + (place + 0.5) * tall, words) for place, words in enumerate(beside)),
        turned,
        tuple(tiles),
    )
