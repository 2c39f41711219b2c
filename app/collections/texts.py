"""Words for the public rules of collections."""

from flask_babel import lazy_gettext as _l

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
