"""The public templates and domains, loaded from the data files beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from traces.errors import InvalidTemplate
from traces.schema import Dimension, Measure, Per, Template, Value, Words


@cache
def domains() -> Mapping[str, Dimension]:
    """Return the shared domains, by key.

    Raises
    ------
    InvalidTemplate
        A domain contradicts itself.
    """
    listed = tomllib.loads(files("traces").joinpath("domains.toml").read_text("utf-8"))
    return MappingProxyType({key: _domain(key, facts) for key, facts in listed.items()})


@cache
def templates() -> Mapping[str, Template]:
    """Return the public templates, by key.

    Raises
    ------
    InvalidTemplate
        A template contradicts itself, or two have one key.
    """
    found: dict[str, Template] = {}
    folder = files("traces").joinpath("templates")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            made = template(tomllib.loads(path.read_text("utf-8")))
            if made.key in found or path.name != f"{made.key}.toml":
                raise InvalidTemplate(f"the file {path.name} holds the template of its name")
            found[made.key] = made
    return MappingProxyType(found)


def template(facts: Mapping[str, Any]) -> Template:
    """Return a template from the tables of its data file.

    Raises
    ------
    InvalidTemplate
        A field is missing, unknown or out of its range.
    """
    plain: dict[str, Any] = dict(facts)
    try:
        for name in ("title", "question", "dropped"):
            plain[name] = Words(**plain[name])
        return Template(
            dimensions=tuple(_dimension(each) for each in plain.pop("dimension")),
            measures=tuple(_measure(each) for each in plain.pop("measure")),
            epsilon=Decimal(plain.pop("epsilon")),
            **plain,
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        pass
    raise InvalidTemplate(f"the template {facts.get('key')} has every field, and no other")


def _domain(key: str, facts: Mapping[str, Any]) -> Dimension:
    values = tuple(Value(value, Words(en, fr)) for value, en, fr in facts["values"])
    return Dimension(key, Words(**facts["title"]), values, facts["source"])


def _dimension(facts: Mapping[str, Any]) -> Dimension:
    """Return a shared domain as a column; `key` and `title` may be the template's own."""
    shared = domains()[facts["domain"]]
    title = Words(**facts["title"]) if "title" in facts else shared.title
    return Dimension(facts.get("key", shared.key), title, shared.values, shared.source)


def _measure(facts: Mapping[str, Any]) -> Measure:
    plain: dict[str, Any] = dict(facts)
    for name in ("low", "high", "resolution"):
        plain[name] = Decimal(plain[name])
    return Measure(title=Words(**plain.pop("title")), per=Per(plain.pop("per")), **plain)
