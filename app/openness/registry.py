"""An edition as an entry of the OpenDP Deployments Registry, in JSON and YAML."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.collections.rules import Purpose
from app.openness.description import Description

#: What an edition may be used for, in the registry's language.
USES = {
    Purpose.RESEARCH: "scientific and statistical research",
    Purpose.PUBLIC: "planning, policy and reporting",
    Purpose.COMMERCIAL: "market studies and products",
}
SECTORS = {"health": "Healthcare"}


def entry(about: Description) -> dict[str, Any]:
    """Return the entry; the registry's board decides whether it is taken."""
    uses = "; ".join(USES[purpose] for purpose in about.purposes)
    return {
        "url_slug": f"moisson-{about.edition_id}",
        "deployment": {
            "basic": {
                "name": about.title.en,
                "data_curators": [
                    {"data_curator_name": about.site.publisher, "data_curator_type": "Industry"}
                ],
                "description": about.about.en,
                "intended_use": f"Sold for {uses}.",
                "data_product_type": "Summary statistics",
                "data_product_region": "Not bound to a region",
                "data_product_sector": SECTORS.get(about.topic, "Technology"),
                "publication_date": about.issued.date().isoformat(),
            },
            "dp_variant": {
                "variant_name": "Approximate DP",
                "data_domain": (
                    f"Contributions ({about.privacy.contribution.en}) in the public columns "
                    f"{', '.join(column.title.en for column in about.columns)}, with public "
                    "domains and bounds."
                ),
                "unprotected_quantities": (
                    "Schema, bounds and date of the closing, which are public before any data "
                    "comes."
                ),
            },
            "privacy_loss": _loss(about),
            "deployment_model": _model(about),
            "implementation": _implementation(about),
            "administrative": {
                "evidence_sources": {
                    "release": {
                        "evidence_source_type": (
                            "Formal publication by the deploying organization"
                        ),
                        "citation": {
                            "title": about.title.en,
                            "author": about.site.publisher,
                            "url": about.address,
                            "year": about.issued.year,
                            "note": f"sha256:{about.digest}",
                        },
                    }
                },
                "status": "Draft",
                "registry_authors": [about.site.publisher],
                "tier": 3,
            },
        },
    }


def as_json(about: Description) -> bytes:
    """Return the entry as JSON."""
    return (json.dumps(entry(about), ensure_ascii=False, indent=2) + "\n").encode()


def as_yaml(about: Description) -> bytes:
    """Return the entry as YAML."""
    return "".join(f"{line}\n" for line in _lines(entry(about))).encode()


def _loss(about: Description) -> dict[str, Any]:
    facts = about.privacy
    return {
        "privacy_unit": facts.unit.en,
        "privacy_unit_details": (
            "Neighbours differ in all contributions of one unit, added or removed. One unit "
            f"counts in at most {facts.bound} cells; others are dropped by a keyed hash."
        ),
        "privacy_parameters": {
            "epsilon": facts.epsilon,
            "delta": facts.delta,
            "rho": facts.rho,
        },
        "privacy_parameters_details": (
            "For the whole release: all tables and levels of accuracy together, however often "
            f"sold. Of 100 guesses whether one unit took part at most {facts.guesses:g} are right."
        ),
    }


def _model(about: Description) -> dict[str, Any]:
    return {
        "model_name": "Central",
        "actors": (
            "The market holds rows in a sealed vault and measures them once; buyers and the "
            "public see the release alone."
        ),
        "release_type": "Many releases",
        "release_type_details": (
            "This release is one edition and never changes. What all editions together cost a "
            "person is counted in one account, which has a ceiling."
        ),
        "data_source_type": "Dynamic",
        "data_source_type_details": "Each edition is made of what people gave to it, once.",
        "access_type": "Non-interactive",
    }


def _implementation(about: Description) -> dict[str, Any]:
    return {
        "preprocessing_and_hyperparameter_tuning": (
            "Domains, bounds and noise are planned from public facts. Categories that were found "
            "in data were charged for by themselves."
        ),
        "mechanisms": (f"{about.privacy.noise}. Noise is sampled exactly, in whole numbers."),
        "composition": (
            "All parts of a release are accounted for together. What the releases of a person "
            "cost adds up in rho (zCDP)."
        ),
        "post_processing": (
            "Tables are rebuilt from residuals; noise intervals, shares, means and quantiles are "
            "computed from the noisy figures."
        ),
        "justification": (
            "The loss is a public rule of the collection, shown as odds to each person before "
            "they agree."
        ),
    }


def _lines(value: Mapping[str, Any], indent: str = "") -> list[str]:
    """Write a mapping as lines of YAML; a text in quotes is the same in YAML and JSON."""
    found = []
    for key, one in value.items():
        if isinstance(one, dict):
            found += [f"{indent}{key}:", *_lines(one, f"{indent}  ")]
        elif isinstance(one, list):
            found += [f"{indent}{key}:", *(line for each in one for line in _item(each, indent))]
        else:
            found.append(f"{indent}{key}: {_scalar(one)}")
    return found


def _item(value: Any, indent: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{indent}  - {_scalar(value)}"]
    first, *rest = _lines(value, f"{indent}    ")
    return [f"{indent}  - {first.strip()}", *rest]


def _scalar(value: object) -> str:
    # YAML takes 1e-06 for a text.
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json.dumps(value, ensure_ascii=False)
