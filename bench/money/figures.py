"""One figure of a benchmark, as it is kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure: its name stays the same from one measurement to the next.

    Parameters
    ----------
    how : str
        What was done, in words, with the numbers that matter.
    """

    name: str
    value: float
    unit: str
    how: str


class BenchError(Exception):
    """What was timed did not do its work, or could not be set up."""
