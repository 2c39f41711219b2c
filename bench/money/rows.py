"""One figure of the money benchmark."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure, and how it was found.

    Attributes
    ----------
    name : str
        What was measured; the same in every run.
    value : float
        In `unit`.
    unit : str
        "steps", "ms", "ratio" and so on; "" for none.
    how : str
        What was done, in words, so that the figure can be doubted.
    """

    name: str
    value: float
    unit: str
    how: str
