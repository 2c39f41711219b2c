"""What the units of public templates are called, in the reader's language."""

from flask_babel import lazy_gettext as _l

UNITS = {
    "minutes per day": _l("minutes per day"),
    "minutes per night": _l("minutes per night"),
    "kWh per day": _l("kWh per day"),
    "kWh per hour": _l("kWh per hour"),
    "titles per day": _l("titles per day"),
    "videos per day": _l("videos per day"),
    "searches per day": _l("searches per day"),
    "steps per day": _l("steps per day"),
    "km per day": _l("km per day"),
    "trips per day": _l("trips per day"),
    "EUR": _l("euros"),
    "euros": _l("euros"),
    "EUR per month": _l("euros per month"),
    "euros per hour": _l("euros per hour"),
    "operations": _l("operations"),
    "hours": _l("hours"),
    "sessions": _l("sessions"),
    "items": _l("items"),
    "entries": _l("entries"),
    "minutes": _l("minutes"),
    "minutes per month": _l("minutes per month"),
    "hours per month": _l("hours per month"),
    "kilometres per day": _l("kilometres per day"),
    "kilometres per month": _l("kilometres per month"),
    "sessions per month": _l("sessions per month"),
    "payments per month": _l("payments per month"),
    "products per month": _l("products per month"),
    "euros per month": _l("euros per month"),
    "euros per hour online": _l("euros per hour online"),
    "pounds per month": _l("pounds per month"),
    "points of 5": _l("points out of 5"),
}


def unit_of(unit: str) -> str:
    """Return what a unit is called; a unit without words of its own stays as it is."""
    return str(UNITS.get(unit, unit))
