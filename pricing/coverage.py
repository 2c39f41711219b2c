"""What a set of products answers, and how precisely."""

from __future__ import annotations

from collections.abc import Iterable

from pricing.item import Item, Question

#: Question -> edition -> effective respondents, in millionths.
Coverage = dict[Question, dict[str, int]]


def coverage(items: Iterable[Item], rule: int) -> Coverage:
    """Return, per question and edition, the best answer among some items, by a rule.

    The maximum within an edition is what makes a second, coarser copy worth nothing.
    """
    best: Coverage = {}
    for item in items:
        edition = item.edition
        for question, respondents in item.reach(rule):
            known = best.get(question)
            if known is None:
                best[question] = {edition: respondents}
            elif respondents > known.get(edition, -1):
                known[edition] = respondents
    return best
