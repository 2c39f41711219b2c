"""What somebody's electricity costs at one price, and with cheap hours."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from fractions import Fraction
from functools import cache
from importlib.resources import files

from app.contributions.cells import Months
from app.contributions.insights.figures import Figure, days_in
from traces.schema import Template

HOURS = 24
KWH = "kwh"


@dataclass(frozen=True)
class Listed:
    """The prices that a page begins with, and who published them."""

    since: datetime
    power: str
    prices: "Prices"
    cheap_from: int
    cheap_until: int
    publisher: str
    address: str


@dataclass(frozen=True)
class Prices:
    """Prices of one kWh: one for all hours, or two."""

    flat: Fraction
    peak: Fraction
    off_peak: Fraction

    @property
    def break_even(self) -> Fraction | None:
        """The part of the use in cheap hours from which two prices cost less; None if none does."""
        if self.peak <= self.off_peak:
            return None
        share = (self.peak - self.flat) / (self.peak - self.off_peak)
        return share if 0 <= share <= 1 else None


@dataclass(frozen=True)
class Cost:
    """A month's electricity, and what it costs.

    Attributes
    ----------
    cheap : Fraction or None
        kWh in cheap hours; None where the cells have no hours.
    split : Fraction or None
        What the month costs with two prices.
    """

    month: str
    kwh: Fraction
    flat: Fraction
    cheap: Fraction | None
    split: Fraction | None


@cache
def listed() -> Listed:
    """Return the prices on record."""
    text = files("app.contributions.insights").joinpath("tariffs.toml").read_text("utf-8")
    plain = tomllib.loads(text)
    prices = Prices(*(Fraction(plain[name]) for name in ("flat", "peak", "off_peak")))
    return Listed(
        datetime.combine(plain["from"], time(12), UTC),
        plain["power"],
        prices,
        plain["cheap_from"],
        plain["cheap_until"],
        plain["publisher"],
        plain["address"],
    )


def hours_between(start: int, end: int) -> frozenset[int]:
    """Return the hours from one to another, over midnight where need be; none if they are equal.

    Examples
    --------
    >>> sorted(hours_between(22, 2))
    [0, 1, 22, 23]
    """
    return frozenset((start + n) % HOURS for n in range((end - start) % HOURS))


def kwh_of(template: Template, months: Months) -> dict[str, Fraction]:
    """Return how many kWh each month comes to, if its days were like those that were read."""
    figure = Figure(template, KWH)
    return {
        month: figure.of_month(month, months[month]) * days_in(month) for month in sorted(months)
    }


def costs(
    template: Template, months: Months, prices: Prices, cheap: Iterable[int]
) -> tuple[Cost, ...]:
    """Return what each month costs, the first month first."""
    hours = {f"{hour:02d}" for hour in cheap}
    hourly = any(each.key == "hour" for each in template.dimensions)
    made = []
    for month, kwh in kwh_of(template, months).items():
        low = split = None
        if hourly:
            by_hour = Figure(template, KWH).by_value(month, months[month], "hour")
            low = days_in(month) * sum((by_hour[h] for h in by_hour if h in hours), Fraction(0))
            split = low * prices.off_peak + (kwh - low) * prices.peak
        made.append(Cost(month, kwh, kwh * prices.flat, low, split))
    return tuple(made)
