"""What a person can choose to give: families of exports, with the words that they read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections import queries as collections
from app.collections.rules import CollectionRules
from app.collections.templates import collection_of
from privacy.loss import Rho, rho_for, right_guesses
from traces.catalogue import templates
from traces.formats import Format, formats


@dataclass(frozen=True)
class FamilyWords:
    """A family's name, what it is in a few words, and the families of formats in it.

    Attributes
    ----------
    note : str
        What somebody has to know before they choose their files; empty where there is nothing.
    """

    title: Any
    about: Any
    formats: tuple[str, ...]
    note: Any = ""


#: In the order in which they are offered.
WORDS: dict[str, FamilyWords] = {
    "electricity": FamilyWords(
        _l("Electricity"),
        _l("What your meter counted: Enedis, EDF and others."),
        ("electricity", "enedis", "edf", "conso", "totalenergies"),
    ),
    "bank": FamilyWords(
        _l("Spending"),
        _l("A list of operations from your bank: CSV, OFX and others."),
        ("bank",),
        _l("Give each account in one format only: as OFX and as CSV it counts twice."),
    ),
    "spotify": FamilyWords(_l("Music and podcasts"), _l("Your Spotify history."), ("spotify",)),
    "netflix": FamilyWords(
        _l("Films and series"), _l("Your Netflix viewing activity."), ("netflix",)
    ),
    "google": FamilyWords(
        _l("Searches and videos"), _l("Google and YouTube, from Takeout."), ("google", "youtube")
    ),
    "body": FamilyWords(
        _l("Steps and sleep"),
        _l("Apple Health, Fitbit, Google Fit, Garmin, Withings."),
        ("body", "apple_health", "fitbit", "google_fit", "garmin", "withings"),
    ),
    "sport": FamilyWords(
        _l("Sport"), _l("Strava, and files of a watch."), ("sport", "strava", "gpx", "tcx", "fit")
    ),
    "uber": FamilyWords(_l("Platform work"), _l("Hours and pay of Uber drivers."), ("uber",)),
    "timeline": FamilyWords(
        _l("Trips"), _l("How you get about: Google Timeline."), ("timeline", "google_timeline")
    ),
    "amazon": FamilyWords(_l("Online orders"), _l("Your Amazon orders."), ("amazon",)),
    "tesco": FamilyWords(_l("Groceries"), _l("Your Tesco Clubcard."), ("tesco",)),
    "sensor": FamilyWords(
        _l("Home sensors"),
        _l("CSV or JSON of a meter of your own."),
        ("sensor", "home-assistant", "green-button"),
    ),
}


#: Where a format that no words name belongs, by what it feeds: a new bank needs no line here.
BY_TEMPLATE = {
    "spending": "bank",
    "spending_gbp": "bank",
    "home_power": "electricity",
    "home_energy_daily": "electricity",
    "listening": "spotify",
    "viewing": "netflix",
    "watching_online": "google",
    "searching_online": "google",
    "daily_steps": "body",
    "daily_active": "body",
    "nightly_sleep": "body",
    "sport": "sport",
    "gig_time": "uber",
    "gig_trips": "uber",
    "gig_pay": "uber",
    "mobility": "timeline",
    "orders": "amazon",
    "orders_gbp": "amazon",
    "groceries": "tesco",
}


def group_of(each: Format) -> str:
    """Return the family that a person chooses for a format."""
    for key, words in WORDS.items():
        if each.family in words.formats:
            return key
    fed = [BY_TEMPLATE[name] for name in each.templates if name in BY_TEMPLATE]
    return fed[0] if fed else each.family


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
    note: str
    templates: tuple[tuple[str, CollectionRules], ...]

    @property
    def guesses(self) -> float:
        """How many of 100 guesses whether somebody gave a month are right at most.

        All templates count together, as a month of files goes into each of them.
        """
        every = [rules for _, rules in self.templates]
        return right_guesses(sum((rho_for(r.epsilon, r.delta) for r in every), Rho(0)))


def families() -> tuple[Family, ...]:
    """Return what can be given, in order; what no collection takes is not among it."""
    fed: dict[str, set[str]] = {}
    for each in formats().values():
        fed.setdefault(group_of(each), set()).update(each.templates)
    made = []
    for key in [*(key for key in WORDS if key in fed), *sorted(set(fed) - set(WORDS))]:
        words = WORDS.get(key, FamilyWords(key.title(), "", (key,)))
        taken = tuple(
            (name, collections.rules(found))
            for name in templates()
            if name in fed[key] and (found := collection_of(name))
        )
        if taken:
            told = str(words.title), str(words.about), str(words.note)
            made.append(Family(key, *told, taken))
    return tuple(made)


def fed_by(template: str, format_ids: Iterable[str], every: Iterable[Family]) -> str:
    """Return the family whose files go into a template: that of the files before, if it is one.

    Empty where no file does.
    """
    able = [each.key for each in every if template in dict(each.templates)]
    known = formats()
    before = [group_of(known[each]) for each in format_ids if each in known]
    return next((each for each in before if each in able), next(iter(able), ""))


def family(key: str) -> Family | None:
    """Return a family that can be given."""
    return next((each for each in families() if each.key == key), None)
