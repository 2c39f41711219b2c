"""An edition as search engines read it: a schema.org Dataset for the head of its page."""

from typing import Any

from app.openness.description import Column, Description


def dataset(about: Description, locale: str) -> dict[str, Any]:
    """Return the block, in one language."""
    publisher = {
        "@type": "Organization",
        "@id": about.site.agent,
        "name": about.site.publisher,
        "url": f"{about.site.base}/",
    }
    found: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": about.address,
        "url": about.address,
        "identifier": [about.address, f"sha256:{about.digest}"],
        "name": about.title.of(locale),
        "description": about.about.of(locale),
        "inLanguage": locale,
        "datePublished": about.issued.date().isoformat(),
        "version": about.version,
        "creator": publisher,
        "publisher": publisher,
        "license": [about.licence(purpose) for purpose in about.purposes],
        "isAccessibleForFree": False,
        "offers": [
            {
                "@type": "Offer",
                "url": f"{about.address}#tables",
                "category": str(purpose),
                "license": about.licence(purpose),
                "availability": "https://schema.org/InStock",
            }
            for purpose in about.purposes
        ],
        "keywords": [words.of(locale) for words in about.keywords],
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "name": about.site.publisher,
            "url": about.site.catalogue,
        },
        "variableMeasured": [_variable(column, locale) for column in about.columns],
        "measurementTechnique": f"Differential privacy: {about.privacy.noise}",
    }
    if about.days is not None:
        found["temporalCoverage"] = "/".join(day.isoformat() for day in about.days)
    return found


def _variable(column: Column, locale: str) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "PropertyValue", "name": column.title.of(locale)}
    if column.is_number:
        found |= {"minValue": float(column.low), "maxValue": float(column.high)}
    if column.unit.of(locale):
        found["unitText"] = column.unit.of(locale)
    return found
