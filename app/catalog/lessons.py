"""What an earlier edition says about how many contributions of a person to keep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.core.plots import Plot, Point, plot
from app.releases import bounds
from app.releases.queries import EditionView
from privacy.bounds import Bounds, Choice

#: So many earlier editions are shown at most, and so many bounds of each.
MOST_LESSONS, MOST_ROWS = 3, 12
#: Of a chart, in errors of the best bound.
FAR = 5


@dataclass(frozen=True)
class Lesson:
    """An edition, and what each bound would have done to its figures."""

    rules: CollectionRules
    edition: EditionView
    bounds: Bounds

    @property
    def shown(self) -> tuple[Choice, ...]:
        """Some of the bounds, denser where they are small; the edition's own and the best too."""
        choices, best = self.bounds.choices, self.bounds.best
        grown = {round(len(choices) ** (n / (MOST_ROWS - 1))) - 1 for n in range(MOST_ROWS)}
        every = len(choices) <= MOST_ROWS
        return tuple(
            choice
            for place, choice in enumerate(choices)
            if every or place in grown or choice in (best, self.bounds.own)
        )

    def chart(self, names: Mapping[str, str]) -> Plot:
        """Draw the noise of a mean cell, what is left out of it, and both, by the bound.

        Far worse bounds than the best are left out, and would flatten the rest; never the own.
        """
        best = self.bounds.best
        first = next(c for c in self.shown if c is self.bounds.own or c.error < FAR * best.error)
        drawn = [c for c in self.shown if c.bound >= first.bound]
        lines = [
            (names["noise"], [Point(c.bound, c.sd) for c in drawn]),
            (names["left out"], [Point(c.bound, c.missing) for c in drawn]),
            (names["both"], [Point(c.bound, c.error, "here" if c is best else "") for c in drawn]),
        ]
        return plot(lines, [(c.bound, str(c.bound)) for c in drawn])


def of_collection(rules: CollectionRules) -> Lesson | None:
    """Return what the latest edition of a collection says, if it says anything."""
    found = bounds.latest_of(rules)
    return None if found is None else Lesson(rules, *found)


def for_founder(user_id: str, topic: str) -> tuple[Lesson, ...]:
    """Return what is known where people may bring about as much as to a collection yet to be.

    Parameters
    ----------
    user_id : str
        Whose own collections come first.
    topic : str
        Of the new collection; empty where it was not said: then any.
    """
    return tuple(islice(_lessons(user_id, topic), MOST_LESSONS))


def _lessons(user_id: str, topic: str) -> Iterator[Lesson]:
    owned = collections.owned_by(user_id)
    alike = [one for one in collections.public_collections() if topic in ("", one.topic)]
    for rules in {one.id: one for one in (*owned, *alike)}.values():
        found = of_collection(rules) if rules.released else None
        if found is not None:
            yield found
