"""What topics, purposes and levels of accuracy are called: each word once."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.rules import Purpose
from app.web.i18n import language

TOPIC_NAMES = {
    "shopping": _l("Shopping"),
    "work": _l("Work and pay"),
    "health": _l("Health"),
    "mobility": _l("Getting about"),
    "energy": _l("Energy"),
    "leisure": _l("Leisure"),
    "home": _l("Home"),
    "other": _l("Other"),
}
PURPOSE_NAMES = {
    Purpose.RESEARCH: _l("Research"),
    Purpose.PUBLIC: _l("Public interest"),
    Purpose.COMMERCIAL: _l("Commercial use"),
}
TIER_NAMES = {
    "gold": _l("gold"),
    "silver": _l("silver"),
    "bronze": _l("bronze"),
    "preview": _l("free preview"),
}


#: Each word as it is said in a language: a page asks for them by the hundred.
_said: dict[tuple[int, object, str | None], str] = {}


def _named(names: dict[Any, Any], name: object) -> str:
    if name not in names:
        return str(name)
    place = (id(names), name, language())
    if place not in _said:
        _said[place] = str(names[name])
    return _said[place]


def topic_name(name: str) -> str:
    """Return what a topic is called, in the reader's language."""
    return _named(TOPIC_NAMES, name)


def purpose_name(name: str) -> str:
    """Return what a purpose is called, in the reader's language."""
    return _named(PURPOSE_NAMES, name)


def tier_name(name: str) -> str:
    """Return what a level of accuracy is called, in the reader's language."""
    return _named(TIER_NAMES, name)


#: For templates.
FILTERS = {"topic_name": topic_name, "purpose_name": purpose_name, "tier_name": tier_name}
