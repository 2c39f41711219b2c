"""Lists: newest first, page by page; and expansion of ids into objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from app.stand_in.call import Call
from app.stand_in.problems import Problem

_BOUNDS: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def page(call: Call, rows: Iterable[dict[str, Any]], *equal: str) -> dict[str, Any]:
    """Return one page of a list.

    Parameters
    ----------
    call : Call
        Whose parameters filter and page.
    rows : iterable of dict
        All objects of the kind, newest first.
    *equal : str
        Parameters that must equal the field of the same name.
    """
    kept = [row for row in rows if _matches(call.params, row, equal)]
    start, stop = 0, len(kept)
    limit = call.params.get("limit", 10)
    if "starting_after" in call.params:
        start = _place(kept, call.params["starting_after"], "starting_after") + 1
    if "ending_before" in call.params:
        stop = _place(kept, call.params["ending_before"], "ending_before")
        start = max(start, stop - limit)
    data = kept[start : min(stop, start + limit)]
    return {
        "object": "list",
        "url": call.path,
        "has_more": start + len(data) < stop,
        "data": data,
    }


def _matches(params: Mapping[str, Any], row: Mapping[str, Any], equal: tuple[str, ...]) -> bool:
    bounds = params.get("created", {})
    if not all(_BOUNDS[name](row["created"], bound) for name, bound in bounds.items()):
        return False
    return all(row.get(name) == params[name] for name in equal if name in params)


def _place(rows: list[dict[str, Any]], identifier: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == identifier:
            return place
    raise Problem(f"No such object: '{identifier}'", code="resource_missing", param=param)


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
