"""The plots of docs/benchmarks/market.md: small SVG files, the same for the same data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.market.comparing import Figures, interval
from bench.market.experiments import SCALES, Change, Findings

COLOURS = {
    "default book": "#1f4e9c",
    "book 2026-2": "#9aa7b8",
    "tuned book": "#4aa3df",
    "per table": "#c0392b",
    "per table, by tier": "#e67e22",
    "per row": "#7d5a9b",
    "per epsilon": "#2e8b57",
}
PANELS = (
    ("income", "contributors' income, EUR a year"),
    ("revenue", "buyers pay, EUR a year"),
    ("served", "visits that end in a purchase, %"),
    ("surplus", "buyers' surplus, EUR a year"),
    ("median_income", "median income of a person, cents a year"),
    ("staying", "people left at the end, % of the start"),
)
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "moisson",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def draw(findings: Findings, folder: Path) -> list[Path]:
    """Write all plots.

    Returns
    -------
    list of Path
        The files.
    """
    with mpl.rc_context(STYLE):
        figures = {
            "market-rules.svg": rules_figure(findings.clever),
            "market-tradeoff.svg": tradeoff_figure(findings.swept),
            "market-people.svg": people_figure(findings.clever),
            "market-parameters.svg": parameters_figure(findings.changes),
        }
        for name, figure in figures.items():
            figure.savefig(folder / name, metadata={"Date": None, "Creator": None})
    return [folder / name for name in figures]


def rules_figure(found: dict[str, Figures]) -> Figure:
    """Draw one panel a figure, one bar a rule, with intervals."""
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    axes = figure.subplots(2, 3, sharey=True)
    names = list(found)
    for axis, (key, title) in zip(axes.flat, PANELS, strict=True):
        means = [interval(found[name][key]) for name in names]
        axis.barh(
            names,
            [one.mean for one in means],
            xerr=[one.half for one in means],
            color=[COLOURS[name] for name in names],
            error_kw={"ecolor": "#222222", "elinewidth": 1, "capsize": 2},
        )
        axis.set_title(title, fontsize=9)
        axis.invert_yaxis() if axis is axes.flat[0] else None
    return figure


def tradeoff_figure(swept: dict[str, list[Figures]]) -> Figure:
    """Draw income over visits served, as each rule's price level goes up and down."""
    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    axis = figure.subplots()
    middle = SCALES.index(1.0)
    for name, levels in swept.items():
        served = [float(one["served"].mean()) for one in levels]
        income = [float(one["income"].mean()) for one in levels]
        axis.plot(served, income, "-", color=COLOURS[name], lw=1.5)
        axis.plot(served, income, ".", color=COLOURS[name], ms=5)
        axis.plot(served[middle], income[middle], "o", color=COLOURS[name], ms=8, label=name)
    axis.set_xlabel("visits that end in a purchase, %")
    axis.set_ylabel("contributors' income, EUR a year")
    axis.legend(frameon=False, title="large dot: the levels compared")
    return figure


def people_figure(found: dict[str, Figures]) -> Figure:
    """Draw how many people take part, period by period."""
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axis = figure.subplots()
    for name, figures in found.items():
        means = figures["people"].mean(axis=0)
        axis.plot(np.arange(1, len(means) + 1), means, ".-", color=COLOURS[name], label=name)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("year")
    axis.set_ylabel("people taking part, % of the first year")
    axis.legend(frameon=False, ncols=2)
    return figure


def parameters_figure(changes: dict[str, list[Change]]) -> Figure:
    """Draw, for each change of the book, what it serves at equal income in each kind of world."""
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axis = figure.subplots()
    shapes = "osD^vP"
    labels = [one.name for one in next(iter(changes.values()))]
    for number, (world, found) in enumerate(changes.items()):
        offset = (number - (len(changes) - 1) / 2) * 0.12
        places = np.arange(len(found)) + offset
        _dots(axis, places, found, shapes[number % len(shapes)], world)
    axis.axvline(0, color="#888888", lw=1)
    axis.set_yticks(np.arange(len(labels)), labels)
    axis.invert_yaxis()
    axis.set_xlabel(
        "visits served at the same contributors' income, points beyond the default book"
    )
    axis.legend(frameon=False, fontsize=8)
    return figure


def _dots(axis: Axes, places: np.ndarray, found: Sequence[Change], shape: str, label: str) -> None:
    axis.errorbar(
        [one.gain.mean for one in found],
        places,
        xerr=[one.gain.half for one in found],
        fmt=shape,
        ms=4,
        elinewidth=0.6,
        label=label,
    )
