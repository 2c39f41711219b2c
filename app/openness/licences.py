"""What a buyer may do with tables: a licence for each purpose, with an address of its own.

Every version that was ever sold stays here, under its name: an order keeps the name of the
licence it was made under.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.rules import Purpose
from app.collections.texts import PURPOSE_NAMES

#: What every licence says besides.
PUBLISH = _l(
    "You may publish what you work out from the tables: figures, charts and models. Say where "
    "they come from: cite the edition."
)
SINGLE_OUT = _l(
    "Do not try to single out, identify or contact a person, and do not combine these tables "
    "with others in order to do so."
)
KEEP = _l("This licence does not let you sell the files or give them to others.")
NOISE = _l(
    "Every figure has random noise. Its noise interval says how much: it is right in 95 of 100 "
    "cases."
)
COMMON = (PUBLISH, SINGLE_OUT, KEEP, NOISE)


@dataclass(frozen=True)
class Licence:
    """The licence for one purpose; changing its text means a new version.

    Attributes
    ----------
    allows : lazy text
        What the tables may be used for.
    common : tuple of lazy text
        What it says besides.
    """

    purpose: Purpose
    version: int
    allows: Any
    common: tuple[Any, ...] = COMMON

    @property
    def name(self) -> str:
        """A short name for files."""
        return f"moisson-{self.purpose}-{self.version}"

    @property
    def path(self) -> str:
        """Where this version of the text stands, for good."""
        return f"/licences/{self.purpose}/{self.version}"

    @property
    def title(self) -> Any:
        """What its purpose is called."""
        return PURPOSE_NAMES[self.purpose]


#: Every version, older ones first: none is changed or taken out.
VERSIONS = (
    Licence(
        Purpose.RESEARCH,
        1,
        _l(
            "You may use these tables for scientific and statistical research, if you publish "
            "your results."
        ),
    ),
    Licence(
        Purpose.PUBLIC,
        1,
        _l(
            "Public bodies, associations and journalists may use these tables for planning, "
            "policy and reporting."
        ),
    ),
    Licence(
        Purpose.COMMERCIAL,
        1,
        _l("Companies may use these tables for market studies and products."),
    ),
)
#: The newest of each purpose: what is sold now.
LICENCES: Mapping[Purpose, Licence] = {one.purpose: one for one in VERSIONS}
_NAMED = {one.name: one for one in VERSIONS}


def named(name: str) -> Licence:
    """Return the licence of a name, in the version it names.

    Raises
    ------
    KeyError
    """
    return _NAMED[name]
