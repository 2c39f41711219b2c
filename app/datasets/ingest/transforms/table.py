"""Every way to read a column as a category, in the order of the form."""

from app.datasets.ingest.transforms.as_it_stands import AsItStands
from app.datasets.ingest.transforms.bins import Bins
from app.datasets.ingest.transforms.hour import Hour
from app.datasets.ingest.transforms.hour_block import HourBlock
from app.datasets.ingest.transforms.kind_of_day import KindOfDay
from app.datasets.ingest.transforms.month import Month
from app.datasets.ingest.transforms.quarter import Quarter
from app.datasets.ingest.transforms.transform import Transform
from app.datasets.ingest.transforms.weekday import Weekday
from app.datasets.ingest.transforms.year import Year
from app.datasets.ingest.transforms.yes_no import YesNo

TRANSFORMS: tuple[type[Transform], ...] = (
    AsItStands,
    YesNo,
    Weekday,
    KindOfDay,
    Month,
    Quarter,
    Year,
    Hour,
    HourBlock,
    Bins,
)


def transform(key: str) -> type[Transform]:
    """Return the way with a key.

    Raises
    ------
    KeyError
    """
    return {each.KEY: each for each in TRANSFORMS}[key]
