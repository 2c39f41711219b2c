"""Ways to give a column that the market keeps ready: its own lists, and round bounds, by topic.

None depends on a file: which one is suggested follows from the topic and the kind of a column.
"""

from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.lists import LISTS
from app.datasets.ingest.profiling import ColumnKind, ColumnProfile
from app.datasets.understanding import ColumnAnswer, ColumnRole

ROUND = "round bounds offered by the market"
#: In how many cells one person counts, where only three questions are asked.
BOUND = 3
LEAVE = ""
#: Answers of the full page that no preset gives.
KEPT = "kept"


@dataclass(frozen=True)
class Preset:
    """One way to give a column.

    Attributes
    ----------
    key : str
    words
        In the reader's language.
    group
        Under which heading it stands.
    answer : ColumnAnswer
        Without the column and its name.
    """

    key: str
    words: Any
    group: Any
    answer: ColumnAnswer

    def of(self, column: str, date_form: str = "", decimal: str = "") -> ColumnAnswer:
        """Return the answer about a column."""
        return replace(
            self.answer, column=column, name=column, date_form=date_form, decimal=decimal
        )


DATES, TIMES, NUMBERS, WORDS = (
    _l("Of a date"),
    _l("Of a time"),
    _l("A number"),
    _l("A list of the market"),
)


def _part(key: str, words: Any, group: Any) -> Preset:
    return Preset(key, words, group, ColumnAnswer("", ColumnRole.DIMENSION, transform=key))


def _number(key: str, words: Any, upper: str, step: str, unit: str = "") -> Preset:
    answer = ColumnAnswer(
        "",
        ColumnRole.MEASURE,
        unit=unit,
        lower="0",
        upper=upper,
        resolution=step,
        source=ROUND,
    )
    return Preset(key, words, NUMBERS, answer)


PRESETS = (
    _part("weekday", _l("day of the week"), DATES),
    _part("kind-of-day", _l("weekday or weekend"), DATES),
    _part("month", _l("month"), DATES),
    _part("quarter", _l("quarter"), DATES),
    _part("hour-block", _l("three-hour block"), TIMES),
    _part("hour", _l("hour of the day"), TIMES),
    _number("money-50", _l("money, 0 to 50 €"), "50", "0.01", "EUR"),
    _number("money-200", _l("money, 0 to 200 €"), "200", "0.01", "EUR"),
    _number("money-1000", _l("money, 0 to 1,000 €"), "1000", "0.01", "EUR"),
    _number("money-5000", _l("money, 0 to 5,000 €"), "5000", "0.01", "EUR"),
    _number("number-10", _l("0 to 10, step 1"), "10", "1"),
    _number("number-100", _l("0 to 100, step 1"), "100", "1"),
    _number("number-1000", _l("0 to 1,000, step 1"), "1000", "1"),
    _number("number-10000", _l("0 to 10,000, step 10"), "10000", "10"),
    _part("yes-no", _l("yes or no, in any words"), WORDS),
    *(
        Preset(
            f"list-{each.key}",
            each.title,
            WORDS,
            ColumnAnswer(
                "",
                ColumnRole.DIMENSION,
                categories="\n".join(each.values),
                other=True,
                source=each.source,
            ),
        )
        for each in LISTS
        if each.key not in ("yes-no", "oui-non")
    ),
)
BY_KEY = {each.key: each for each in PRESETS}
#: What a number and a word is usually given as, by topic and language.
_USUAL = {
    "shopping": ("money-200", {"en": "list-payment", "fr": "list-paiement"}),
    "work": ("money-5000", {"en": "list-economy", "fr": "list-economy"}),
    "health": ("number-100", {"en": "list-age-groups", "fr": "list-age-groups"}),
    "mobility": ("number-100", {"en": "list-transport", "fr": "list-transports"}),
    "energy": ("number-1000", {"en": LEAVE, "fr": LEAVE}),
    "leisure": ("number-10", {"en": "list-agreement", "fr": "list-agreement"}),
    "home": ("money-1000", {"en": "list-spending", "fr": "list-spending"}),
    "other": ("number-100", {"en": LEAVE, "fr": LEAVE}),
}
#: What one contribution is called, by topic, where its founder says nothing else.
RECORDS = {
    "shopping": _l("purchase"),
    "work": _l("day of work"),
    "health": _l("entry"),
    "mobility": _l("trip"),
    "energy": _l("reading"),
    "leisure": _l("activity"),
    "home": _l("expense"),
    "other": _l("entry"),
}


def usual(profile: ColumnProfile, topic: str, language: str) -> str:
    """Return the key of what is suggested for a column: by its kind, never by what is in it."""
    number, words = _USUAL.get(topic, _USUAL["other"])
    if profile.kind is ColumnKind.DATE:
        return "weekday"
    if profile.timed:
        return "hour-block"
    if profile.kind is ColumnKind.NUMBER:
        return number
    return words.get(language, words["en"]) if profile.kind is ColumnKind.CATEGORY else LEAVE


def key_of(answer: ColumnAnswer) -> str:
    """Return the preset that an answer came from; `KEPT` where it was made otherwise."""
    if answer.role == ColumnRole.LEAVE:
        return LEAVE
    for preset in PRESETS:
        if preset.of(answer.column, answer.date_form, answer.decimal) == answer:
            return preset.key
    return KEPT
