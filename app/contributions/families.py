"""What a person can choose to give: families of exports, with the words that they read."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.collections.templates import collection_of
from traces.catalogue import templates
from traces.formats import formats


@dataclass(frozen=True)
class FamilyWords:
    """A family's name and what it is, in a few words."""

    title: Any
    about: Any


#: In the order in which they are offered.
WORDS: dict[str, FamilyWords] = {
    "electricity": FamilyWords(
        _l("Electricity"), _l("What your meter counted: Enedis, EDF and others.")
    ),
    "bank": FamilyWords(
        _l("Spending"), _l("A list of operations from your bank: CSV, OFX and others.")
    ),
    "spotify": FamilyWords(_l("Music and podcasts"), _l("Your Spotify history.")),
    "netflix": FamilyWords(_l("Films and series"), _l("Your Netflix viewing activity.")),
    "google": FamilyWords(_l("Searches and videos"), _l("Google and YouTube, from Takeout.")),
    "health": FamilyWords(
        _l("Steps and sleep"), _l("Apple Health, Fitbit, Google Fit, Garmin, Withings.")
    ),
    "sport": FamilyWords(_l("Sport"), _l("Strava, and files of a watch.")),
    "uber": FamilyWords(_l("Platform work"), _l("Hours and pay of Uber drivers.")),
    "timeline": FamilyWords(_l("Trips"), _l("How you get about: Google Timeline.")),
    "amazon": FamilyWords(_l("Online orders"), _l("Your Amazon orders.")),
    "tesco": FamilyWords(_l("Groceries"), _l("Your Tesco Clubcard.")),
    "sensor": FamilyWords(_l("Home sensors"), _l("CSV or JSON of a meter of your own.")),
}


@dataclass(frozen=True)
class Family:
    """A family that the market takes at present.

    Attributes
    ----------
    templates : tuple of (str, CollectionRules)
        Which of the public templates it feeds, with the rules of each.
    """

    key: str
    title: str
    about: str
    templates: tuple[tuple[str, CollectionRules], ...]


def families() -> tuple[Family, ...]:
    """Return what can be given, in order; what no collection takes is not among it."""
    fed: dict[str, set[str]] = {}
    for each in formats().values():
        fed.setdefault(each.family, set()).update(each.templates)
    order = [*(key for key in WORDS if key in fed), *sorted(set(fed) - set(WORDS))]
    made = []
    for key in order:
        taken = tuple(
            (name, collections.rules(found))
            for name in templates()
            if name in fed[key] and (found := collection_of(name))
        )
        if taken:
            words = WORDS.get(key, FamilyWords(key.title(), ""))
            made.append(Family(key, str(words.title), str(words.about), taken))
    return tuple(made)


def family(key: str) -> Family | None:
    """Return a family that can be given."""
    return next((each for each in families() if each.key == key), None)
