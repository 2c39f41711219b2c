"""What is played: tuning, the comparison on other worlds, and the book's parameters one by one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.market.comparing import VARIANTS, Figures, Interval, Markets, interval
from bench.market.rules import BookRule, Rule
from bench.market.tuning import FAMILIES, Found, book_with, search
from bench.market.world import Floats, Settings
from pricing.price_book import SECOND_BOOK, PriceBook

SCALES = (0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 2.0, 3.0)

SINGLE: dict[str, tuple[float, ...]] = {
    "rarity": (0.0, 0.25, 1.0),
    "fixed": (0.0, 0.25),
    "floor": (0.0, 0.3),
    "concavity": (0.0, 2.0),
    "detail": (0.0, 2.0, 4.0),
}
EARLIER = "book 2026-2"
CHANGES: dict[str, PriceBook] = {
    **{
        f"{name} {value:g}": book_with({name: value})
        for name, values in SINGLE.items()
        for value in values
    },
    f"the {EARLIER}": SECOND_BOOK,
}
"""The default book with one parameter changed, and the book before."""


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

    tries: int = 90
    training: int = 5
    compared: int = 20
    swept: int = 6
    varied: int = 5
    settings: Settings = VARIANTS["as drawn"]
    variants: dict[str, Settings] = field(default_factory=lambda: VARIANTS)


SMALL = Effort(20, 3, 8, 3, 2)
_TINY = Settings(collections=3, periods=2, buyers=20)
QUICK = Effort(2, 2, 2, 2, 2, _TINY, {"as drawn": _TINY})


@dataclass(frozen=True)
class Change:
    """The default book with something changed.

    Parameters
    ----------
    name : str
        What.
    gain : Interval
        Visits served beyond those of the default book with the curve at the scale at which
        contributors earn as much, in points.
    income, served : Interval
        Change of income in percent, and of the share served in points, as such.
    """

    name: str
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
    earlier = BookRule(SECOND_BOOK, EARLIER)
    rules: list[Rule] = [default, earlier, *(one.rule for one in found)]
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
    levels = markets.play(
        [BookRule(book_with({"scale": scale})) for scale in SCALES], seeds, settings
    )
    usual = levels[SCALES.index(1.0)]
    rules = [BookRule(book) for book in CHANGES.values()]
    return [
        Change(
            name,
            interval(served_at_equal_income(one, levels)),
            interval(100 * (one["income"] / usual["income"] - 1)),
            interval(one["served"] - usual["served"]),
        )
        for name, one in zip(CHANGES, markets.play(rules, seeds, settings), strict=True)
    ]


def served_at_equal_income(figures: Figures, levels: Sequence[Figures]) -> Floats:
    """Return visits served beyond those of a rule at the level that earns as much, in points.

    World by world, on straight lines between the levels; beyond them, the outermost counts. Not
    the other way round: income rises with the level, but below some level a price serves fewer
    the lower it is, as too few people take part.
    """
    served = np.array([one["served"] for one in levels])
    income = np.maximum.accumulate(np.array([one["income"] for one in levels]))
    usual = [
        np.interp(earned, income[:, world], served[:, world])
        for world, earned in enumerate(figures["income"])
    ]
    beyond: Floats = figures["served"] - np.array(usual)
    return beyond
