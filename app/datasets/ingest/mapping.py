"""Which column of a file feeds which column of a cube, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.datasets.ingest.transforms.as_it_stands import AsItStands
from app.datasets.ingest.transforms.transform import Transform


@dataclass(frozen=True)
class DimensionFeed:
    """Where a dimension comes from.

    Parameters
    ----------
    column : str
        Of the file.
    transform : Transform
        How a cell becomes a label; as it stands by default.
    aliases : mapping of str to str
        What a cell (its label) stands for among the dimension's values; both are compared without
        case, accents or spaces around.
    """

    column: str
    transform: Transform = AsItStands()
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnMapping:
    """How a file becomes rows of a cube.

    Parameters
    ----------
    person : str or None
        The file's column that tells people apart; None where all rows are one person.
    dimensions : mapping of dimension to DimensionFeed
    measures : mapping of measure to column
    decimals : mapping of measure to str
        The decimal sign of its column, where the cells tell.
    """

    person: str | None
    dimensions: Mapping[str, DimensionFeed]
    measures: Mapping[str, str]
    decimals: Mapping[str, str] = field(default_factory=dict)
