"""Many markets at once: the same worlds under several rules, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from bench.market.playing import Run, play
from bench.market.rules import Rule
from bench.market.world import MICROS, Floats, Kind, Settings, World, make_world

Figures = dict[str, Floats]
"""By name, one number per world, or one row per world."""

VARIANTS = {
    "as drawn": Settings(),
    "budgets doubled": Settings(wealth=2.0),
    "more students": Settings(mix=(0.6, 0.2, 0.15, 0.05)),
    "rarer collections": Settings(rare=0.8),
    "rare is worth more": Settings(rare_worth=1.0),
    "dearer to take part": Settings(cost=0.2),
    "the preview is bronze": Settings(preview=16),
    "every edition in halves": Settings(pieces=2),
}


@dataclass(frozen=True)
class Task:
    """One market to play."""

    rule: Rule
    settings: Settings
    seed: int
    clever: bool = True


@dataclass(frozen=True)
class Interval:
    """A mean over worlds, and half the width of its 95 % interval (infinite for one world)."""

    mean: float
    half: float

    def __str__(self) -> str:
        digits = 0 if abs(self.mean) >= 100 or self.half >= 10 else 1
        return f"{self.mean:.{digits}f} ± {self.half:.{digits}f}"


def interval(values: Floats) -> Interval:
    """Return the mean of some worlds with Student's 95 % interval."""
    if len(values) < 2:
        return Interval(float(np.mean(values)), float("inf"))
    quantile = float(stats.t.ppf(0.975, len(values) - 1))
    return Interval(
        float(values.mean()), quantile * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    )


@lru_cache(maxsize=64)
def _world(settings: Settings, seed: int) -> World:
    return make_world(settings, seed)


def measured(run: Run, world: World) -> dict[str, list[float]]:
    """Return the figures of one market, amounts in EUR a period."""
    unit = MICROS * world.settings.periods
    numbers = {
        "revenue": run.paid / unit,
        "income": run.earned / unit,
        "platform": run.platform / unit,
        "surplus": run.surplus / unit,
        "served": 100 * run.share_served(),
        **{f"served_{kind}": 100 * run.share_served([kind]) for kind in Kind},
        "median_income": run.median_income() / (MICROS // 100),
        "staying": 100 * run.people[-1] / run.people[0],
        "at_a_loss": 100 * run.at_a_loss / sum(run.people[:-1]),
        "payment": run.paid / MICROS / max(1, run.payments),
        "shown": 100 * run.shown / max(1, run.shown + sum(run.asked.values())),
        "saved": 100 * run.saved / max(1, run.direct),
    }
    return {name: [value] for name, value in numbers.items()} | {
        "people": [100 * count / run.people[0] for count in run.people]
    }


def _play(task: Task) -> dict[str, list[float]]:
    world = _world(task.settings, task.seed)
    return measured(play(world, task.rule, task.clever), world)


class Markets:
    """Plays markets, on some processes; with none, in this one."""

    def __init__(self, processes: int = 0) -> None:
        self._pool = ProcessPoolExecutor(processes) if processes > 1 else None

    def __enter__(self) -> Markets:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown()

    def play(
        self,
        rules: Iterable[Rule],
        seeds: Sequence[int],
        settings: Settings,
        clever: bool = True,
    ) -> list[Figures]:
        """Play each rule in the same worlds."""
        rules = tuple(rules)
        tasks = [Task(rule, settings, seed, clever) for rule in rules for seed in seeds]
        found = list(self._pool.map(_play, tasks) if self._pool else map(_play, tasks))
        return [_stacked(found[n * len(seeds) : (n + 1) * len(seeds)]) for n in range(len(rules))]


def _stacked(found: list[dict[str, list[float]]]) -> Figures:
    """Put the figures of several worlds under each other."""
    stacked = {name: np.array([one[name] for one in found]) for name in found[0]}
    return {name: rows[:, 0] if rows.shape[1] == 1 else rows for name, rows in stacked.items()}
