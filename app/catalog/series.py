"""The editions of a collection one after the other, and what changed in their free previews.

Nothing here reads a table that is sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from app.catalog.previews import Preview, changed, chosen, is_alike, preview
from app.catalog.reading_aloud import edition_name
from app.collections.rules import CollectionRules
from app.releases import queries as releases
from app.releases.queries import EditionView, ReleaseView
from privacy.tables.changes import Change
from privacy.tables.rollup import Figure

#: So many editions are shown of a collection, the newest.
MOST = 12
#: Stands for the edition among the columns of a figure.
EDITION = "edition"


@dataclass(frozen=True)
class Step:
    """What changed in a preview from one edition to the next.

    Attributes
    ----------
    changes : tuple of Change
        In the order of the figures that can be compared.
    """

    earlier: EditionView
    later: EditionView
    changes: tuple[Change, ...]

    @cached_property
    def told(self) -> tuple[Change, ...]:
        """Those that are told apart."""
        return tuple(each for each in self.changes if each.named)

    def of(self, figure: Figure) -> Change | None:
        """Return the change of a figure of the later edition, where it can be compared."""
        return next((each for each in self.changes if each.figure.cell == figure.cell), None)


@dataclass(frozen=True)
class Series:
    """A preview of one column over editions, the oldest first, and each step between them."""

    views: tuple[ReleaseView, ...]
    previews: tuple[Preview, ...]
    steps: tuple[Step, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures that can be compared, those of one value together, edition by edition."""
        names = [edition_name(view.edition) for view in self.views]
        return tuple(
            replace(figure, cell=(*figure.cell, (EDITION, name)))
            for same in zip(*(shown.comparable for shown in self.previews), strict=True)
            for name, figure in zip(names, same, strict=True)
        )


def editions(rules: CollectionRules, edition: EditionView) -> tuple[EditionView, ...]:
    """Return the newest editions for the same purposes as one, the newest first."""
    return releases.newest_of(rules, edition.purposes, MOST)


def step(view: ReleaseView, shown: Preview, listed: Sequence[EditionView]) -> Step | None:
    """Return what changed since the edition before; None where none can be compared.

    Of other editions no more than this one is read.

    Parameters
    ----------
    listed : sequence of EditionView
        The newest ones; an older one is looked for where it is not among them.
    """
    number = view.edition.number
    before = [each for each in listed if each.number < number] or releases.newest_of(
        view.rules, view.edition.purposes, 1, before=number
    )
    if not before:
        return None
    other = releases.release(before[0].id)
    if not is_alike(view, other, shown.place):
        return None
    (found,) = changed([shown], [preview(other, shown.place)])
    return Step(other.edition, view.edition, found)


def of_collection(rules: CollectionRules, text: str) -> Series | None:
    """Return a preview over the newest editions; None where there are not two of them.

    Those for the purposes of the newest one, as far as they have the same values.

    Parameters
    ----------
    text : str
        Which column an address asks for.
    """
    last = releases.newest_of(rules, None, 1)
    if not last:
        return None
    listed = editions(rules, last[0])
    views = releases.some([each.id for each in listed])
    newest = views[last[0].id]
    place = chosen(newest, text)
    if place is None:
        return None
    alike = [views[each.id] for each in reversed(listed) if is_alike(newest, views[each.id], place)]
    if len(alike) < 2:
        return None
    shown = [preview(view, place) for view in alike]
    steps = tuple(
        Step(earlier.edition, later.edition, found)
        for earlier, later, found in zip(
            alike[:-1], alike[1:], changed(shown[1:], shown[:-1]), strict=True
        )
    )
    return Series(tuple(alike), tuple(shown), steps)
