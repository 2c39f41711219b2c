"""Diaries: closed questions about a moment of the day, and the month's cells that they make.

Nothing is typed, so nothing can be said that the public domains do not have.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import prod
from types import MappingProxyType
from typing import Any

from traces.errors import InvalidTemplate
from traces.result import Cell, choose
from traces.schema import Dimension, Measure, Per, Template, Value, Words

#: What anybody may answer to anything.
UNSAID = "unsaid"
_UNSAID = Value(UNSAID, Words("I would rather not say", "Je préfère ne pas répondre"))
#: How many entries of one kind a month may have.
MOST_ENTRIES = 60
#: How many questions a diary has, and options a question: the least and the most.
QUESTIONS, OPTIONS = (2, 8), (2, 12)
#: How many cells a month's table has at most, and what a month may cost of privacy.
MOST_CELLS = 2_000
EPSILONS = (Decimal("0.1"), Decimal("0.5"))
FEWEST_PEOPLE = 200
#: What a page needs for itself, and the column that every diary has.
RESERVED = ("day", "draft", "csrf_token", "entries")
_ENTRIES = Words("How often", "Combien de fois")


class Role(StrEnum):
    """What becomes of the answers to a question."""

    DIMENSION = "dimension"  # a column of the table
    SUM = "sum"  # added up over the month
    SHARE = "share"  # the mean over the entries


@dataclass(frozen=True)
class Option:
    """A possible answer; its number, where the question has numbers."""

    value: Value
    number: int | None = None


@dataclass(frozen=True)
class Ask:
    """A closed question of a diary.

    Parameters
    ----------
    key, title : str, Words
    options : tuple of Option
        Without "I would rather not say", which every question has.
    role : Role
    short : Words, optional
        What an answer is called where the question is not asked: "Loyalty card". The title, where
        there is none.
    unit : str
        Of its number, for a sum or a share.
    high : Decimal
        The largest number of a month.
    """

    key: str
    title: Words
    options: tuple[Option, ...]
    role: Role
    unit: str = "%"
    high: Decimal = Decimal(100)
    short: Words | None = None

    def __post_init__(self) -> None:
        _hold(self.key not in RESERVED, f"{self.key} is not the name of something else", "title")
        least, most = OPTIONS
        _hold(least <= len(self.options) <= most, f"{self.key} has options", "options")
        keys = [option.value.key for option in self.options]
        for n, option in enumerate(self.options):
            rule = f"{self.key} has each option once"
            _hold(option.value.key not in (UNSAID, *keys[:n]), rule, "options", n)
            self._hold_number(option.number, n)

    def _hold_number(self, number: object, n: int) -> None:
        """Refuse a number where the question has none, and the reverse."""
        if self.role is Role.DIMENSION:
            _hold(number is None, f"{self.key} is a column, without numbers", "options", n)
            return
        # A truth value is a whole number, too, by its type.
        _hold(type(number) is int, f"{self.key} has a whole number for each option", "options", n)
        fits = isinstance(number, int) and 0 <= number <= self.high
        _hold(fits, f"the numbers of {self.key} are within its largest", "options", n)

    @property
    def name(self) -> Words:
        """What its answers are called."""
        return self.short or self.title

    @property
    def answers(self) -> tuple[Value, ...]:
        """All that can be answered."""
        return (*(option.value for option in self.options), _UNSAID)

    def number(self, answer: str) -> int | None:
        """Return the number of an answer; None where it has none."""
        return next((o.number for o in self.options if o.value.key == answer), None)


@dataclass(frozen=True)
class Diary:
    """A diary, and the template that its months feed.

    Parameters
    ----------
    template : Template
    asks : tuple of Ask
    """

    template: Template
    asks: tuple[Ask, ...]

    @property
    def key(self) -> str:
        """The template's key."""
        return self.template.key

    def checked(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Return an entry's answers, one to each question.

        Raises
        ------
        ValueError
            An answer is none of those that can be given.
        """
        kept = {ask.key: answers.get(ask.key, UNSAID) for ask in self.asks}
        for ask in self.asks:
            if kept[ask.key] not in {value.key for value in ask.answers}:
                raise ValueError("an answer is none of those that can be given")
        return kept

    def counts(self, entry: Mapping[str, str]) -> bool:
        """Say whether an entry can be counted: each question with numbers has one.

        A table needs a number of everybody in it, and nought would be one that nobody said.
        """
        asked = (ask for ask in self.asks if ask.role is not Role.DIMENSION)
        return all(ask.number(entry[ask.key]) is not None for ask in asked)

    def cells(self, entries: Iterable[Mapping[str, str]], month: str, key: bytes) -> list[Cell]:
        """Return the cells of a month's entries; one that lacks a number is in none.

        Parameters
        ----------
        entries : iterable of mapping
            Checked answers by question.
        month : str
            "YYYY-MM".
        key : bytes
            The caller's secret: chooses cells, where there are more than k.
        """
        groups: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
        hard = [ask for ask in self.asks if ask.role is Role.DIMENSION]
        for entry in filter(self.counts, entries):
            groups.setdefault(tuple(entry[ask.key] for ask in hard), []).append(entry)
        template = self.template
        taken = choose(sorted(groups), template.k, template=template.key, month=month, key=key)
        return [Cell(values, self._numbers(groups[values])) for values in sorted(taken)]

    def _numbers(self, entries: list[Mapping[str, str]]) -> tuple[float, ...]:
        exact = [Fraction(len(entries))]
        for ask in self.asks:
            if ask.role is Role.DIMENSION:
                continue
            total = sum(ask.number(entry[ask.key]) or 0 for entry in entries)
            exact.append(Fraction(total, 1 if ask.role is Role.SUM else len(entries)))
        fitted = zip(self.template.measures, exact, strict=True)
        return tuple(measure.fit(number)[0] for measure, number in fitted)


@cache
def diaries() -> Mapping[str, Diary]:
    """Return the diaries, by key.

    Raises
    ------
    InvalidTemplate
        One contradicts itself.
    """
    found = {}
    folder = files("traces").joinpath("diaries")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            made = diary(tomllib.loads(path.read_text("utf-8")))
            if path.name != f"{made.key}.toml":
                raise InvalidTemplate(f"the file {path.name} holds the diary of its name")
            found[made.key] = made
    return MappingProxyType(found)


def diary(facts: Mapping[str, Any]) -> Diary:
    """Return a diary from the tables of its data file.

    Raises
    ------
    InvalidTemplate
        A field is missing, unknown or out of its range.
    """
    plain = dict(facts)
    try:
        told = plain.pop("ask")
        _hold(QUESTIONS[0] <= len(told) <= QUESTIONS[1], "a diary has a few questions", "ask")
        asks = tuple(_at(n, each) for n, each in enumerate(told))
        source = plain.pop("source")
        for name in ("title", "question", "dropped"):
            plain[name] = Words(**plain[name])
        dimensions = tuple(
            Dimension(ask.key, ask.name, ask.answers, source)
            for ask in asks
            if ask.role is Role.DIMENSION
        )
        measures = (_measure("entries", _ENTRIES, "entries", Decimal(MOST_ENTRIES)),) + tuple(
            _measure(ask.key, ask.name, ask.unit, ask.high)
            for ask in asks
            if ask.role is not Role.DIMENSION
        )
        _hold(bool(dimensions), "one question at least is a column", "ask")
        size = prod(len(each.values) for each in dimensions)
        _hold(size <= MOST_CELLS, "a diary has not too many cells", "ask")
        k = min(plain.pop("k"), size)
        template = Template(
            family="diary",
            dimensions=dimensions,
            measures=measures,
            k=k,
            epsilon=Decimal(plain.pop("epsilon")),
            sensitive=False,
            **plain,
        )
        least, most = EPSILONS
        _hold(least <= template.epsilon <= most, "a month costs little of privacy", "epsilon")
        _hold(template.minimum_people >= FEWEST_PEOPLE, "many people", "minimum_people")
        return Diary(template, asks)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        pass
    raise InvalidTemplate(f"the diary {facts.get('key')} has every field, and no other")


def _at(n: int, facts: Mapping[str, Any]) -> Ask:
    """Return a question, or say of what is wrong with it which question it is."""
    try:
        return _ask(facts)
    except InvalidTemplate as error:
        rule, place = error.rule, error.place
    except (KeyError, TypeError, ValueError, ArithmeticError):
        rule, place = f"question {n + 1} has every field, and no other", ()
    raise InvalidTemplate(rule, ("ask", n, *place))


def _hold(kept: bool, rule: str, *place: str | int) -> None:
    if not kept:
        raise InvalidTemplate(rule, place)


def _measure(key: str, title: Words, unit: str, high: Decimal) -> Measure:
    return Measure(key, title, unit, Decimal(0), high, Decimal(1), Per.MONTH, 1)


def _ask(facts: Mapping[str, Any]) -> Ask:
    plain = dict(facts)
    options = tuple(
        Option(Value(value, Words(en, fr)), *number)
        for value, en, fr, *number in plain.pop("options")
    )
    if "short" in plain:
        plain["short"] = Words(**plain["short"])
    if "high" in plain:
        plain["high"] = Decimal(plain["high"])
    return Ask(
        title=Words(**plain.pop("title")), role=Role(plain.pop("role")), options=options, **plain
    )
