"""Parameters: what a request may hold, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from stripe_stand_in.problems import InvalidParameter

_PART = re.compile(r"[^\[\]]+")


class Shape(Protocol):
    """Reads one value, or refuses it by name."""

    def read(self, value: Any, name: str) -> Any:
        """Return the value in its own type."""
        ...


@dataclass(frozen=True)
class Text:
    """A non-empty string: at most `longest` characters, one of `choices`, matching `pattern`."""

    longest: int = 5_000
    choices: tuple[str, ...] = ()
    pattern: str = ""

    def read(self, value: Any, name: str) -> str:
        """Return the text."""
        if not isinstance(value, str) or len(value) > self.longest or value == "":
            raise InvalidParameter(f"Invalid string: {name}", param=name)
        if self.choices and value not in self.choices:
            allowed = ", ".join(self.choices)
            raise InvalidParameter(f"Invalid {name}: must be one of {allowed}", param=name)
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise InvalidParameter(f"Invalid {name}", param=name)
        return value


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most`, both included."""

    least: int = 0
    most: int = 99_999_999_999

    def read(self, value: Any, name: str) -> int:
        """Return the number."""
        text = str(value)
        if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", text):
            raise InvalidParameter(
                f"Invalid integer: {name}", code="parameter_invalid_integer", param=name
            )
        if not self.least <= int(text) <= self.most:
            raise InvalidParameter(
                f"{name} must lie between {self.least} and {self.most}",
                code="parameter_invalid_integer",
                param=name,
            )
        return int(text)


@dataclass(frozen=True)
class Truth:
    """Yes or no."""

    def read(self, value: Any, name: str) -> bool:
        """Return it."""
        if value in (True, "true"):
            return True
        if value in (False, "false"):
            return False
        raise InvalidParameter(f"Invalid boolean: {name}", param=name)


@dataclass(frozen=True)
class Several:
    """A list."""

    of: Shape
    least: int = 0

    def read(self, value: Any, name: str) -> list[Any]:
        """Return the list, whose form encoding is a map of numbers."""
        if isinstance(value, Mapping) and all(key.isdigit() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, list) or len(value) < self.least or len(value) > 100:
            raise InvalidParameter(f"Invalid array: {name}", param=name)
        return [self.of.read(each, f"{name}[{place}]") for place, each in enumerate(value)]


@dataclass(frozen=True)
class Labels:
    """Metadata: at most 50 short keys with short texts."""

    def read(self, value: Any, name: str) -> dict[str, str]:
        """Return the labels."""
        if value == "":
            return {}
        if not isinstance(value, Mapping) or len(value) > 50:
            raise InvalidParameter(f"Invalid {name}", param=name)
        for key, text in value.items():
            if len(key) > 40 or not isinstance(text, str) or len(text) > 500:
                raise InvalidParameter(f"Invalid {name}", param=f"{name}[{key}]")
        return dict(value)


@dataclass(frozen=True)
class ByName:
    """A map from names of the caller's choice; an empty value takes a name away."""

    of: Shape

    def read(self, value: Any, name: str) -> dict[str, Any]:
        """Return the map, with None for what is taken away."""
        if value == "":
            return {}
        if not isinstance(value, Mapping) or len(value) > 50:
            raise InvalidParameter(f"Invalid {name}", param=name)
        return {
            key: None if each == "" else self.of.read(each, f"{name}[{key}]")
            for key, each in value.items()
        }


@dataclass(frozen=True)
class Fields:
    """An object with known fields, some of them required."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = field(default=())

    def read(self, value: Any, name: str) -> dict[str, Any]:
        """Return the fields that were given."""
        if not isinstance(value, Mapping):
            raise InvalidParameter(f"Invalid object: {name}", param=name)
        for key in value:
            if key not in self.fields:
                full = f"{name}[{key}]" if name else key
                raise InvalidParameter(
                    f"Received unknown parameter: {full}", code="parameter_unknown", param=full
                )
        for key in self.required:
            if key not in value:
                full = f"{name}[{key}]" if name else key
                raise InvalidParameter(
                    f"Missing required param: {full}.", code="parameter_missing", param=full
                )
        return {
            key: self.fields[key].read(each, f"{name}[{key}]" if name else key)
            for key, each in value.items()
        }


def unflatten(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return form fields such as ``a[b][0]`` as nested maps.

    Raises
    ------
    InvalidParameter
        If a name is malformed or given twice.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        parts = _PART.findall(name)
        if not parts or name.count("[") != len(parts) - 1 or name.count("]") != len(parts) - 1:
            raise InvalidParameter(f"Malformed parameter: {name}", param=name)
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise InvalidParameter(f"Conflicting parameter: {name}", param=name)
        if parts[-1] in node:
            raise InvalidParameter(f"Repeated parameter: {name}", param=name)
        node[parts[-1]] = value
    return tree


@dataclass(frozen=True)
class Instant:
    """A time as version 2 of the API writes it."""

    def read(self, value: Any, name: str) -> float:
        """Return the seconds since 1970."""
        try:
            return datetime.fromisoformat(str(value)).astimezone(UTC).timestamp()
        except ValueError:
            raise InvalidParameter(f"Invalid date-time: {name}", param=name) from None


EXPAND = Several(Text())


@dataclass(frozen=True)
class Range:
    """A range of times in seconds since 1970, or a single second."""

    def read(self, value: Any, name: str) -> dict[str, int]:
        """Return the bounds."""
        if isinstance(value, str):
            moment = Whole().read(value, name)
            return {"gte": moment, "lte": moment}
        return Fields({"gt": Whole(), "gte": Whole(), "lt": Whole(), "lte": Whole()}).read(
            value, name
        )


CREATED = Range()


def listing(**filters: Shape) -> Fields:
    """Return the parameters of a list: paging, expansion and its own filters."""
    paging: dict[str, Shape] = {
        "limit": Whole(1, 100),
        "starting_after": Text(),
        "ending_before": Text(),
        "expand": EXPAND,
    }
    return Fields({**paging, **filters})
