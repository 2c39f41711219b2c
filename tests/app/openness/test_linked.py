import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS

from app.openness import dcat
from app.openness.description import Description
from app.openness.linked import json_ld, node, said, turtle
from app.openness.site import Site
from app.openness.vocabulary import vocabulary
from app.openness.wording import Both

SITE = Site("https://market.example.org", "A market")


def graphs(nodes: list[object], site: Site) -> tuple[Graph, Graph]:
    return (
        Graph().parse(data=json_ld(nodes, site), format="json-ld"),  # type: ignore[arg-type]
        Graph().parse(data=turtle(nodes, site), format="turtle"),  # type: ignore[arg-type]
    )


def test_both_forms_of_an_edition_are_the_same_graph(
    about: Description, monthly: Description
) -> None:
    page = dcat.Page(2, 3, "ttl")
    for nodes in (
        dcat.edition(about),
        dcat.edition(monthly),
        dcat.catalogue(about.site, [about], page),
        vocabulary(about.site),
    ):
        one, two = graphs(list(nodes), about.site)
        assert len(one) > 20
        assert isomorphic(one, two)


@pytest.mark.parametrize(
    "text",
    ['a "quoted" one', "back\\slash", "two\nlines", "é×日本 \U0001f600", "tab\t", "'''", "\x7f"],
)
def test_any_text_survives_in_both_forms(text: str) -> None:
    nodes = [node("https://market.example.org/x", "dcat:Dataset", dct_title=said(Both(text, "f")))]
    found = {
        str(title)
        for graph in graphs(nodes, SITE)  # type: ignore[arg-type]
        for title in graph.objects(URIRef("https://market.example.org/x"), DCTERMS.title)
        if isinstance(title, Literal) and title.language == "en"
    }
    assert found == {text}


def test_words_that_are_the_same_in_both_languages_claim_none() -> None:
    assert said(Both("Lunches", "Lunches")) == ["Lunches"]
    assert said(Both("", "")) == []
    assert [one["@language"] for one in said(Both("a", "b"))] == ["en", "fr"]  # type: ignore[index]
