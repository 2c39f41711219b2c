"""What somebody's trips and electricity emit, by published factors with their sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from app.contributions.cells import Cell
from app.contributions.insights.figures import Figure, days_in
from traces.schema import Template, Words

MINUTES = 60
GRAMS = 1000


@dataclass(frozen=True)
class Source:
    """Who published a figure, and of which year it is."""

    publisher: str
    year: int
    address: str


@dataclass(frozen=True)
class Factor:
    """Grams of CO2 equivalent of one kilometre or kWh."""

    grams: Fraction
    about: Words
    source: Source


@dataclass(frozen=True)
class Speed:
    """How fast a means of transport is from door to door, in km per hour."""

    kmh: Fraction
    source: Source


@dataclass(frozen=True)
class Emission:
    """What one means of transport emitted in a month.

    Attributes
    ----------
    km : Fraction or None
        None where only the time is known, and no speed.
    factor, kilograms
        None where there is no factor for it: it is not counted.
    """

    value: str
    km: Fraction | None
    factor: Factor | None
    kilograms: Fraction | None


def factor(key: str) -> Factor:
    """Return a factor."""
    facts = _data()["factor"][key]
    return Factor(Fraction(facts["grams"]), Words(**facts["about"]), _source(facts["source"]))


def factors(template: Template) -> dict[str, Factor]:
    """Return the factor of each value that has one, of a template of trips."""
    chosen: Mapping[str, str] = _data()["trips"].get(template.key, {})
    return {value: factor(key) for value, key in chosen.items()}


def speeds() -> dict[str, Speed]:
    """Return the speeds that a page begins with, by the means of transport."""
    return {
        value: Speed(Fraction(facts["kmh"]), _source(facts["source"]))
        for value, facts in _data()["speed"].items()
    }


def needs_speeds(template: Template) -> bool:
    """Say whether a template of trips knows the time alone."""
    timed = template.key in _data()["trips"]
    return timed and all(measure.key != "km" for measure in template.measures)


def of_trips(
    template: Template, month: str, cells: tuple[Cell, ...], kmh: Mapping[str, Fraction]
) -> tuple[Emission, ...]:
    """Return what a month's trips emitted, by the means of transport.

    Parameters
    ----------
    kmh : mapping
        Where the template has no distances: how fast each means of transport is.
    """
    known, made = factors(template), []
    for value, km in _distances(template, month, cells, kmh).items():
        found = known.get(value)
        made.append(Emission(value, km, found, _kilograms(km, found)))
    return tuple(made)


def _kilograms(km: Fraction | None, found: Factor | None) -> Fraction | None:
    if found is None or (km is None and found.grams):
        return None
    return (km or Fraction(0)) * found.grams / GRAMS


def of_electricity(kwh: Fraction) -> Fraction:
    """Return how many kilograms some electricity emitted."""
    return kwh * factor("electricity").grams / GRAMS


def total(emissions: tuple[Emission, ...]) -> Fraction:
    """Return the kilograms of all that is counted."""
    return sum((each.kilograms for each in emissions if each.kilograms is not None), Fraction(0))


def _distances(
    template: Template, month: str, cells: tuple[Cell, ...], kmh: Mapping[str, Fraction]
) -> dict[str, Fraction | None]:
    if not needs_speeds(template):
        a_day = Figure(template, "km").by_value(month, cells, "mode")
        return {value: km * days_in(month) for value, km in a_day.items()}
    minutes = Figure(template, "minutes").by_value(month, cells, "mode")
    return {v: each / MINUTES * kmh[v] if v in kmh else None for v, each in minutes.items()}


def _source(key: str) -> Source:
    return Source(**_data()["source"][key])


@cache
def _data() -> dict[str, Any]:
    text = files("app.contributions.insights").joinpath("carbon.toml").read_text("utf-8")
    return tomllib.loads(text)
