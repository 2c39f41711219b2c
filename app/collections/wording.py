"""A collection's own words as its readers have them: those of public templates in their language.

Files keep the keys that stand in the schema; pages say what they mean.
"""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.collections.rules import CollectionRules
from app.collections.templates import every_template, in_language, words_of
from app.collections.units import unit_of
from app.search.lists import Entry
from traces.schema import Template, Words

#: The units of privacy that most founders choose, in their words; others stay as they wrote them.
UNITS = {
    "person": _l("person"),
    "household": _l("household"),
    "respondent": _l("respondent"),
    "customer": _l("customer"),
}


def title(rules: CollectionRules) -> str:
    """Return what a collection is called."""
    template = _template(rules)
    return words_of(template.title) if template else rules.title


def about(rules: CollectionRules) -> str:
    """Return what a collection is for."""
    template = _template(rules)
    return words_of(template.question) if template else rules.description


def person(rules: CollectionRules) -> str:
    """Return whom a collection is about."""
    return _unit("person" if rules.template else rules.person)


def record(rules: CollectionRules) -> str:
    """Return what one contribution is."""
    return str(_("month")) if rules.template else rules.record


def column(name: str, rules: CollectionRules) -> str:
    """Return what a dimension or measure is called."""
    template = _template(rules)
    titles: dict[str, Words] = {}
    for part in (template.dimensions, template.measures) if template else ():
        titles |= {each.key: each.title for each in part}
    return words_of(titles[name]) if name in titles else name


def columns(names: Iterable[str], rules: CollectionRules) -> list[str]:
    """Return what some columns are called."""
    return [column(name, rules) for name in names]


def value(key: str, name: str, rules: CollectionRules) -> str:
    """Return what a value of a dimension is called."""
    template = _template(rules)
    for dimension in template.dimensions if template else ():
        if dimension.key == name:
            return next((words_of(each.label) for each in dimension.values if each.key == key), key)
    return key


def unit(name: str, rules: CollectionRules) -> str:
    """Return what a unit is called."""
    return unit_of(name) if rules.template else name


def entry_title(entry: Entry) -> str:
    """Return what the collection of an entry is called."""
    return in_language(entry.title_en, entry.title_fr)


def entry_about(entry: Entry) -> str:
    """Return what the collection of an entry is for."""
    return in_language(entry.about_en, entry.about_fr)


def entry_person(entry: Entry) -> str:
    """Return whom an entry is about."""
    return _unit("person" if entry.template else entry.person)


def every_word(rules: CollectionRules) -> list[str]:
    """Return all that a template says of itself, in both languages: for a search."""
    template = _template(rules)
    if template is None:
        return []
    said = [template.title, template.question]
    for dimension in template.dimensions:
        said += [dimension.title, *(each.label for each in dimension.values)]
    said += [measure.title for measure in template.measures]
    return [text for words in said for text in (words.en, words.fr)]


def _unit(name: str) -> str:
    return str(UNITS.get(name, name))


def _template(rules: CollectionRules) -> Template | None:
    """Return the template of a collection; none where somebody founded it, or it is gone."""
    return every_template().get(rules.template) if rules.template else None
