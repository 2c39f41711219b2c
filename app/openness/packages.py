"""What stands beside a table's files in its zip: a Data Package, and CSV on the Web.

Made of the files as they are, so that their hashes, sizes and columns hold:
`files |= {"datapackage.json": datapackage(about, product, files)}`, and the same with `csvw`.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from app.catalog.products import Product
from app.collections.rules import Purpose
from app.openness.columns import HIGH, LOW, SD, UNIT, VALUE, FileColumn, columns_of
from app.openness.description import Description
from app.openness.licences import LICENCES

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MEDIA = {"csv": "text/csv", "json": "application/json", "txt": "text/plain"}
#: What figures are called by statisticians.
MEANINGS = {
    VALUE: "http://purl.org/linked-data/sdmx/2009/measure#obsValue",
    UNIT: "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure",
}


def datapackage(
    about: Description,
    product: Product,
    files: Mapping[str, bytes],
    purpose: Purpose | None = None,
) -> bytes:
    """Return the Data Package of a table's files.

    Parameters
    ----------
    files : mapping of str to bytes
        As they are packed, by name.
    purpose : Purpose or None
        What it was bought for; else all purposes that it is sold for are named.
    """
    facts = about.privacy
    return _json(
        {
            "$schema": PROFILE,
            "name": about.slug(product),
            "id": about.address,
            "title": _title(about, product),
            "description": about.about.en,
            "homepage": about.address,
            "version": about.version,
            "created": about.issued.isoformat().replace("+00:00", "Z"),
            "keywords": [words.en for words in about.keywords],
            "licenses": [
                {"name": LICENCES[one].name, "path": about.licence(one), "title": str(one)}
                for one in _purposes(about, purpose)
            ],
            "contributors": [
                {
                    "title": about.site.publisher,
                    "path": f"{about.site.base}/",
                    "roles": ["publisher"],
                }
            ],
            "moisson:release_sha256": about.digest,
            "moisson:level_of_accuracy": product.tier.name,
            "moisson:privacy": {
                "epsilon": facts.epsilon,
                "delta": facts.delta,
                "rho": facts.rho,
                "unit": facts.unit.en,
                "contribution_bound": facts.bound,
                "mechanism": facts.noise,
                "at_most_right_guesses_of_100": facts.guesses,
            },
            "resources": [_resource(about, product, *file) for file in files.items()],
        }
    )


def csvw(
    about: Description,
    product: Product,
    files: Mapping[str, bytes],
    purpose: Purpose | None = None,
) -> dict[str, bytes]:
    """Return, by name, what CSV on the Web asks for beside each CSV file."""
    return {
        f"{name}-metadata.json": _json(_table_metadata(about, product, name, content, purpose))
        for name, content in files.items()
        if name.endswith(".csv")
    }


def _table_metadata(
    about: Description, product: Product, name: str, content: bytes, purpose: Purpose | None
) -> dict[str, Any]:
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": name,
        "dc:title": _title(about, product),
        "dc:source": {"@id": about.address},
        "dc:issued": {"@value": about.issued.date().isoformat(), "@type": "xsd:date"},
        "dc:license": [{"@id": about.licence(one)} for one in _purposes(about, purpose)],
        "tableSchema": {
            "columns": [_csvw_column(one) for one in columns_of(content, about, product)]
        },
    }


def _csvw_column(column: FileColumn) -> dict[str, Any]:
    found: dict[str, Any] = {"titles": column.name, "required": column.whole}
    if column.kind == "number":
        found["datatype"] = {"base": "double", **({"minimum": "0"} if column.name == SD else {})}
    elif column.kind == "flag":
        found["datatype"] = "boolean"
    else:
        found["datatype"] = "string"
    if column.name in MEANINGS:
        found["propertyUrl"] = MEANINGS[column.name]
    return found


def _resource(about: Description, product: Product, name: str, content: bytes) -> dict[str, Any]:
    stem, _, ending = name.rpartition(".")
    found: dict[str, Any] = {
        "name": stem.lower().replace("_", "-"),
        "path": name,
        "format": ending,
        "mediatype": MEDIA.get(ending, "application/octet-stream"),
        "encoding": "utf-8",
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "bytes": len(content),
    }
    if ending == "csv":
        columns = columns_of(content, about, product)
        names = {column.name for column in columns}
        found |= {
            "type": "table",
            "schema": {
                "missingValues": [""],
                "fields": [_field(column, names) for column in columns],
            },
        }
    return found


def _field(column: FileColumn, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, "title": column.title}
    constraints: dict[str, Any] = {"required": True} if column.whole else {}
    if column.kind == "category":
        found |= {"type": "string", "categories": list(column.values)}
        constraints["enum"] = list(column.values)
    elif column.kind == "flag":
        found["type"] = "boolean"
    else:
        found["type"] = "number" if column.kind == "number" else "string"
    if column.name == VALUE:
        beside = {"sd": SD, "low": LOW, "high": HIGH}
        found["moisson:noise"] = {
            **{key: name for key, name in beside.items() if name in names},
            "level": 0.95,
        }
    return {**found, **({"constraints": constraints} if constraints else {})}


def _purposes(about: Description, purpose: Purpose | None) -> tuple[Purpose, ...]:
    return about.purposes if purpose is None else (purpose,)


def _title(about: Description, product: Product) -> str:
    titles = {column.name: column.title.en for column in about.columns}
    return f"{about.title.en}: {' × '.join(titles[name] for name in product.marginal)}"


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
