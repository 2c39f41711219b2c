"""Every way to read a column as a category, in the order of the form."""

from app.datasets.ingest.transforms.as_it_stands import AsItStands
from app.datasets.ingest.transforms.bins import Bins
from app.datasets.ingest.transforms.month import Month
from app.datasets.ingest.transforms.transform import Transform
from app.datasets.ingest.transforms.weekday import Weekday

TRANSFORMS: tuple[type[Transform], ...] = (AsItStands, Weekday, Month, Bins)


def transform(key: str) -> type[Transform]:
    """Return the way with a key.

    Raises
    ------
    KeyError
    """
    return {each.KEY: each for each in TRANSFORMS}[key]
