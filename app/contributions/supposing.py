"""What rests on prices and speeds: those on record, or what somebody typed into the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.contributions import presenting
from app.contributions.cells import Months
from app.contributions.forms import SpeedForm, TariffForm
from app.contributions.insights.carbon import Factor, Speed, factor, needs_speeds, speeds
from app.contributions.insights.choices import choice
from app.contributions.insights.tariffs import Listed, hours_between, listed
from app.contributions.presenting import Carbon, Tariff
from traces.schema import Template

#: What stays in the address when another month or measure is chosen.
IN_ADDRESS = frozenset(
    "month measure flat peak off_peak cheap_from cheap_until also_from also_until"
    " car bus train".split()
)


@dataclass(frozen=True)
class Supposed:
    """What was worked out, and the form that it was worked out with; None where it does not fit.

    Attributes
    ----------
    listed, speeds
        What a page begins with, and who published it.
    electricity : Factor
        Of one kWh.
    """

    tariff: Tariff | None
    tariff_form: TariffForm | None
    carbon: Carbon | None
    speed_form: SpeedForm | None
    listed: Listed
    speeds: Mapping[str, Speed]
    electricity: Factor


def supposed(template: Template, months: Months, month: str, asked: Mapping[str, Any]) -> Supposed:
    """Work out what fits a template.

    Parameters
    ----------
    asked : mapping
        What stands in the address, as forms take it.
    """
    sections = choice(template).sections
    tariff_form = _tariff_form(asked) if "tariff" in sections else None
    speed_form = None
    if "carbon" in sections and needs_speeds(template):
        speed_form = _speed_form(asked)
    kmh = speed_form.kmh() if speed_form and not speed_form.errors else _usual()
    return Supposed(
        _tariff(template, months, tariff_form) if tariff_form else None,
        tariff_form,
        presenting.carbon(template, months, month, kmh) if "carbon" in sections else None,
        speed_form,
        listed(),
        speeds(),
        factor("electricity"),
    )


def _tariff(template: Template, months: Months, form: TariffForm) -> Tariff:
    if not form.errors:
        return presenting.tariff(template, months, form.prices(), form.cheap())
    start = listed()
    hours = hours_between(start.cheap_from, start.cheap_until)
    return presenting.tariff(template, months, start.prices, hours)


def _tariff_form(asked: Mapping[str, Any]) -> TariffForm:
    """Return what was typed, looked at; the prices on record, where nothing was."""
    form = TariffForm(asked if "flat" in asked else None)
    if "flat" in asked:
        form.validate()
    else:
        form.fill()
    return form


def _speed_form(asked: Mapping[str, Any]) -> SpeedForm:
    form = SpeedForm(asked if "car" in asked else None)
    if "car" in asked:
        form.validate()
    else:
        form.fill()
    return form


def _usual() -> dict[str, Any]:
    return {value: speed.kmh for value, speed in speeds().items()}
