"""What is played: tuning, the comparison on other worlds, and the book's parameters one by one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.market.comparing import VARIANTS, Figures, Interval, Markets, interval
from bench.market.rules import BookRule, Rule
from bench.market.tuning import BOOK_START, FAMILIES, Found, book_with, search
from bench.market.world import Floats, Settings

SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)

CHANGES: dict[str, tuple[float, ...]] = {
    "rarity": (0.0, 0.25, 1.0),
    "fixed": (0.0, 0.25, 1.0),
    "floor": (0.0, 0.25, 1.0),
    "concavity": (0.0, 2.0),
    "detail": (0.0, 0.5, 1.5),
}
"""Other values of single parameters of the default book."""


@dataclass(frozen=True)
class Effort:
    """How much is played.

    Parameters
    ----------
    tries : int
        Levels tried for each rule.
    training, compared, swept, varied : int
        Worlds: for the tuning; for the comparison, with paired seeds; for price levels; for the
        variants and the single parameters, each.
    settings : Settings
    variants : mapping of str to Settings
    """

    tries: int = 36
    training: int = 5
    compared: int = 20
    swept: int = 8
    varied: int = 5
    settings: Settings = VARIANTS["as drawn"]
    variants: dict[str, Settings] = field(default_factory=lambda: VARIANTS)


_TINY = Settings(collections=3, periods=2, buyers=20)
QUICK = Effort(2, 2, 2, 2, 2, _TINY, {"as drawn": _TINY})


@dataclass(frozen=True)
class Change:
    """One parameter of the default book, changed.

    Parameters
    ----------
    parameter, value :
        Which, and to what.
    gain : Interval
        Contributors' income beyond that of the default book at the price level at which it
        serves as many, in percent.
    income, served : Interval
        Change of income in percent, and of the share served in points, as such.
    """

    parameter: str
    value: float
    gain: Interval
    income: Interval
    served: Interval


@dataclass(frozen=True)
class Findings:
    """All that was played; figures by rule's name."""

    effort: Effort
    found: list[Found]
    training_served: float
    clever: dict[str, Figures]
    honest: dict[str, Figures]
    swept: dict[str, list[Figures]]
    variants: dict[str, dict[str, Figures]]
    changes: dict[str, list[Change]]


def experiment(markets: Markets, effort: Effort) -> Findings:
    """Play everything. Training worlds are used for nothing else."""
    default = BookRule()
    training = range(1_000, 1_000 + effort.training)
    compared = range(2_000, 2_000 + effort.compared)
    (start,) = markets.play([default], training, effort.settings)
    served = float(start["served"].mean())
    found = []
    for family in FAMILIES:
        _say(f"tuning {family.name}")
        found.append(search(markets, family, training, effort.settings, served, effort.tries))
    rules: list[Rule] = [default, *(one.rule for one in found)]
    _say("comparing")
    clever = _by_name(rules, markets.play(rules, compared, effort.settings))
    honest = _by_name(rules, markets.play(rules, compared, effort.settings, clever=False))
    _say("price levels")
    swept = {
        rule.name: markets.play(
            [rule.scaled(scale) for scale in SCALES], compared[: effort.swept], effort.settings
        )
        for rule in rules
    }
    variants: dict[str, dict[str, Figures]] = {}
    changes: dict[str, list[Change]] = {}
    other = range(3_000, 3_000 + effort.varied)
    for name, settings in effort.variants.items():
        _say(name)
        variants[name] = _by_name(rules, markets.play(rules, other, settings))
        changes[name] = _changes(markets, other, settings)
    return Findings(effort, found, served, clever, honest, swept, variants, changes)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def _by_name(rules: Sequence[Rule], figures: Sequence[Figures]) -> dict[str, Figures]:
    return {rule.name: one for rule, one in zip(rules, figures, strict=True)}


def _changes(markets: Markets, seeds: Sequence[int], settings: Settings) -> list[Change]:
    default = BookRule()
    levels = markets.play([default.scaled(scale) for scale in SCALES], seeds, settings)
    usual = levels[SCALES.index(1.0)]
    cases = [
        (name, value)
        for name, values in CHANGES.items()
        for value in values
        if value != BOOK_START[name]
    ]
    played = markets.play(
        [BookRule(book_with({name: value})) for name, value in cases], seeds, settings
    )
    return [
        Change(
            name,
            value,
            interval(gain_at_equal_service(one, levels)),
            interval(100 * (one["income"] / usual["income"] - 1)),
            interval(one["served"] - usual["served"]),
        )
        for (name, value), one in zip(cases, played, strict=True)
    ]


def gain_at_equal_service(figures: Figures, levels: Sequence[Figures]) -> Floats:
    """Return income beyond that of a rule at the level at which it serves as many, in percent.

    World by world, on straight lines between the levels; beyond them, the outermost counts.
    """
    served = np.array([one["served"] for one in levels])
    income = np.array([one["income"] for one in levels])
    gains = []
    for world in range(served.shape[1]):
        order = np.argsort(served[:, world], kind="stable")
        usual = np.interp(figures["served"][world], served[order, world], income[order, world])
        gains.append(100 * (figures["income"][world] / usual - 1))
    return np.array(gains)
