"""Line charts: points placed on a fixed canvas, for a template to draw."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 34, 20, 40
Y_TICKS = 4
#: Names of lines stand so far apart at least.
LABEL = 14


@dataclass(frozen=True)
class Point:
    """A value to be drawn: where it lies, and the same in words.

    Attributes
    ----------
    text : str
        Written beside the point; may be empty.
    """

    x: float
    y: float
    text: str = ""


@dataclass(frozen=True)
class Placed:
    """A point on the canvas, in its units."""

    left: float
    top: float
    text: str


@dataclass(frozen=True)
class Line:
    """A named line on the canvas.

    Attributes
    ----------
    label_top : float
        Where its name stands, at its end, clear of the other names.
    """

    name: str
    points: tuple[Placed, ...]
    label_top: float = 0.0

    @property
    def path(self) -> str:
        """The points as SVG wants them."""
        return " ".join(f"{p.left:.1f},{p.top:.1f}" for p in self.points)


@dataclass(frozen=True)
class Plot:
    """A drawn chart: lines, and ticks with their values."""

    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, float], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def plot(
    series: Sequence[tuple[str, Sequence[Point]]],
    x_ticks: Sequence[tuple[float, str]],
    y_from: float = 0.0,
) -> Plot:
    """Place lines on the canvas.

    Parameters
    ----------
    series : sequence of (str, sequence of Point)
        Names and points, in the order in which they are joined.
    x_ticks : sequence of (float, str)
        Where a label stands under the chart.
    y_from : float
        Where the upright axis begins.

    Raises
    ------
    ValueError
        Without any point.
    """
    points = [point for _, of in series for point in of]
    if not points:
        raise ValueError("a chart has at least one point")
    xs = [p.x for p in points] + [x for x, _ in x_ticks]
    low, high = min(xs), max(xs)
    top = max(max(p.y for p in points), y_from) or 1.0

    def left(x: float) -> float:
        share = (x - low) / (high - low) if high > low else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        share = (y - y_from) / (top - y_from) if top > y_from else 0.5
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    values = [y_from + (top - y_from) * step / Y_TICKS for step in range(Y_TICKS + 1)]
    lines = [
        Line(name, tuple(Placed(left(p.x), down(p.y), p.text) for p in of)) for name, of in series
    ]
    return Plot(
        _labelled(lines),
        tuple((left(x), text) for x, text in x_ticks),
        tuple((down(value), value) for value in values),
    )


def _labelled(lines: list[Line]) -> tuple[Line, ...]:
    """Put the names above the ends of their lines, from the lowest up, none upon another."""
    tops: dict[int, float] = {}
    ceiling = float(HEIGHT)
    for place in sorted(range(len(lines)), key=lambda n: -lines[n].points[-1].top):
        ceiling = tops[place] = min(lines[place].points[-1].top - 8, ceiling - LABEL)
    # Where they would leave the canvas, all come down together.
    lift = max(0.0, LABEL - min(tops.values()))
    return tuple(replace(line, label_top=tops[place] + lift) for place, line in enumerate(lines))
