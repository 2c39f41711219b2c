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
_ENTRIES = Words("How often", "Combien de fois")


class Role(StrEnum):
    """What becomes of the answers to a question."""

    DIMENSION = "dimension"  # a column of the table
    SUM = "sum"  # added up over the month
    SHARE = "share"  # the mean over the entries that have an answer


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

    def cells(self, entries: Iterable[Mapping[str, str]], month: str, key: bytes) -> list[Cell]:
        """Return the cells of a month's entries.

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
        for entry in entries:
            groups.setdefault(tuple(entry[ask.key] for ask in hard), []).append(entry)
        template = self.template
        taken = choose(sorted(groups), template.k, template=template.key, month=month, key=key)
        return [Cell(values, self._numbers(groups[values])) for values in sorted(taken)]

    def _numbers(self, entries: list[Mapping[str, str]]) -> tuple[float, ...]:
        exact = [Fraction(len(entries))]
        for ask in self.asks:
            if ask.role is Role.DIMENSION:
                continue
            said = [n for e in entries if (n := ask.number(e[ask.key])) is not None]
            count = 1 if ask.role is Role.SUM else max(1, len(said))
            exact.append(Fraction(sum(said), count))
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
        asks = tuple(_ask(each) for each in plain.pop("ask"))
        source = plain.pop("source")
        for name in ("title", "question", "dropped"):
            plain[name] = Words(**plain[name])
        dimensions = tuple(
            Dimension(ask.key, ask.title, ask.answers, source)
            for ask in asks
            if ask.role is Role.DIMENSION
        )
        measures = (_measure("entries", _ENTRIES, "entries", Decimal(MOST_ENTRIES)),) + tuple(
            _measure(ask.key, ask.title, ask.unit, ask.high)
            for ask in asks
            if ask.role is not Role.DIMENSION
        )
        k = min(plain.pop("k"), prod(len(each.values) for each in dimensions))
        template = Template(
            family="diary",
            dimensions=dimensions,
            measures=measures,
            k=k,
            epsilon=Decimal(plain.pop("epsilon")),
            sensitive=False,
            **plain,
        )
        return Diary(template, asks)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        pass
    raise InvalidTemplate(f"the diary {facts.get('key')} has every field, and no other")


def _measure(key: str, title: Words, unit: str, high: Decimal) -> Measure:
    return Measure(key, title, unit, Decimal(0), high, Decimal(1), Per.MONTH, 1)


def _ask(facts: Mapping[str, Any]) -> Ask:
    plain = dict(facts)
    options = tuple(
        Option(Value(value, Words(en, fr)), *number)
        for value, en, fr, *number in plain.pop("options")
    )
    if "high" in plain:
        plain["high"] = Decimal(plain["high"])
    return Ask(
        title=Words(**plain.pop("title")), role=Role(plain.pop("role")), options=options, **plain
    )
