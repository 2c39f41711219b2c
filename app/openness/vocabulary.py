"""Our own words for the facts of differential privacy: no public vocabulary has them.

Served under `/ns/dp`; each property says what it means in both languages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.openness.linked import Node, node, ref, said
from app.openness.site import Site
from app.openness.wording import both

REGISTRY = "https://github.com/opendp/deployments-registry-data"


@dataclass(frozen=True)
class Term:
    """A property: its name, its type, its meaning."""

    name: str
    kind: str
    means: Any


TERMS: Sequence[Term] = (
    Term("epsilon", "xsd:decimal", _l("Privacy loss of the whole release: epsilon.")),
    Term("delta", "xsd:double", _l("Privacy loss of the whole release: delta.")),
    Term("rho", "xsd:decimal", _l("Privacy loss of the whole release: rho of zCDP.")),
    Term("privacyUnit", "", _l("Whose data is protected as a whole.")),
    Term("contributionBound", "xsd:integer", _l("In how many cells one unit counts at most.")),
    Term("mechanism", "", _l("Which noise was drawn.")),
    Term(
        "guesses",
        "xsd:decimal",
        _l("Of 100 guesses whether one unit took part, so many are right at most."),
    ),
    Term("level", "xsd:decimal", _l("In this share of draws the noise interval is right.")),
    Term(
        "noiseSd",
        "xsd:decimal",
        _l("Standard deviation of the noise; of a table, that of a count at the finest level."),
    ),
    Term("noiseIntervalLow", "xsd:decimal", _l("Lower end of the noise interval.")),
    Term("noiseIntervalHigh", "xsd:decimal", _l("Upper end of the noise interval.")),
    Term(
        "singleOut",
        "",
        _l("To single out, identify or contact a person, or to combine tables in order to do so."),
    ),
)
#: Of the terms: no property, but something that somebody may do.
ACTIONS = ("singleOut",)


def vocabulary(site: Site) -> list[Node]:
    """Return the vocabulary as nodes."""
    name = both(lambda: _l("Facts of differential privacy"))
    head = node(site.terms.removesuffix("#"), "owl:Ontology", dct_title=said(name))
    return [head, *(_described(term, site) for term in TERMS)]


def _described(term: Term, site: Site) -> Node:
    action = term.name in ACTIONS
    return node(
        site.terms + term.name,
        "odrl:Action" if action else "rdf:Property",
        rdfs_label=[term.name],
        rdfs_comment=said(both(lambda: term.means)),
        rdfs_range=ref(term.kind) if term.kind else None,
        rdfs_isDefinedBy=ref(site.terms.removesuffix("#")),
        rdfs_seeAlso=None if action else ref(REGISTRY),
    )
