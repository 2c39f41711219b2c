"""Lists: newest first, page by page; and expansion of ids into objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from stripe_stand_in.call import Call
from stripe_stand_in.problems import InvalidParameter, Problem

_BOUNDS = {
    "gt": "created > ?",
    "gte": "created >= ?",
    "lt": "created < ?",
    "lte": "created <= ?",
}

#: Where an object stands in its list: its second, and its number among all.
Place = tuple[int, int]


@dataclass
class Filter:
    """Which objects of a kind a list holds: conditions in SQL, and their values."""

    kind: str
    conditions: list[str] = field(default_factory=lambda: ["kind = ?"])
    values: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values.append(self.kind)

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition, written by this program and never by a request."""
        self.conditions.append(condition)
        self.values.extend(values)

    def equal(self, name: str, value: Any) -> None:
        """Ask for a field's value; the fields that have an index are in the schema."""
        self.add(f"json_extract(body, '$.{name}') = ?", value)

    def among(self, name: str, values: Sequence[Any]) -> None:
        """Ask for one of several values of a field."""
        marks = ", ".join("?" * len(values))
        self.add(f"json_extract(body, '$.{name}') IN ({marks})", *values)

    def created(self, bounds: Mapping[str, float]) -> None:
        """Ask for a range of time."""
        for name, bound in bounds.items():
            self.add(_BOUNDS[name], bound)

    def beside(self, place: Place, *, older: bool) -> None:
        """Ask for what is older or newer than a place in the list."""
        self.add(f"(created, seq) {'<' if older else '>'} (?, ?)", *place)

    def statement(self, *, older: bool) -> str:
        """Return the question in SQL; each field of it has an index that is in order of time."""
        order = "DESC" if older else "ASC"
        return (
            f"SELECT created, seq, body FROM objects WHERE {' AND '.join(self.conditions)} "  # noqa: S608
            f"ORDER BY created {order}, seq {order} LIMIT ?"
        )

    def find(self, call: Call, *, older: bool, count: int) -> list[tuple[Place, dict[str, Any]]]:
        """Return the first few objects with their places, from the newest or the oldest."""
        rows = call.tx.sql.execute(self.statement(older=older), (*self.values, count)).fetchall()
        found = [((created, seq), json.loads(body)) for created, seq, body in rows]
        return found if older else found[::-1]


def page(call: Call, rows: str | Filter, *equal: str) -> dict[str, Any]:
    """Return one page of a list.

    Parameters
    ----------
    call : Call
        Whose parameters filter and page.
    rows : str or Filter
        The kind of object, perhaps with conditions.
    *equal : str
        Parameters that must equal the field of the same name.
    """
    wanted = Filter(rows) if isinstance(rows, str) else rows
    params = call.params
    wanted.created(params.get("created", {}))
    for name in equal:
        if name in params:
            wanted.equal(name, params[name])
    if "starting_after" in params and "ending_before" in params:
        raise InvalidParameter(
            "You cannot use both starting_after and ending_before.", param="ending_before"
        )
    for name in ("starting_after", "ending_before"):
        if name in params:
            place = _place(call, wanted.kind, params[name], name)
            wanted.beside(place, older=name == "starting_after")
    limit, older = params.get("limit", 10), "ending_before" not in params
    found = wanted.find(call, older=older, count=limit + 1)
    kept = found[:limit] if older else found[-limit:]
    return {
        "object": "list",
        "url": call.path,
        "has_more": len(found) > limit,
        "data": [body for _, body in kept],
    }


def _place(call: Call, kind: str, identifier: str, param: str) -> Place:
    row = call.tx.sql.execute(
        "SELECT created, seq FROM objects WHERE id = ? AND kind = ?", (identifier, kind)
    ).fetchone()
    if row is None:
        raise Problem(f"No such object: '{identifier}'", code="resource_missing", param=param)
    return int(row[0]), int(row[1])


def page_2(call: Call, wanted: Filter, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of a list of version 2, whose pages name the ones around them.

    Parameters
    ----------
    call : Call
        Whose parameters page.
    wanted : Filter
        What the list holds.
    given : mapping
        The filters, as the addresses of the other pages repeat them.
    """
    limit = call.params.get("limit", 20)
    token = re.fullmatch(r"(next|previous)_(\d{1,15})_(\d{1,15})", call.params.get("page", ""))
    if "page" in call.params and token is None:
        raise InvalidParameter("Invalid page token.", code="invalid_page_token", param="page")
    older = token is None or token[1] == "next"
    if token is not None:
        wanted.beside((int(token[2]), int(token[3])), older=older)
    found = wanted.find(call, older=older, count=limit + 1)
    kept = found[:limit] if older else found[-limit:]
    more = len(found) > limit

    def address(way: str, place: Place) -> str:
        page = f"{way}_{place[0]}_{place[1]}"
        return f"{call.path}?{urlencode({**given, 'limit': limit, 'page': page})}"

    inside = token is not None
    newer_ones, older_ones = (inside, more) if older else (more, inside)
    return {
        "data": [body for _, body in kept],
        "next_page_url": address("next", kept[-1][0]) if kept and older_ones else None,
        "previous_page_url": address("previous", kept[0][0]) if kept and newer_ones else None,
    }


def expand(call: Call, answer: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Return an answer with the named ids replaced by their objects.

    Raises
    ------
    Problem
        If a path leads to something that is no id of an object, or is too deep.
    """
    expanded = dict(answer)
    for path in paths:
        parts = path.split(".")
        if len(parts) > (5 if parts[0] == "data" else 4):
            raise Problem("You cannot expand more than 4 levels of a property", param="expand")
        expanded = _expanded(call, expanded, parts, path)
    return expanded


def _expanded(call: Call, node: Any, parts: list[str], path: str) -> Any:
    if isinstance(node, list):
        return [_expanded(call, each, parts, path) for each in node]
    if not parts or node is None:
        return node
    if not isinstance(node, Mapping):
        raise _not_expandable(path)
    name, rest = parts[0], parts[1:]
    if name not in node:
        inner = call.tx.hidden(node.get("id", "")).get(name)
        if inner is None:
            raise _not_expandable(path)
    else:
        inner = node[name]
    if isinstance(inner, str):
        inner = call.tx.find(inner)
        if inner is None:
            raise _not_expandable(path)
    return {**node, name: _expanded(call, inner, rest, path)}


def _not_expandable(path: str) -> Problem:
    return Problem(f"This property cannot be expanded ({path}).", param="expand")
