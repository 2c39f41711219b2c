"""What an order is for, as a sentence to its buyer."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.rules import Purpose

ORDERED = {
    Purpose.RESEARCH: _l("You are ordering these tables for research."),
    Purpose.PUBLIC: _l("You are ordering these tables for use in the public interest."),
    Purpose.COMMERCIAL: _l("You are ordering these tables for commercial use."),
}
BOUGHT = {
    Purpose.RESEARCH: _l("You bought these tables for research."),
    Purpose.PUBLIC: _l("You bought these tables for use in the public interest."),
    Purpose.COMMERCIAL: _l("You bought these tables for commercial use."),
}


def sentence(purpose: Purpose, *, paid: bool) -> Any:
    """Return what the buyer said that they use the tables for."""
    return (BOUGHT if paid else ORDERED)[purpose]
