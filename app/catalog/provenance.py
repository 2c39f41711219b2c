"""What an edition's data is, in plain words: of when, from where, how it came, what is missing.

Made of public rules and released figures alone.
"""

from dataclasses import dataclass
from functools import cache

from flask_babel import gettext, ngettext

from app.catalog.previews import Preview
from app.collections import wording
from app.collections.lists import BY_KEY
from app.collections.own_diaries import every_diary
from app.collections.rules import CollectionRules
from app.collections.templates import every_template, words_of
from app.releases.queries import ReleaseView
from app.web.filters import moment, month, number
from privacy.tables.rollup import Figure
from traces.formats import feeds
from traces.how_to import families, how_to
from traces.schema import Words

#: Lists of places that the market keeps, and ways to read a column that tell when a row was.
PLACES, TIMES = ("eu", "french-regions"), ("year", "quarter", "month")


@dataclass(frozen=True)
class Fact:
    """Something that is known of the data: what it is called, and what is said."""

    name: str
    says: tuple[str, ...]


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def facts(view: ReleaseView) -> tuple[Fact, ...]:
    """Return what the rules of an edition say of its data."""
    rules = view.rules
    return (
        Fact(_("Period"), (_period(view),)),
        Fact(_("Places"), (_places(rules),)),
        Fact(_("How it was collected"), (_collected(rules),)),
        Fact(_("Who gave it"), _producers(rules)),
    )


def missing(view: ReleaseView, shown: Preview | None) -> tuple[str, ...]:
    """Say what is not in an edition: left out by the bound, outside the values, never asked.

    Parameters
    ----------
    shown : Preview or None
        What of the free preview is on the page: its "other" value is told.
    """
    rules = view.rules
    found = [_left_out(view), _outside(rules, shown), _not_asked(rules)]
    found.append(_("Nobody was drawn by lot: the figures speak of those who gave, not of others."))
    return tuple(text for text in found if text)


def _period(view: ReleaseView) -> str:
    if view.edition.period:
        return month(view.edition.period)
    until = _("Given until %(day)s.", day=moment(view.edition.closed_at, "date"))
    times = [c.name for c in view.rules.columns if c.transform in TIMES]
    if times:
        names = ", ".join(wording.columns(times, view.rules))
        when = _("The time stands in: %(names)s.", names=names)
    else:
        when = _("The rules do not say how old rows may be.")
    return f"{until} {when}"


def _places(rules: CollectionRules) -> str:
    known = {frozenset(BY_KEY[key].values): BY_KEY[key] for key in PLACES}
    said = [
        f"{wording.column(d.name, rules)} ({known[frozenset(d.values)].title})"
        for d in rules.schema.dimensions
        if frozenset(d.values) in known
    ]
    if said:
        return ", ".join(said)
    return _("Not asked. The rules name no place, so people may be from anywhere.")


def _collected(rules: CollectionRules) -> str:
    if rules.template in every_diary():
        return _("A diary: people answered a short form with closed questions.")
    if rules.template:
        return _(
            "Exports: people downloaded their own data and gave it, summed up by month. Any of "
            "these will do: %(providers)s.",
            providers="; ".join(words_of(each) for each in _providers(rules.template)),
        )
    return _("Files that their holders uploaded, checked against the rules of the collection.")


@cache
def _providers(template: str) -> tuple[Words, ...]:
    """Return whose exports go into a template."""
    guides = (guide for family in families() for guide in how_to(family))
    return tuple(g.provider for g in guides if not g.last and feeds(g.formats, {template}))


def _producers(rules: CollectionRules) -> tuple[str, ...]:
    if rules.template:
        return (_("Individuals, each with their own data and their own consent."),)
    who = _("People with rows of their own, or holders of files about many people.")
    if rules.identifier:
        return who, _("Somebody in several files counts as one person.")
    return who, _("Somebody in the files of two holders counts as two.")


def _left_out(view: ReleaseView) -> str:
    found, bound = view.release.left_out(), view.rules.schema.bound
    if found is None:
        return ""
    if not found.distinct:
        return str(
            ngettext(
                "Of each person one contribution counts at most. As far as can be told, hardly "
                "any were left out by that.",
                "Of each person %(num)s contributions count at most. As far as can be told, hardly "
                "any were left out by that.",
                bound,
            )
        )
    return str(
        ngettext(
            "Of each person one contribution counts at most: about %(value)s more were left out "
            "(%(low)s to %(high)s).",
            "Of each person %(num)s contributions count at most: about %(value)s more were left "
            "out (%(low)s to %(high)s).",
            bound,
            value=number(max(0, found.value), 0),
            low=number(max(0, found.low), 0),
            high=number(max(0, found.high), 0),
        )
    )


def _outside(rules: CollectionRules, shown: Preview | None) -> str:
    other = _other(rules, shown)
    if other is not None and shown is not None:
        low, value, high = (number(max(0, x), 0) for x in (other.low, other.value, other.high))
        return _(
            "Values outside the list of “%(column)s” are in “%(other)s”: about %(value)s "
            "contributions (%(low)s to %(high)s).",
            column=wording.column(shown.axis, rules),
            other=wording.value(other.cell[0][1], shown.axis, rules),
            value=value,
            low=low,
            high=high,
        )
    if any(dimension.other is None for dimension in rules.schema.dimensions):
        return _("Rows with a value outside the lists were refused, and are counted nowhere.")
    return ""


def _other(rules: CollectionRules, shown: Preview | None) -> Figure | None:
    """Return the figure of what is outside the values of the column on the page."""
    if shown is None or not shown.counts:
        return None
    other = next((d.other for d in rules.schema.dimensions if d.name == shown.axis), None)
    return next((f for f in shown.figures if other is not None and f.cell[0][1] == other), None)


def _not_asked(rules: CollectionRules) -> str:
    names = ", ".join(wording.columns(rules.schema.axes, rules))
    asked = _("Only these columns were asked: %(names)s.", names=names)
    template = every_template().get(rules.template)
    if template is None:
        return asked
    never = _("Never kept: %(what)s", what=words_of(template.dropped))
    return f"{asked} {never}"
