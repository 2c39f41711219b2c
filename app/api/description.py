"""The interface described for programs, in OpenAPI 3.1, from what the views say of themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from app.api.shapes import Problem

View = TypeVar("View", bound=Callable[..., Any])
VERSION = "1.0.0"
STATUS = {
    400: "Not to be understood: it holds what no address or body may hold.",
    401: "No token, or one that does not count.",
    403: "The token may not read this.",
    404: "There is no such thing, or it is not yours.",
    422: "What was asked for cannot be told; says what can.",
    413: "The body is too large.",
    429: "Too often: wait as Retry-After says.",
}


@dataclass(frozen=True)
class Parameter:
    """A parameter of an address."""

    name: str
    about: str
    place: str = "query"
    many: bool = False
    values: tuple[str, ...] = ()

    def described(self) -> dict[str, Any]:
        """Return it as OpenAPI writes it."""
        one: dict[str, Any] = {"type": "string"} | ({"enum": [*self.values]} if self.values else {})
        return {
            "name": self.name,
            "in": self.place,
            "required": self.place == "path",
            "description": self.about,
            "schema": {"type": "array", "items": one} if self.many else one,
        }


@dataclass(frozen=True)
class Operation:
    """One thing that the interface does.

    Attributes
    ----------
    path : str
        With places in braces.
    scope : str
        What a token must be allowed to read; empty for everybody.
    answer : type, or None
        None for a file.
    body : type, or None
    """

    method: str
    path: str
    name: str
    about: str
    parameters: tuple[Parameter, ...] = ()
    scope: str = ""
    answer: type[Any] | None = None
    body: type[msgspec.Struct] | None = None

    @property
    def statuses(self) -> tuple[int, ...]:
        """The refusals that it may answer with."""
        # A token that does not count is refused wherever it is sent.
        return (
            400,
            401,
            404,
            422,
            429,
            *((403,) if self.scope else ()),
            *((413,) if self.body else ()),
        )

    def described(self) -> dict[str, Any]:
        """Return it as OpenAPI writes it."""
        good: dict[str, Any] = {"description": "The answer."}
        if self.answer is not None:
            good["content"] = {"application/json": {"schema": _shape(self.answer)}}
        problem = {"application/problem+json": {"schema": _shape(Problem)}}
        whole: dict[str, Any] = {
            "operationId": self.name,
            "summary": self.about,
            "parameters": [one.described() for one in self.parameters],
            "responses": {
                "200": good,
                **{
                    str(status): {"description": STATUS[status], "content": problem}
                    for status in sorted(self.statuses)
                },
            },
        }
        if self.scope:
            whole["security"] = [{"token": []}, {"basic": []}]
            whole["description"] = f"Needs a token with `{self.scope}`."
        if self.body is not None:
            whole["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": _shape(self.body)}},
            }
        return whole


def description(operations: Sequence[Operation], server: str) -> dict[str, Any]:
    """Return the whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = one.described()
    shapes = {one.answer for one in operations} | {one.body for one in operations} | {Problem}
    _, components = msgspec.json.schema_components(
        sorted((one for one in shapes if _is_shape(one)), key=lambda one: one.__name__),
        ref_template="#/components/schemas/{name}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Moisson",
            "version": VERSION,
            "summary": "Released tables, with the noise interval of every figure.",
            "license": {"name": "See each release", "identifier": "LicenseRef-Moisson"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any name, and the token as password.",
                },
            },
        },
    }


def _is_shape(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, msgspec.Struct)


def _shape(one: type[Any]) -> dict[str, Any]:
    if _is_shape(one):
        return {"$ref": f"#/components/schemas/{one.__name__}"}
    return {"type": "object", "additionalProperties": True}
