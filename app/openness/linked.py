"""Linked data: a document as JSON-LD, and the same one as Turtle.

A document is a list of nodes; a node is a mapping from prefixed names to values: text, `ref`,
`typed`, `said`, another node, or a list of these.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.openness.site import Site
from app.openness.wording import LOCALES, Both

Node = Mapping[str, Any]
PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: The prefix of our own vocabulary, whose address depends on the site.
OWN = "mo"


def prefixes(site: Site) -> dict[str, str]:
    """Return what prefixes stand for on a site."""
    return {**PREFIXES, OWN: site.terms}


def ref(address: str) -> Node:
    """Point at something: by its address, or by a prefixed name."""
    return {"@id": address}


def typed(value: object, kind: str) -> Node:
    """Write a value of a type, such as xsd:date."""
    return {"@value": str(value), "@type": kind}


def decimal(value: float) -> Node:
    """Write a number with at most six decimals."""
    text = f"{value:.6f}".rstrip("0")
    return typed(f"{text}0" if text.endswith(".") else text, "xsd:decimal")


def moment(value: datetime) -> Node:
    """Write a time."""
    return typed(value.isoformat(), "xsd:dateTime")


def said(words: Both) -> list[Node | str]:
    """Say something in both languages; once, without one, where both are the same."""
    if words.en == words.fr:
        return [words.en] if words.en else []
    return [{"@value": words.of(locale), "@language": locale} for locale in LOCALES]


def node(address: str, kinds: str | Sequence[str], **properties: Any) -> Node:
    """Make a node; `dct_title` names dct:title, and what is empty is left out."""
    named = {name.replace("_", ":", 1): value for name, value in properties.items()}
    kept = {name: value for name, value in named.items() if value not in (None, "", [], ())}
    return {**({"@id": address} if address else {}), "@type": kinds, **kept}


def json_ld(nodes: Iterable[Node], site: Site) -> bytes:
    """Write nodes as JSON-LD: the same bytes each time, nothing to be fetched."""
    whole = {"@context": prefixes(site), "@graph": list(nodes)}
    return (json.dumps(whole, ensure_ascii=False) + "\n").encode()


def turtle(nodes: Iterable[Node], site: Site) -> bytes:
    """Write nodes as Turtle."""
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes(site).items())
    body = "".join(f"\n{_iri(each['@id'])} {_properties(each, 1)} .\n" for each in nodes)
    return (head + body).encode()


def _properties(each: Node, depth: int) -> str:
    lines = []
    for name, value in each.items():
        if name == "@id":
            continue
        values = value if isinstance(value, list | tuple) else [value]
        if name == "@type":
            lines.append("a " + ", ".join(_iri(kind) for kind in values))
        else:
            lines.append(f"{name} " + ", ".join(_object(one, depth) for one in values))
    return (" ;\n" + "  " * depth).join(lines)


def _object(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return _literal(value)
    if "@value" in value:
        text = _literal(value["@value"])
        if "@language" in value:
            return f"{text}@{value['@language']}"
        return f"{text}^^{_iri(value['@type'])}" if "@type" in value else text
    if set(value) == {"@id"}:
        return _iri(value["@id"])
    return f"[ {_properties(value, depth + 1)} ]"


def _iri(address: str) -> str:
    prefix = address.partition(":")[0]
    return address if prefix in PREFIXES or prefix == OWN else f"<{address}>"


def _literal(text: str) -> str:
    # JSON escapes what Turtle does, in the same way.
    return json.dumps(text, ensure_ascii=False)
