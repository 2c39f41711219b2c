"""The texts people agree to, each with a version; changing one means a new version."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.rules import Purpose
from app.collections.texts import PURPOSE_NAMES


@dataclass(frozen=True)
class ConsentText:
    """One purpose, in plain words."""

    purpose: Purpose
    version: int
    title: Any
    text: Any


TEXTS: dict[Purpose, ConsentText] = {
    Purpose.RESEARCH: ConsentText(
        Purpose.RESEARCH,
        1,
        PURPOSE_NAMES[Purpose.RESEARCH],
        _l(
            "The protected tables may be sold for scientific and statistical research, "
            "by universities, public bodies or companies that publish their results."
        ),
    ),
    Purpose.PUBLIC: ConsentText(
        Purpose.PUBLIC,
        1,
        PURPOSE_NAMES[Purpose.PUBLIC],
        _l(
            "The protected tables may be sold to public bodies, associations and journalists "
            "for planning, policy and reporting."
        ),
    ),
    Purpose.COMMERCIAL: ConsentText(
        Purpose.COMMERCIAL,
        1,
        PURPOSE_NAMES[Purpose.COMMERCIAL],
        _l(
            "The protected tables may be sold to companies for market studies and products. "
            "Using them to single out or contact a person is forbidden by the licence."
        ),
    ),
}
