"""Categories by the words of a label: small public tables, as data, in English and French."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from traces.errors import InvalidTemplate
from traces.text import normalise

#: A label is not looked at beyond.
_LONGEST = 300
_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Keywords:
    """Words, and the categories they stand for.

    Parameters
    ----------
    names : tuple of (str, pattern)
        Category, and words of a provider's own categories; the first that fits counts.
    labels : tuple of (str, pattern)
        Category, and words of labels.
    """

    names: tuple[tuple[str, re.Pattern[str]], ...] = field(repr=False)
    labels: tuple[tuple[str, re.Pattern[str]], ...] = field(repr=False)

    def of_name(self, *texts: str) -> str | None:
        """Return the category of a provider's own category, or None; the first text counts most."""
        return _first(self.names, texts)

    def of_label(self, *texts: str) -> str | None:
        """Return the category of labels, or None; the first text counts most."""
        return _first(self.labels, texts)

    @property
    def categories(self) -> Collection[str]:
        """Every category that a word stands for."""
        return {key for key, _ in (*self.names, *self.labels)}


@cache
def keywords(table: str) -> Keywords:
    """Return a table of words.

    Parameters
    ----------
    table : str
        Name of its file, without its ending.

    Raises
    ------
    InvalidTemplate
        A category has neither names nor words, or a field that is unknown.
    """
    text = files("traces").joinpath("keywords", f"{table}.toml").read_text("utf-8")
    return keywords_of(tomllib.loads(text)["category"])


def keywords_of(categories: Collection[Mapping[str, Any]]) -> Keywords:
    """Return a table of words from its data.

    A word stands for itself alone; one that ends in "*" for all that begin so.

    Examples
    --------
    >>> some = keywords_of([{"key": "energy", "words": ["edf", "électric*"]}])
    >>> some.of_label("PRLV EDF"), some.of_label("ELECTRICITE"), some.of_label("medfly")
    ('energy', 'energy', None)
    """
    made: dict[str, list[tuple[str, re.Pattern[str]]]] = {"names": [], "words": []}
    for facts in categories:
        rest = facts.keys() - {"key", "names", "words"}
        if rest or not (facts.get("names") or facts.get("words")):
            raise InvalidTemplate(f"the words of {facts.get('key')} have every field, no other")
        for kind, listed in made.items():
            if facts.get(kind):
                listed.append((facts["key"], _pattern(facts[kind])))
    return Keywords(tuple(made["names"]), tuple(made["words"]))


def _first(patterns: Collection[tuple[str, re.Pattern[str]]], texts: Collection[str]) -> str | None:
    for text in texts:
        plain = plain_words(text)
        for key, pattern in patterns:
            if plain and pattern.search(plain):
                return key
    return None


def plain_words(text: str) -> str:
    """Return small letters and figures without accents, with single spaces between words."""
    return _OTHER.sub(" ", normalise(text[:_LONGEST]).replace("œ", "oe")).strip()


def _pattern(words: Collection[str]) -> re.Pattern[str]:
    parts = [
        re.escape(plain_words(word)) + (r"[a-z0-9]*" if word.endswith("*") else "")
        for word in words
    ]
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(parts)})(?![a-z0-9])")
