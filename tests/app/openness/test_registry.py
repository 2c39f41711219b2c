import json

import jsonschema
import pytest
import yaml

from app.openness.description import Description
from app.openness.registry import as_json, as_yaml, entry

TEXT = {"type": "string", "minLength": 1}


def closed(required: dict[str, object], **optional: object) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(required),
        "properties": {**required, **optional},
    }


#: The fields of the registry's schema as its template has them in July 2026.
FIELDS = closed(
    {
        "url_slug": TEXT,
        "deployment": closed(
            {
                "basic": closed(
                    {
                        "name": TEXT,
                        "data_curators": {
                            "type": "array",
                            "minItems": 1,
                            "items": closed(
                                {
                                    "data_curator_name": TEXT,
                                    "data_curator_type": {"enum": ["Industry", "Government"]},
                                }
                            ),
                        },
                        "description": TEXT,
                        "intended_use": TEXT,
                        "data_product_type": {"const": "Summary statistics"},
                        "data_product_region": TEXT,
                        "publication_date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
                    },
                    data_product_sector={"enum": ["Technology", "Healthcare"]},
                ),
                "dp_variant": closed(
                    {
                        "variant_name": {"const": "Approximate DP"},
                        "data_domain": TEXT,
                        "unprotected_quantities": TEXT,
                    }
                ),
                "privacy_loss": closed(
                    {
                        "privacy_unit": TEXT,
                        "privacy_parameters": closed(
                            {name: {"type": "number"} for name in ("epsilon", "delta", "rho")}
                        ),
                    },
                    privacy_unit_details=TEXT,
                    privacy_parameters_details=TEXT,
                ),
                "deployment_model": closed(
                    {
                        "model_name": {"const": "Central"},
                        "release_type": {"const": "Many releases"},
                        "data_source_type": {"enum": ["Static", "Dynamic"]},
                        "access_type": {"enum": ["Interactive", "Non-interactive"]},
                    },
                    actors=TEXT,
                    release_type_details=TEXT,
                    data_source_type_details=TEXT,
                ),
                "implementation": closed(
                    {
                        name: TEXT
                        for name in (
                            "preprocessing_and_hyperparameter_tuning",
                            "mechanisms",
                            "composition",
                            "post_processing",
                            "justification",
                        )
                    }
                ),
                "administrative": closed(
                    {
                        "evidence_sources": {"type": "object", "minProperties": 1},
                        "status": {"const": "Draft"},
                        "registry_authors": {"type": "array", "items": TEXT, "minItems": 1},
                        "tier": {"enum": [1, 2, 3]},
                    }
                ),
            }
        ),
    }
)


def test_an_entry_has_the_fields_of_the_registry(about: Description, monthly: Description) -> None:
    jsonschema.Draft202012Validator.check_schema(FIELDS)
    for one in (about, monthly):
        jsonschema.validate(entry(one), FIELDS, cls=jsonschema.Draft202012Validator)
    wrong = entry(about)
    wrong["deployment"]["privacy_loss"]["privacy_parameters"]["epsilon"] = "1"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, FIELDS, cls=jsonschema.Draft202012Validator)


def test_the_yaml_says_what_the_json_says(about: Description) -> None:
    read = yaml.safe_load(as_yaml(about))
    assert read == json.loads(as_json(about)) == entry(about)
    assert read["deployment"]["privacy_loss"]["privacy_parameters"]["delta"] == 1e-6
    assert isinstance(read["deployment"]["basic"]["publication_date"], str)
