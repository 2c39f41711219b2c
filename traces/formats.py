"""The formats we know, as data: what tells each, and which reader reads it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from traces.errors import InvalidTemplate
from traces.tables import Layout
from traces.text import normalise

_ID = re.compile(r"[a-z0-9-]+/[a-z0-9-]+/v[0-9]+\Z")


class Kind(StrEnum):
    """What a file of a format is made of."""

    BINARY = "binary"
    HTML = "html"
    JSON = "json"
    TABLE = "table"
    TEXT = "text"
    WORKBOOK = "workbook"
    XML = "xml"


@dataclass(frozen=True)
class Format:
    """One layout of one kind of file.

    Parameters
    ----------
    id, family, reader : str
        "spotify/account/v1"; what it belongs to; the name of its reader in `traces.reading`.
    kind : Kind
        What its files are made of. HTML without templates is answered with `ChooseJson`.
    members : tuple of str
        Patterns of paths, in all languages: a hint between formats, and for empty files.
    templates : tuple of str
        Templates that the reader may fill.
    source : str
        Where the layout is known from, in plain words.
    seen_from, seen_to : str
        "YYYY" or "YYYY-MM", as far as it is known.
    keys, any_keys, no_keys, path : tuple of str
        JSON: keys that the first elements have together, at least one of, none of; the keys that
        lead to the array.
    layout : Layout
        Tables: columns and delimiter.
    root : str
        XML: name of the root element, without its namespace.
    marks : tuple of str
        XML, text, workbooks, HTML: what stands in the beginning.
    magic, magic_at : str, int
        Binary: the letters at a place.
    encoding, decimal, date_order, zone, unit, currency : str
        What the layout fixes, for its reader; "" where it does not.
    nested : tuple of str
        Patterns of zip archives inside the export that hold its members.
    options : mapping of str to str
        Whatever else its reader wants to know.
    """

    id: str
    family: str
    reader: str
    kind: Kind
    members: tuple[str, ...]
    templates: tuple[str, ...]
    source: str
    seen_from: str = ""
    seen_to: str = ""
    keys: tuple[str, ...] = ()
    any_keys: tuple[str, ...] = ()
    no_keys: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    layout: Layout | None = None
    root: str = ""
    marks: tuple[str, ...] = ()
    magic: str = ""
    magic_at: int = 0
    encoding: str = ""
    decimal: str = ""
    date_order: str = ""
    zone: str = ""
    unit: str = ""
    currency: str = ""
    nested: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        told = {
            Kind.BINARY: self.magic,
            Kind.HTML: self.marks,
            Kind.JSON: self.keys or self.any_keys,
            Kind.TABLE: self.layout and self.layout.required,
            Kind.TEXT: self.marks,
            Kind.WORKBOOK: self.marks,
            Kind.XML: self.root,
        }
        _hold(bool(_ID.match(self.id)), f"{self.id} is family/layout/version")
        _hold(self.id.startswith(f"{self.family}/"), f"{self.id} begins with its family")
        _hold(bool(told[self.kind]), f"{self.id} says what tells it")
        _hold(bool(self.members and self.source.strip()), f"{self.id} has members and a source")
        _hold(bool(self.templates) or self.kind is Kind.HTML, f"{self.id} fills a template")


@cache
def formats() -> Mapping[str, Format]:
    """Return the formats, by id.

    Raises
    ------
    InvalidTemplate
        A format contradicts itself, or two have one id.
    """
    found: dict[str, Format] = {}
    folder = files("traces").joinpath("formats")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            for facts in tomllib.loads(path.read_text("utf-8"))["format"]:
                made = format_of(facts)
                _hold(made.id not in found, f"{made.id} is there once")
                found[made.id] = made
    return MappingProxyType(found)


def format_of(facts: Mapping[str, Any]) -> Format:
    """Return a format from its table in a data file.

    Raises
    ------
    InvalidTemplate
        A field is missing, unknown or contradicts another.
    """
    plain: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()
    }
    try:
        kind = Kind(plain.pop("kind"))
        if kind is Kind.TABLE:
            plain["layout"] = _layout(plain)
        return Format(kind=kind, **plain)
    except (KeyError, TypeError, ValueError):
        pass
    raise InvalidTemplate(f"the format {facts.get('id')} has every field, and no other")


def _layout(plain: dict[str, Any]) -> Layout:
    """Take the fields of a table out of the others."""
    columns = {
        key: tuple(normalise(name) for name in ([names] if isinstance(names, str) else names))
        for key, names in plain.pop("columns").items()
    }
    return Layout(
        columns=columns,
        required=plain.pop("required", tuple(columns)),
        absent=tuple(normalise(name) for name in plain.pop("absent", ())),
        delimiter=plain.pop("delimiter"),
    )


def _hold(kept: bool, rule: str) -> None:
    if not kept:
        raise InvalidTemplate(rule)


def feeds(format_ids: Iterable[str], wanted: Collection[str]) -> bool:
    """Say whether one of some formats at least goes into one of the templates that are wanted."""
    known = formats()
    return any(name in wanted for each in format_ids for name in known[each].templates)
