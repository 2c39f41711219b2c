"""A table as tools of machine learning read it: Croissant 1.1, with what RAI asks for.

The file is bought, so nothing here tells what is in it: no rows, no size and no hash. The hash of
a small table would let anybody find its figures by trying; a buyer's zip has it.
"""

import json
from typing import Any

from app.catalog.products import Product
from app.core.spreadsheets import guarded
from app.openness.columns import APART, HIGH, LOW, SD, UNIT, VALUE
from app.openness.description import Description
from app.openness.linked import PREFIXES
from app.openness.offers import PURPOSES

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": PREFIXES["dct"],
    "description": {"@container": "@language"},
    "dpv": PREFIXES["dpv"],
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "odrl": PREFIXES["odrl"],
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
TEXT, NUMBER, TRUTH = "sc:Text", "sc:Float", "sc:Boolean"
#: What the other columns of texts tell.
TOLD = {
    "statistic": "what the line tells",
    "measure": "the number that a sum, mean or quartile is of",
}
FILE, FIGURES = "table.csv", "figures"


def croissant(about: Description, product: Product, file_url: str, cite_as: str) -> bytes:
    """Return the description of a table at a level of accuracy.

    Parameters
    ----------
    file_url : str
        Where a buyer fetches the file.
    """
    facts = about.privacy
    titles = {column.name: column.title.en for column in about.columns}
    whole = {
        "@context": {**CONTEXT, "mo": about.site.terms},
        "@type": "sc:Dataset",
        "@id": f"{about.address}/{product.key}",
        "conformsTo": CONFORMS,
        "name": about.slug(product),
        "description": (
            f"{about.title.en}: {' × '.join(titles[name] for name in product.marginal)}. "
            f"{about.about.en}"
        ),
        "url": about.address,
        "license": [about.licence(purpose) for purpose in about.purposes],
        "creator": {
            "@type": "sc:Organization",
            "name": about.site.publisher,
            "url": f"{about.site.base}/",
        },
        "publisher": {"@type": "sc:Organization", "name": about.site.publisher},
        "datePublished": about.issued.date().isoformat(),
        "version": about.version,
        "citeAs": cite_as,
        "inLanguage": "en",
        "keywords": [words.en for words in about.keywords],
        "isAccessibleForFree": False,
        # The file is written when its buyer fetches it; the figures in it never change.
        "isLiveDataset": True,
        "usageInfo": [_usage(about, PURPOSES[p], about.licence(p)) for p in about.purposes],
        "rai:personalSensitiveInformation": (
            f"No records of persons. Each figure has noise: epsilon {facts.epsilon:g}, delta "
            f"{facts.delta:g} for all contributions of one unit ({facts.unit.en}); of 100 guesses "
            f"whether one took part at most {facts.guesses:g} are right."
        ),
        "rai:dataManipulationProtocol": (
            f"One unit counts in at most {facts.bound} cells. {facts.noise}. One contribution is: "
            f"{facts.contribution.en}."
        ),
        "rai:dataLimitations": (
            "The noise interval (95 %) covers the noise alone: who took part is no random sample."
        ),
        "rai:dataReleaseMaintenancePlan": (
            "A release never changes. The collection's next edition is a release of its own."
        ),
        "mo:epsilon": facts.epsilon,
        "mo:delta": facts.delta,
        "mo:rho": facts.rho,
        "mo:privacyUnit": facts.unit.en,
        "mo:contributionBound": facts.bound,
        "mo:mechanism": facts.mechanism,
        "mo:guesses": facts.guesses,
        "mo:noiseSd": round(product.sd, 6),
        "dpv:hasTechnicalMeasure": {"@type": "dpv:DifferentialPrivacy"},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": FILE,
                "name": FILE,
                "contentUrl": file_url,
                "encodingFormat": "text/csv",
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": FIGURES,
                "name": FIGURES,
                "field": _fields(about, product),
            }
        ],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def _usage(about: Description, purpose: str, licence: str) -> dict[str, Any]:
    return {
        "@type": ["CreativeWork", "odrl:Offer"],
        "url": licence,
        "odrl:permission": {
            "@type": "odrl:Permission",
            "odrl:target": {"@id": about.address},
            "odrl:action": {"@id": "odrl:use"},
            "odrl:constraint": {
                "@type": "odrl:Constraint",
                "odrl:leftOperand": {"@id": "odrl:purpose"},
                "odrl:operator": {"@id": "odrl:isAnyOf"},
                "odrl:rightOperand": {"@id": purpose},
            },
            "odrl:duty": {"@type": "odrl:Duty", "odrl:action": {"@id": "odrl:compensate"}},
        },
    }


def _fields(about: Description, product: Product) -> list[dict[str, Any]]:
    titles = {column.name: column.title.en for column in about.columns}
    found = [_field(_called(name), TEXT, titles[name]) for name in product.dimensions]
    found += [_field(name, TEXT, means) for name, means in TOLD.items()]
    value = _field(VALUE, NUMBER, "the figure, with noise: it may be negative")
    value["annotation"] = [
        _field(SD, NUMBER, "standard deviation of the noise", "mo:noiseSd"),
        _field(LOW, NUMBER, "lower end of the noise interval", "mo:noiseIntervalLow"),
        _field(HIGH, NUMBER, "upper end of the noise interval", "mo:noiseIntervalHigh"),
    ]
    return [
        *found,
        value,
        _field(UNIT, TEXT, "of the value"),
        _field(APART, TRUTH, "false, where the noise alone may have made the figure"),
    ]


def _called(name: str) -> str:
    """Return what the file calls a category: one called like another column is told apart."""
    taken = {*TOLD, VALUE, LOW, HIGH, SD, UNIT, APART, "near", "adjusted_value"}
    return guarded(f"{name}_column" if name in taken else name)


def _field(column: str, kind: str, means: str, same_as: str = "") -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{FIGURES}/{column}",
        "name": column,
        "description": means,
        "dataType": kind,
        **({"equivalentProperty": same_as} if same_as else {}),
        "source": {"fileObject": {"@id": FILE}, "extract": {"column": column}},
    }
