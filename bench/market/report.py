"""Rows for docs/benchmarks/market.json and the page market.md around them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import numpy as np

from bench.market.comparing import Figures, Interval, interval
from bench.market.experiments import EARLIER, Change, Findings, served_at_equal_income
from bench.market.guessing import guesses, summed
from bench.market.pooling import CROWDS, PEOPLE, PIECES, split, with_others
from bench.market.tuning import Found
from bench.market.world import Kind
from pricing.price_book import DEFAULT_BOOK, SECOND_BOOK

PAGE = Path(__file__).parent / "page.md"
BOOKS = (SECOND_BOOK, DEFAULT_BOOK)
SHOWN = {
    "income": ("EUR a year", "contributors' income"),
    "median_income": ("cents a year", "income of a person, at the median"),
    "revenue": ("EUR a year", "buyers pay"),
    "platform": ("EUR a year", "the platform's share"),
    "served": ("%", "visits that end in a purchase"),
    **{f"served_{kind}": ("%", f"the same, {kind}") for kind in Kind},
    "surplus": ("EUR a year", "what purchases are worth beyond their price"),
    "staying": ("%", "people who would take part again at the end, of those at the start"),
    "at_a_loss": ("%", "person-years that earned less than they cost"),
    "payment": ("EUR", "one payment"),
    "shown": ("%", "visits that the free previews were enough for"),
    "saved": ("%", "what clever buyers save beside the direct way"),
}


class Row(TypedDict):
    """One published figure."""

    name: str
    value: float
    unit: str
    how: str


def rows_of(findings: Findings) -> list[Row]:
    """Return every published figure."""
    rows: list[Row] = []
    worlds = f"{findings.effort.compared} worlds not used for tuning, the same for every rule"
    for rule, figures in findings.clever.items():
        for name, (unit, words) in SHOWN.items():
            rows.append(_row(f"{name}_{_slug(rule)}", interval(figures[name]), unit, words, worlds))
        lost = interval(findings.honest[rule]["revenue"] - figures["revenue"])
        words = "buyers would pay more if the clever ones bought the direct way"
        rows.append(_row(f"lost_to_clever_{_slug(rule)}", lost, "EUR a year", words, worlds))
    for rule, gain in gains(findings).items():
        words = "visits served beyond the default book's where contributors earn as much"
        how = f"{findings.effort.swept} worlds, all the book's amounts moved to earn as much"
        rows.append(_row(f"served_at_equal_income_{_slug(rule)}", gain, "points", words, how))
    for world, by_rule in findings.variants.items():
        for rule, figures in by_rule.items():
            for name in ("income", "served"):
                unit, words = SHOWN[name]
                how = f"{world}; {findings.effort.varied} worlds"
                label = f"{name}_{_slug(rule)}_{_slug(world)}"
                rows.append(_row(label, interval(figures[name]), unit, words, how))
    for world, changes in findings.changes.items():
        for one in changes:
            how = f"default book but for {one.name}; {world}; {findings.effort.varied} worlds"
            for key, value, unit, words in (
                ("gain", one.gain, "points", "visits served beyond the book's at equal income"),
                ("income", one.income, "%", "change of contributors' income"),
                ("served", one.served, "points", "change of visits that end in a purchase"),
            ):
                label = f"{key}_with_{_slug(one.name)}_{_slug(world)}"
                rows.append(_row(label, value, unit, words, how))
    return rows


def gains(findings: Findings) -> dict[str, Interval]:
    """Return visits each rule serves beyond the default book where that earns as much."""
    levels, count = findings.swept["default book"], findings.effort.swept
    return {
        rule: interval(
            served_at_equal_income(
                {name: figures[name][:count] for name in ("income", "served")}, levels
            )
        )
        for rule, figures in findings.clever.items()
    }


def publish(findings: Findings, folder: Path) -> None:
    """Write market.json and market.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "market.json").write_text(json.dumps(rows_of(findings), indent=2) + "\n")
    (folder / "market.md").write_text(page_of(findings))


def page_of(findings: Findings) -> str:
    """Fill the page in."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    effort = findings.effort
    return PAGE.read_text().format(
        date=datetime.now(tz=UTC).date(),
        machine=f"{os.cpu_count()} cores, {memory:.0f} GiB ({platform.machine()})",
        tries=effort.tries,
        training=effort.training,
        compared=effort.compared,
        swept=effort.swept,
        varied=effort.varied,
        buyers=effort.settings.buyers,
        periods=effort.settings.periods,
        collections=effort.settings.collections,
        clever=f"{100 * effort.settings.clever:.0f}",
        version=DEFAULT_BOOK.version,
        least=f"{findings.training_served:.1f}",
        rules=_rules_table(findings),
        levels=_levels_table(findings.found),
        variants=_variants_table(findings.variants),
        changes=_changes_table(findings.changes),
        splits=_splits_table(effort.settings.preview),
        crowds=_crowds_table(effort.settings.preview),
        guesses=_guesses_table(effort.settings.preview),
    )


def _rules_table(findings: Findings) -> str:
    rules = findings.clever
    lines = [
        [f"{words}, {unit}", *(str(interval(figures[name])) for figures in rules.values())]
        for name, (unit, words) in SHOWN.items()
    ]
    lost = [
        str(interval(findings.honest[rule]["revenue"] - figures["revenue"]))
        for rule, figures in rules.items()
    ]
    lines.append(["buyers would pay more if nobody were clever, EUR a year", *lost])
    for book in ("default book", EARLIER, "tuned book"):
        usual = rules[book]["income"]
        beyond = [interval(100 * (figures["income"] / usual - 1)) for figures in rules.values()]
        lines.append([f"income beyond the {book}'s, world by world, %", *map(str, beyond)])
    lines.append(
        ["visits served beyond the default book's where that earns as much, points"]
        + [str(one) for one in gains(findings).values()]
    )
    return _table(["", *rules], lines)


def _levels_table(found: Sequence[Found]) -> str:
    lines = [
        [
            one.rule.name,
            ", ".join(f"{name} {value:.3g}" for name, value in one.levels.items()),
            f"{one.income:.0f}",
            f"{one.served:.1f}",
        ]
        for one in found
    ]
    return _table(["rule", "levels", "income in training", "served in training, %"], lines)


def _variants_table(variants: dict[str, dict[str, Figures]]) -> str:
    lines = []
    for world, by_rule in variants.items():
        cells = [
            f"{np.mean(figures['income']):.0f} / {np.mean(figures['served']):.0f}"
            for figures in by_rule.values()
        ]
        lines.append([world, *cells])
    return _table(["income, EUR a year / served, %", *next(iter(variants.values()))], lines)


def _changes_table(changes: dict[str, list[Change]]) -> str:
    lines = []
    for same in zip(*changes.values(), strict=True):
        cells = [f"{one.income.mean:+.0f} / {one.served.mean:+.1f}" for one in same]
        gains = [one.gain.mean for one in same]
        lines.append([same[0].name, *cells, f"{min(gains):+.1f} to {max(gains):+.1f}"])
    return _table(["income, % / served, points", *changes, "served at equal income, points"], lines)


def _splits_table(preview: int) -> str:
    cases = [(PEOPLE, pieces, False) for pieces in PIECES]
    cases += [(2_400, 6, False), (2_400, 6, True)]
    lines = []
    for people, editions, apart in cases:
        before, now = (
            split(book, people, editions, preview, apart=apart)
            for book in (SECOND_BOOK, DEFAULT_BOOK)
        )
        lines.append(
            [f"{people:,} people", str(editions), str(now.houses), str(now.respondents)]
            + [f"{one.cents / 100:.2f}" for one in (before, now)]
            + [f"{one.cents / people:.2f}" for one in (before, now)]
        )
    header = ["of", "editions", "collections", "as precise as asking"]
    header += [f"{word}, book {b.version}" for word in ("EUR", "cents a person") for b in BOOKS]
    return _table(header, lines)


def _crowds_table(preview: int) -> str:
    header = ["editions that ask the same"]
    header += [f"{words}, {f}" for f in (16, preview) for words in ("beyond its own", "beyond all")]
    lines = [
        [f"{others:,}"]
        + [
            f"{cents / 100:.2f}"
            for factor in (16, preview)
            for cents in with_others(DEFAULT_BOOK, others, factor)
        ]
        for others in CROWDS
    ]
    return _table(header, lines)


def _guesses_table(preview: int) -> str:
    cases = {
        f"book {SECOND_BOOK.version}, preview 16": summed(guesses(SECOND_BOOK, 16)),
        f"book {DEFAULT_BOOK.version}, preview {preview}": summed(guesses(DEFAULT_BOOK, preview)),
    }
    kinds = next(iter(cases.values()))
    lines = [
        [kind, *(f"{b:.0f} / {m:.0f} / {w:.0f}" for of in cases.values() for b, m, w in [of[kind]])]
        for kind in kinds
    ]
    return _table(["guess: beats a table, % / unpaid on average, % / at most, %", *cases], lines)


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(header)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *lines))


def _row(name: str, value: Interval, unit: str, words: str, how: str) -> Row:
    spread = f"95 % interval ± {value.half:.3g}"
    return {
        "name": name,
        "value": round(value.mean, 3),
        "unit": unit,
        "how": f"{words}; mean of {how}; {spread}",
    }


def _slug(words: str) -> str:
    return words.replace(",", "").replace(" ", "_")
