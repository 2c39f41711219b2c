from rdflib import RDF, Graph, Namespace, URIRef

from app.collections.rules import Purpose
from app.openness.description import Description
from app.openness.linked import json_ld
from app.openness.offers import PURPOSES, offer

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
DPV = Namespace("https://w3id.org/dpv#")
#: Of version 2.3 of the vocabulary.
KNOWN = {DPV.ScientificResearch, DPV.PublicBenefit, DPV.CommercialPurpose}


def test_an_offer_allows_one_purpose_against_payment_and_forbids_singling_out(
    about: Description,
) -> None:
    for purpose in Purpose:
        node = offer(about, purpose)
        found = Graph().parse(data=json_ld([node], about.site), format="json-ld")
        own = Namespace(about.site.terms)
        this = URIRef(f"{about.address}#offer-{purpose}")
        assert (this, RDF.type, ODRL.Offer) in found
        assert (this, ODRL.uid, this) in found
        permission = found.value(this, ODRL.permission)
        assert found.value(permission, ODRL.target) == URIRef(about.address)
        assert found.value(permission, ODRL.action) == ODRL.use
        constraint = found.value(permission, ODRL.constraint)
        assert found.value(constraint, ODRL.leftOperand) == ODRL.purpose
        assert found.value(constraint, ODRL.operator) == ODRL.isAnyOf
        assert found.value(constraint, ODRL.rightOperand) in KNOWN
        duties = {found.value(duty, ODRL.action) for duty in found.objects(permission, ODRL.duty)}
        assert ODRL.compensate in duties
        forbidden = {
            found.value(each, ODRL.action) for each in found.objects(this, ODRL.prohibition)
        }
        assert forbidden == {own.singleOut, ODRL.distribute}


def test_each_purpose_has_a_word_of_the_privacy_vocabulary_of_its_own() -> None:
    assert set(PURPOSES) == set(Purpose)
    assert len(set(PURPOSES.values())) == len(PURPOSES)
