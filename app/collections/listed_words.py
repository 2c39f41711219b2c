"""What a collection says of itself in the lists of what is on sale, and what it is found by."""

from flask_babel import force_locale

from app.collections import queries, wording
from app.collections.rules import CollectionRules
from app.collections.texts import topic_name
from app.search.service import Wording

#: Lists show the beginning of what a collection is for.
LONGEST = 400


def listed_words(collection_id: str) -> Wording:
    """Return what lists say of a collection, in both languages."""
    (title_en, about_en, topic_en), (title_fr, about_fr, topic_fr) = (
        _said(collection_id, locale) for locale in ("en", "fr")
    )
    rules = queries.rules(collection_id)
    searched = [title_en, title_fr, about_en, about_fr, topic_en, topic_fr, *_columns(rules)]
    return Wording(
        title_en, title_fr, about_en, about_fr, rules.person, " ".join([*searched, rules.person])
    )


def _said(collection_id: str, locale: str) -> tuple[str, str, str]:
    with force_locale(locale):
        rules = queries.rules(collection_id)
        return wording.title(rules), wording.about(rules)[:LONGEST], topic_name(rules.topic)


def _columns(rules: CollectionRules) -> list[str]:
    """Return the names and categories of the columns, in both languages where they have them."""
    values = [value for dimension in rules.schema.dimensions for value in dimension.values]
    return [rules.topic, *rules.schema.axes, *values, *wording.every_word(rules)]
