import json

from rdflib import RDF, RDFS, Graph, URIRef

from app.openness import dcat
from app.openness.croissant import croissant
from app.openness.description import Description
from app.openness.linked import json_ld, turtle
from app.openness.vocabulary import vocabulary


def test_every_word_of_ours_in_a_document_is_explained(about: Description) -> None:
    ours = about.site.terms
    words = Graph().parse(data=turtle(vocabulary(about.site), about.site), format="turtle")
    explained = {str(term) for term in words.subjects(RDFS.comment, None)}
    linked = Graph().parse(data=json_ld(dcat.edition(about), about.site), format="json-ld")
    used = {str(part) for triple in linked for part in triple if str(part).startswith(ours)}
    product = about.tables[0].finest
    text = json.loads(croissant(about, product, "https://market.example.org/x", ""))
    used |= {ours + name.removeprefix("mo:") for name in names(text) if name.startswith("mo:")}
    assert len(used) > 10
    assert used <= explained


def names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in names(one)}
    if isinstance(value, list):
        return {name for one in value for name in names(one)}
    return {value} if isinstance(value, str) else set()


def test_the_vocabulary_has_what_no_public_one_has(about: Description) -> None:
    words = Graph().parse(data=turtle(vocabulary(about.site), about.site), format="turtle")
    found = {str(term).rpartition("#")[2] for term in words.subjects(RDF.type, RDF.Property)}
    assert found == {
        *("epsilon", "delta", "rho", "privacyUnit", "contributionBound", "mechanism", "guesses"),
        *("level", "noiseSd", "noiseIntervalLow", "noiseIntervalHigh"),
    }
    head = URIRef(about.site.terms.removesuffix("#"))
    assert all(words.value(URIRef(about.site.terms + t), RDFS.isDefinedBy) == head for t in found)
