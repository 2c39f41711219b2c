"""Errors of many runs, and ratios of errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from bench.release.workloads import Floats, Question, mean_of

OURS = "Moisson"


@dataclass(frozen=True)
class Score:
    """The error of one statistic by one library.

    Parameters
    ----------
    library : str
        With its variant.
    statistic : str
    bound : int
        The contribution bound k it ran with.
    runs : int
    rmse : float
        Root of the mean squared error over all cells and runs, each divided by `Question.scale`.
    doubt : float
        Monte-Carlo standard error of `rmse`, as a share of it.
    """

    library: str
    statistic: str
    bound: int
    runs: int
    rmse: float
    doubt: float


@dataclass(frozen=True)
class Ratio:
    """Our error over that of the best of the others; `doubt` is the standard error of `value`."""

    value: float
    doubt: float
    ours: Score
    best: Score

    @property
    def how(self) -> str:
        """Say what was divided by what."""
        return (
            f"{self.ours.rmse:.4g} (k = {self.ours.bound}, {self.ours.library}) over "
            f"{self.best.rmse:.4g} (k = {self.best.bound}, {self.best.library}); "
            f"{self.ours.runs} and {self.best.runs} runs; "
            f"standard error {self.doubt:.3f}"
        )


def scores(
    question: Question,
    library: str,
    estimates: Mapping[str, Floats],
    truth: Mapping[str, Floats],
    bound: int,
) -> list[Score]:
    """Score every statistic of one variant: (runs, cells) estimates beside (cells,) truth."""
    found = dict(estimates)
    for measure, top in question.measures.items():
        if question.means and f"mean:{measure}" not in found:
            found[f"mean:{measure}"] = mean_of(found[f"sum:{measure}"], found["count"], top)
    return [
        _score(library, statistic, bound, found[statistic], truth[statistic], question)
        for statistic in question.statistics
    ]


def _score(
    library: str, statistic: str, bound: int, drawn: Floats, exact: Floats, question: Question
) -> Score:
    errors = (drawn - exact) / question.scale(statistic)
    squared = (errors**2).mean(axis=1)
    runs = len(squared)
    mean = float(squared.mean())
    spread = float(squared.std(ddof=1)) / sqrt(runs) if runs > 1 else mean
    return Score(library, statistic, bound, runs, sqrt(mean), spread / (2 * mean))


def best_of(found: Iterable[Score], statistic: str) -> Score:
    """Return the score with the smallest error, a standard error added.

    So few runs do not make a library the best by chance.
    """
    scored = (one for one in found if one.statistic == statistic)
    return min(scored, key=lambda one: one.rmse * (1 + one.doubt))


def ratio(found: Iterable[Score], statistic: str) -> Ratio:
    """Divide our best error by the best of all others."""
    everything = list(found)
    ours = best_of((one for one in everything if one.library.startswith(OURS)), statistic)
    best = best_of((one for one in everything if not one.library.startswith(OURS)), statistic)
    value = ours.rmse / best.rmse
    return Ratio(value, value * hypot(ours.doubt, best.doubt), ours, best)


def by_variant(results: Mapping[str, Floats], job: str) -> dict[str, dict[str, Floats]]:
    """Sort a peer's results for one job by variant."""
    found: dict[str, dict[str, Floats]] = {}
    for name, values in results.items():
        owner, variant, statistic = name.split("/")
        if owner == job:
            found.setdefault(variant, {})[statistic] = np.asarray(values, dtype=float)
    return found
