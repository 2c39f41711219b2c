"""What is asked of a table: which values, in which groups, which statistic; read from an address.

An address says `where.day=Fri&where.day=Sat` for some values, `groups.day=weekend:Sat,Sun` for
a group under a name, `over=day` to sum over a column, `together.day=on` for the chosen values as
one and `against.day=on` for the chosen ones beside the others; `statistic=` and `measure=` say
what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid
from privacy.errors import PlanError
from privacy.tables.rollup import STATISTICS, Along
from privacy.tables.table import CONTRIBUTIONS, Table

#: Values of one parameter of an address.
Many = Mapping[str, Sequence[str]]
#: A name stands in each of up to a thousand figures.
MOST_GROUPS, LONGEST_NAME = 200, 80
CHOSEN, OTHERS = "chosen", "others"
#: What an address says of the table as a whole, and of a column.
WHOLE, OF_COLUMN = ("over", "statistic", "measure"), ("where", "groups", "together", "against")


@dataclass(frozen=True)
class Ask:
    """What is asked of a table.

    Attributes
    ----------
    along : tuple of Along
    statistics : tuple of str
    measure : str or None
    """

    along: tuple[Along, ...] = ()
    statistics: tuple[str, ...] = (CONTRIBUTIONS,)
    measure: str | None = None


def read(many: Many, table: Table) -> Ask:
    """Read what an address asks of a table.

    Raises
    ------
    Invalid
        For a column, value or statistic that the table has not; says which it has.
    """
    over = {name for text in many.get("over", ()) for name in _split(text, table.hard)}
    named = {kind: _by_column(many, kind, table) for kind in OF_COLUMN}
    unknown = over - {*table.hard}
    if unknown:
        raise _refused(f"There is no column {sorted(unknown)[0]!r}; there are {_all(table.hard)}")
    along = []
    for axis in table.hard:
        one = _along(axis, table, {kind: found.get(axis, ()) for kind, found in named.items()})
        if axis in over:
            one = replace(one or _each(axis, table), over=True)
        if one is not None:
            along.append(one)
    statistics = tuple(
        name for text in many.get("statistic", ()) for name in _split(text, STATISTICS)
    )
    measure = next((text for text in many.get("measure", ()) if text), None)
    if measure is None and len(table.soft) == 1:
        measure = table.soft[0]
    return Ask(tuple(along), statistics or (CONTRIBUTIONS,), measure)


def is_asked(name: str) -> bool:
    """Say whether a parameter of an address is one of those that are read here."""
    return name in WHOLE or name.startswith(tuple(f"{k}{mark}" for k in OF_COLUMN for mark in ".["))


class Written(Protocol):
    """What is asked in the body of a request."""

    where: dict[str, list[str]]
    groups: dict[str, dict[str, list[str]]]
    over: list[str]
    statistic: list[str]
    measure: str | None


def written(sent: Written, table: Table) -> Ask:
    """Read what a body asks of a table.

    Raises
    ------
    Invalid
    """
    for axis in (*sent.where, *sent.groups, *sent.over):
        if axis not in table.hard:
            raise _refused(f"There is no column {axis!r}; there are {_all(table.hard)}")
    along = []
    for axis in table.hard:
        chosen, groups = sent.where.get(axis, []), sent.groups.get(axis, {})
        one = None
        if groups:
            _check(axis, tuple(groups))
            kept = {*chosen} or {*table.plan.schema.labels(axis)}
            held = ((name, tuple(v for v in own if v in kept)) for name, own in groups.items())
            one = Along(axis, tuple(held))
        elif chosen:
            one = Along(axis, tuple((value, (value,)) for value in dict.fromkeys(chosen)))
        if axis in sent.over:
            one = replace(one or _each(axis, table), over=True)
        if one is not None:
            along.append(one)
    only = table.soft[0] if len(table.soft) == 1 else None
    return Ask(tuple(along), tuple(sent.statistic) or (CONTRIBUTIONS,), sent.measure or only)


def refused(error: PlanError) -> Invalid:
    """Say to a visitor what a table cannot tell."""
    return _refused(str(error))


def _refused(text: str) -> Invalid:
    return Invalid(_l("This table cannot tell that. %(why)s.", why=text))


def _along(axis: str, table: Table, asked: Mapping[str, Sequence[str]]) -> Along | None:
    labels = table.plan.schema.labels(axis)
    chosen = [value for text in asked["where"] for value in _split(text, labels)]
    groups = [_group(axis, text, labels) for text in asked["groups"]]
    if groups:
        _check(axis, [name for name, _ in groups])
        kept = {*chosen} or {*labels}
        held = ((name, tuple(value for value in own if value in kept)) for name, own in groups)
        return Along(axis, tuple(held))
    if asked["together"] and chosen:
        return Along(axis, ((CHOSEN, tuple(chosen)),))
    if asked["against"] and chosen and {*chosen} != {*labels}:
        rest = tuple(value for value in labels if value not in chosen)
        return Along(axis, ((CHOSEN, tuple(chosen)), (OTHERS, rest)))
    if chosen:
        return Along(axis, tuple((value, (value,)) for value in dict.fromkeys(chosen)))
    return None


def _each(axis: str, table: Table) -> Along:
    return Along(axis, tuple((value, (value,)) for value in table.plan.schema.labels(axis)))


def _check(axis: str, names: Sequence[str]) -> None:
    """Refuse more groups, or longer names of them, than an answer has room for."""
    if len(names) > MOST_GROUPS:
        raise _refused(f"At most {MOST_GROUPS} groups of a column")
    if not all(0 < len(name) <= LONGEST_NAME for name in names):
        raise _refused(f"A group of {axis!r} has a name of at most {LONGEST_NAME} letters")


def _group(axis: str, text: str, labels: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    name, colon, values = text.partition(":")
    if not colon or not name.strip():
        raise _refused(f"A group of {axis!r} is written name:value,value")
    return name.strip(), tuple(_split(values, labels))


def _by_column(many: Many, kind: str, table: Table) -> dict[str, list[str]]:
    """Return the values of `kind.column` and `kind[column]`, by column."""
    found: dict[str, list[str]] = {}
    for name, values in many.items():
        if name.startswith(f"{kind}."):
            axis = name[len(kind) + 1 :]
        elif name.startswith(f"{kind}[") and name.endswith("]"):
            axis = name[len(kind) + 1 : -1]
        else:
            continue
        if axis not in table.hard:
            raise _refused(f"There is no column {axis!r}; there are {_all(table.hard)}")
        for text in values:
            # Groups may stand in one parameter, apart by semicolons.
            found.setdefault(axis, []).extend(text.split(";") if kind == "groups" else [text])
    return found


def _split(text: str, known: Sequence[str]) -> list[str]:
    """Split at commas, where values may have commas of their own: the longest known ones first."""
    parts, found, place = text.split(","), [], 0
    # No more parts belong together than a known value has: else thousands of commas take minutes.
    most = 1 + max((one.count(",") for one in known), default=0)
    while place < len(parts):
        for size in range(min(most, len(parts) - place), 0, -1):
            whole = ",".join(parts[place : place + size]).strip()
            if whole in known or size == 1:
                found.append(whole)
                place += size
                break
    return [one for one in found if one]


def _all(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
